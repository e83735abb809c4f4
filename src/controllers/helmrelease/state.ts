// In which state a release is, seen from what the HelmRelease wants and remembers of it.
import { type ReleaseRecord, reusedConfig } from '#helm/index';
import { errorMessage } from '#lib/errors';
import { isTrue, readyCondition } from '#runtime/conditions';
import type { DesiredContext } from './action.ts';
import { commonMetadataDigest, configDigest, postRenderersDigest, verifyRelease, verifyValues } from './digests.ts';
import { detectDrift, type DriftReport } from './drift.ts';
import { activeRemediation } from './remediation.ts';
import { hasBeenTested, hasTestInPhase, isVerifiable, latest } from './snapshot.ts';
import { isUnderWay } from './storage.ts';

export type ReleaseState =
  | { readonly status: 'Absent' | 'Locked' | 'Unmanaged' | 'OutOfSync' | 'Failed'; readonly reason: string }
  | { readonly status: 'Untested' | 'InSync' }
  | { readonly status: 'Drifted'; readonly report: DriftReport };

/** The first that holds. Throws for states nothing is known to do about. */
export async function determineState(context: DesiredContext): Promise<ReleaseState> {
  const { object, storage, chart, values, valuesDigest } = context;
  const release = await storage.last().catch((error: unknown) => {
    throw new Error(`failed to retrieve last release from storage: ${errorMessage(error)}`, { cause: error });
  });
  if (release === undefined) return { status: 'Absent', reason: 'no release in storage for object' };
  const { record } = release;
  const { status = 'unknown' } = record.info;
  if (isUnderWay(status)) return { status: 'Locked', reason: `release with status '${status}'` };
  const uninstalled = { status: 'Absent', reason: 'found uninstalled release in storage' } as const;
  const snapshot = latest(object.status?.history);
  if (snapshot === undefined) {
    if (status === 'uninstalled') return uninstalled;
    return { status: 'Unmanaged', reason: 'found existing release in storage' };
  }
  if (isVerifiable(snapshot)) {
    const verified = verifyRelease(snapshot.digest, record, snapshot.ociDigest);
    if (verified === undefined) return { status: 'Unmanaged', reason: 'release digest verification error' };
    if (!verified) return { status: 'Unmanaged', reason: 'release not observed to be made for object' };
  }
  switch (status) {
    case 'failed':
      return { status: 'Failed', reason: record.info.description ?? '' };
    case 'uninstalled':
      return uninstalled;
    case 'superseded':
      return { status: 'OutOfSync', reason: 'release that superseded the last one is gone' };
    case 'deployed':
      break;
    default:
      throw new Error(`unable to determine state for release with status '${status}'`);
  }
  const metadata = record.chart?.metadata ?? {};
  if (metadata['name'] !== chart.name || metadata['version'] !== chart.version) {
    return { status: 'OutOfSync', reason: 'release chart changed' };
  }
  if (
    snapshot.configDigest !== valuesDigest &&
    !verifyValues(snapshot.configDigest, values) &&
    !reuses(context, record)
  ) {
    return { status: 'OutOfSync', reason: 'release config values changed' };
  }
  const changed = changedRendering(context);
  if (changed !== undefined) return { status: 'OutOfSync', reason: changed };
  const { test, driftDetection } = object.spec;
  if (test?.enable === true) {
    if (!hasBeenTested(snapshot)) return { status: 'Untested' };
    const remediation = activeRemediation(object);
    const counts = remediation !== undefined && !remediation.ignoreTestFailures;
    if (counts && hasTestInPhase(snapshot, 'Failed')) {
      return { status: 'Failed', reason: 'release has test in failed phase' };
    }
  }
  if (driftDetection?.mode === 'enabled' || driftDetection?.mode === 'warn') {
    const report = await detectDrift(context, release).catch((error: unknown) => {
      throw new Error(`unable to determine cluster state: ${errorMessage(error)}`, { cause: error });
    });
    if (report.drifted) return { status: 'Drifted', report };
  }
  return { status: 'InSync' };
}

/** Whether the values wanted are all among those recorded, and the others are to be kept. */
function reuses({ object, values }: DesiredContext, { config = {} }: ReleaseRecord): boolean {
  if (object.spec.upgrade?.preserveValues !== true) return false;
  return configDigest(reusedConfig(values, config)) === configDigest(config);
}

/** What became Ready was rendered as its spec says, whether or not whoever did it wrote down how. */
function changedRendering({ object }: DesiredContext): string | undefined {
  const { metadata, spec, status } = object;
  if (status?.observedGeneration === metadata.generation && isTrue(object, readyCondition)) return undefined;
  if (postRenderersDigest(spec.postRenderers) !== (status?.observedPostRenderersDigest ?? '')) {
    return 'postrenderers digest has changed';
  }
  if (commonMetadataDigest(spec.commonMetadata) !== (status?.observedCommonMetadataDigest ?? '')) {
    return 'common metadata digest has changed';
  }
  return undefined;
}
