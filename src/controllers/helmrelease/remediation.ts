// What a HelmRelease does about failures: which settings count, and whether any attempt is left.
import type { ValuesMap } from '#helm/index';
import { durationMs } from '#lib/duration-ms';
import { verifyValues } from './digests.ts';
import type { HelmReleaseDraft } from './helmrelease.ts';

export interface Remediation {
  readonly action: 'install' | 'upgrade';
  readonly strategy: 'rollback' | 'uninstall';
  readonly retries: number;
  readonly ignoreTestFailures: boolean;
  readonly remediateLastFailure: boolean;
}

export interface Retry {
  readonly intervalMs: number;
}

const defaultRetryInterval = 5 * 60_000;

export function installRemediation({ spec }: HelmReleaseDraft): Remediation {
  const { retries = 0, ignoreTestFailures, remediateLastFailure } = spec.install?.remediation ?? {};
  return {
    action: 'install',
    strategy: 'uninstall',
    retries,
    ignoreTestFailures: ignoreTestFailures ?? spec.test?.ignoreFailures ?? false,
    remediateLastFailure: remediateLastFailure ?? false,
  };
}

export function upgradeRemediation({ spec }: HelmReleaseDraft): Remediation {
  const { retries = 0, ignoreTestFailures, remediateLastFailure, strategy } = spec.upgrade?.remediation ?? {};
  return {
    action: 'upgrade',
    strategy: strategy ?? 'rollback',
    retries,
    ignoreTestFailures: ignoreTestFailures ?? spec.test?.ignoreFailures ?? false,
    remediateLastFailure: remediateLastFailure ?? retries > 0,
  };
}

/** The settings of the action tried last; undefined before the first. */
export function activeRemediation(object: HelmReleaseDraft): Remediation | undefined {
  switch (object.status?.lastAttemptedReleaseAction) {
    case 'install':
      return installRemediation(object);
    case 'upgrade':
      return upgradeRemediation(object);
    default:
      return undefined;
  }
}

/** How to retry in place of remediating, when the spec says so for the action tried last. */
export function activeRetry(object: HelmReleaseDraft): Retry | undefined {
  const action = object.status?.lastAttemptedReleaseAction;
  if (action === undefined) return undefined;
  const strategy = object.spec[action]?.strategy;
  if (strategy?.name !== 'RetryOnFailure') return undefined;
  return { intervalMs: durationMs(strategy.retryInterval, defaultRetryInterval) };
}

export function failureCount(object: HelmReleaseDraft, { action }: Pick<Remediation, 'action'>): number {
  const { installFailures = 0, upgradeFailures = 0 } = object.status ?? {};
  return action === 'install' ? installFailures : upgradeFailures;
}

export function isExhausted(object: HelmReleaseDraft, remediation: Remediation): boolean {
  return remediation.retries >= 0 && failureCount(object, remediation) > remediation.retries;
}

export function mustRemediateLast(object: HelmReleaseDraft, remediation: Remediation): boolean {
  return !isExhausted(object, remediation) || remediation.remediateLastFailure;
}

export function countFailure(object: HelmReleaseDraft): void {
  const status = (object.status ??= {});
  status.failures = (status.failures ?? 0) + 1;
}

/** One of the attempts the retries are counted by: the cluster was touched. */
export function countAttempt(object: HelmReleaseDraft, action: 'install' | 'upgrade'): void {
  const status = (object.status ??= {});
  if (action === 'install') status.installFailures = (status.installFailures ?? 0) + 1;
  else status.upgradeFailures = (status.upgradeFailures ?? 0) + 1;
}

/** What an attempt is made of. */
export interface Attempt {
  readonly chartVersion: string;
  readonly values: ValuesMap;
  readonly valuesDigest: string;
}

/** Whether something is tried that was not tried last: what failed then says nothing of it. */
export function isNewAttempt({ metadata, status = {} }: HelmReleaseDraft, attempt: Attempt): boolean {
  const { chartVersion, values, valuesDigest } = attempt;
  if (status.lastAttemptedGeneration !== metadata.generation) return true;
  if (status.lastAttemptedRevision !== chartVersion) return true;
  const { lastAttemptedConfigDigest: before = valuesDigest } = status;
  return before !== valuesDigest && !verifyValues(before, values);
}

export function clearFailures(object: HelmReleaseDraft): void {
  const { status } = object;
  if (status === undefined) return;
  delete status.failures;
  delete status.installFailures;
  delete status.upgradeFailures;
}
