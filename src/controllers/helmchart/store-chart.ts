// Last step: the chart becomes the object's artifact.
import type { ArtifactStore } from '#artifact/store';
import { CodedError, errorMessage } from '#lib/errors';
import { deleteConditions, setCondition } from '#runtime/conditions';
import { ReconcileError, TransientError } from '#runtime/reconcile-error';
import type { StepContext } from '#runtime/source-reconciler';
import { artifactOwner } from '../source/artifact-owner.ts';
import { artifactInStorage, artifactOutdated, fetchFailed, storageOperationFailed } from '../source/conditions.ts';
import { linkArtifact } from '../source/link.ts';
import { treat } from './build.ts';
import { type ChartBuild, type ChartRun, type HelmChartDraft, summaryOf } from './chart.ts';
import { buildFailed } from './conditions.ts';

export async function storeChart(
  context: StepContext<HelmChartDraft>,
  run: ChartRun,
  store: ArtifactStore,
): Promise<void> {
  const { object, now, signal } = context;
  const { build } = run;
  if (build === undefined) return;
  const owner = artifactOwner('HelmChart', object);
  if (build.produce !== undefined) {
    try {
      await put(context, run, { build, store });
    } catch (error) {
      signal.throwIfAborted();
      throw storeFailed(context, error);
    }
  }
  await linkArtifact(context, { store, owner, name: 'latest.tar.gz', renewed: build.produce !== undefined });
  const message = summaryOf(build, object.status?.observedValuesFiles);
  setCondition(object, { type: artifactInStorage, status: 'True', reason: reasonOf(build), message }, now());
  deleteConditions(object, artifactOutdated, storageOperationFailed);
}

export function reasonOf({ isPackaged }: ChartBuild): string {
  return isPackaged ? 'ChartPackageSucceeded' : 'ChartPullSucceeded';
}

async function put(
  { object }: StepContext<HelmChartDraft>,
  run: ChartRun,
  { build, store }: { readonly build: ChartBuild; readonly store: ArtifactStore },
): Promise<void> {
  const status = object.status!;
  status.artifact = await store.put(artifactOwner('HelmChart', object), {
    file: `${build.name}-${build.version}.tgz`,
    revision: build.version,
    produce: async (target) => {
      const { digest, size, files, usedValuesFiles } = await build.produce!(target);
      if (usedValuesFiles !== undefined) run.usedValuesFiles = usedValuesFiles;
      return { digest, size, files };
    },
  });
  status.observedChartName = build.name;
  if (run.usedValuesFiles === undefined || object.spec.ignoreMissingValuesFiles !== true)
    delete status.observedValuesFiles;
  else status.observedValuesFiles = [...run.usedValuesFiles];
}

/** The package is written in the course of storing it: its faults are the chart's, all others the storage's. */
function storeFailed({ object, now }: StepContext<HelmChartDraft>, error: unknown): ReconcileError {
  const isRemote = object.spec.sourceRef.kind === 'HelmRepository';
  const isChart = error instanceof CodedError && /^(?:HELM_|JOB_|YAML_)/.test(error.code);
  const message = `unable to copy artifact to storage: ${errorMessage(error)}`;
  const { condition, failure } = isChart
    ? treat(error, isRemote)
    : {
        condition: storageOperationFailed,
        failure: new TransientError('ArchiveOperationFailed', message, { cause: error }),
      };
  setCondition(object, { type: condition, status: 'True', reason: failure.reason, message: failure.message }, now());
  // There is nothing newer to be had as long as the chart cannot be made.
  if (isChart) deleteConditions(object, artifactOutdated);
  if (condition === buildFailed) deleteConditions(object, fetchFailed);
  if (condition === fetchFailed) deleteConditions(object, buildFailed);
  return failure;
}
