// Hosts of the Git servers that clouds have themselves: identities of a cloud log in there and nowhere else.

export function isAzureDevOpsHost(hostname: string): boolean {
  return /^(?:dev\.azure|[a-z0-9-]+\.visualstudio)\.com$/.test(hostname);
}

/** The region of AWS CodeCommit the host is of; undefined when it is another host. */
export function codeCommitRegion(hostname: string): string | undefined {
  return /^git-codecommit(?:-fips)?\.([a-z0-9-]{1,63})\.amazonaws\.com(?:\.cn)?$/.exec(hostname)?.[1];
}
