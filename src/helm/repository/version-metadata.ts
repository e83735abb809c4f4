// Build metadata in a chart's version: which commit, which generation of the object it was packed for.
import { parseVersion, SemverError } from '#lib/masterminds-semver';
import { RepositoryError } from './errors.ts';

/** The version with build metadata, in its full form. */
export function withMetadata(version: string, metadata: string): string {
  if (metadata === '') return version;
  try {
    const { major, minor, patch, prerelease } = parseVersion(version);
    return parseVersion(
      `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}+${metadata}`,
    ).toString();
  } catch (cause) {
    if (!(cause instanceof SemverError)) throw cause;
    throw new RepositoryError('HELM_CHART_METADATA', `failed to set metadata on '${version}': ${cause.message}`, {
      cause,
    });
  }
}
