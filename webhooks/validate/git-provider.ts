// How a GitRepository logs in: a provider needs an address of its own servers, and what it takes the login from.
import { codeCommitRegion, isAzureDevOpsHost } from '#lib/cloud-git-hosts';
import { fieldsAt } from '../fields.ts';
import { refuse, type Finding, type Rule } from '../rule.ts';

interface Spec {
  readonly provider?: string;
  readonly url?: string;
  readonly secretRef?: object | null;
}

export const gitProvider: Rule = {
  id: 'git-provider',
  kinds: ['GitRepository'],
  why: 'A provider gets no login for a server that is not its own, and without its Secret it asks for none.',
  check({ object }) {
    const { provider = 'generic', url = '', secretRef } = (fieldsAt(object, 'spec')[0]?.value ?? {}) as Spec;
    // What is no URL at all is refused by another rule.
    const address = URL.canParse(url) ? new URL(url) : undefined;
    if (provider === 'generic' || address === undefined) return [];
    const findings: Finding[] = [];
    const elsewhere = servers[provider]?.(address);
    if (elsewhere !== undefined) findings.push(refuse('spec.provider', provider, ...elsewhere));
    if (provider === 'github' && !secretRef) {
      findings.push(
        refuse(
          'spec.provider',
          provider,
          'needs a GitHub App',
          'set spec.secretRef to a Secret with githubAppID, githubAppPrivateKey, and githubAppInstallationID or githubAppInstallationOwner',
        ),
      );
    }
    return findings;
  },
};

type Refusal = readonly [detail: string, hint: string];

/** What is to be said of an address that the provider has no login for. */
const servers: Readonly<Record<string, (url: URL) => Refusal | undefined>> = {
  aws: ({ protocol, hostname }) =>
    protocol === 'https:' && codeCommitRegion(hostname) !== undefined
      ? undefined
      : [
          'logs in to AWS CodeCommit over HTTPS alone',
          'set spec.url to https://git-codecommit.<region>.amazonaws.com/v1/repos/<name>, or choose another provider',
        ],
  azure: ({ protocol, hostname }) =>
    protocol === 'https:' && isAzureDevOpsHost(hostname)
      ? undefined
      : [
          'logs in to Azure DevOps over HTTPS alone',
          'set spec.url to https://dev.azure.com/<organization>/<project>/_git/<repository>, or choose another provider',
        ],
  github: ({ protocol }) =>
    protocol === 'ssh:'
      ? ['logs in over HTTPS alone', 'set spec.url to https://<host>/<owner>/<repository>, or remove provider']
      : undefined,
};
