// The Secret that holds one revision of a release: its name, labels and type.
import type { ReleaseStatus } from './record.ts';

export const releaseSecretType = 'helm.sh/release.v1';

/** `sh.helm.release.v1.NAME.vREVISION`. */
export function releaseSecretName(release: string, revision: number): string {
  return `sh.helm.release.v1.${release}.v${revision}`;
}

/** Labels Helm sets itself; a user's label may not have one of these names. */
export const systemLabels: readonly string[] = ['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt'];

export interface ReleaseLabels {
  readonly release: string;
  readonly status: ReleaseStatus;
  readonly revision: number;
  /** Labels of the user's. */
  readonly custom?: Readonly<Record<string, string>>;
  /** Unix seconds of the creation, or of an update. */
  readonly createdAt?: number;
  readonly modifiedAt?: number;
}

/** The labels of a release Secret. */
export function releaseLabels(labels: ReleaseLabels): Record<string, string> {
  const { release, status, revision, custom = {}, createdAt, modifiedAt } = labels;
  return {
    ...custom,
    ...(createdAt !== undefined && { createdAt: String(createdAt) }),
    ...(modifiedAt !== undefined && { modifiedAt: String(modifiedAt) }),
    name: release,
    owner: 'helm',
    status,
    version: String(revision),
  };
}

/** Selects every revision of a release. */
export function releaseSelector(release: string): string {
  return `name=${release},owner=helm`;
}
