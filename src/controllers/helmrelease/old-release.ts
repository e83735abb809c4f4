// A release the object was for and is for no longer: uninstalled before the one it is for now.
import type { Chart } from './chart.ts';
import type { HelmCluster } from './cluster.ts';
import { releaseName, releaseNamespace, storageNamespace, type HelmReleaseDraft } from './helmrelease.ts';
import { recordedRelease, releaseContext, storageOf } from './release.ts';
import type { ReleaseId } from './release-index.ts';
import { clearFailures } from './remediation.ts';
import type { Run } from './run.ts';
import { latest, type SnapshotDraft } from './snapshot.ts';
import { NoLatestError, uninstallRelease } from './uninstall.ts';

/** Tells whether there was one. */
export async function leaveOldRelease(run: Run, cluster: HelmCluster, chart: Chart): Promise<boolean> {
  const { object } = run;
  const old = recordedRelease(object);
  const snapshot = latest(object.status?.history);
  if (old === undefined || snapshot === undefined) return false;
  const reason = whatChanged(object, old, snapshot, chart);
  if (reason === undefined) return false;
  run.context.log.info({ reason }, 'release target configuration changed: uninstalling the current release');
  await uninstallRelease(releaseContext(run, cluster, storageOf(run, cluster, old))).catch((error: unknown) => {
    if (!(error instanceof NoLatestError)) throw error;
  });
  const status = object.status!;
  status.history = [];
  clearFailures(object);
  delete status.storageNamespace;
  return true;
}

function whatChanged(
  object: HelmReleaseDraft,
  old: ReleaseId,
  snapshot: SnapshotDraft,
  chart: Chart,
): string | undefined {
  if (old.namespace !== storageNamespace(object)) return 'storage namespace';
  if (snapshot.namespace !== releaseNamespace(object)) return 'release namespace';
  if (snapshot.name !== releaseName(object)) return 'release name';
  const inPlace = object.spec.upgrade?.chartNameChangeStrategy === 'InPlaceUpdate';
  return snapshot.chartName !== chart.info.name && !inPlace ? 'chart name' : undefined;
}
