// Second step: find the source, and in it the chart that is wanted now.
import type { Artifact } from '#api/source/shared';
import { CodedError, errorMessage } from '#lib/errors';
import { deleteConditions, setCondition } from '#runtime/conditions';
import type { ObjectSource } from '#runtime/fresh-objects';
import { FleetingError, ReconcileError, StalledError, TransientError, WaitingError } from '#runtime/reconcile-error';
import type { StepContext } from '#runtime/source-reconciler';
import { artifactOutdated, fetchFailed, sourceVerified } from '../source/conditions.ts';
import type { ChartBuild, ChartRun, HelmChartDraft, HelmRepository, SourceWithArtifact } from './chart.ts';
import { buildFailed, type Failure, failures, unknownFailure } from './conditions.ts';
import { buildRemoteChart } from './remote-chart.ts';
import { buildSourceChart, type SourceChartDependencies } from './source-chart.ts';

export interface BuildDependencies extends SourceChartDependencies {
  /** Caches of source objects by kind. */
  readonly sources: ReadonlyMap<string, ObjectSource<SourceWithArtifact>>;
  /** ms after which a source that no event told of is looked at again. */
  readonly requeueDependencyMs: number;
}

export async function buildChart(
  context: StepContext<HelmChartDraft>,
  run: ChartRun,
  deps: BuildDependencies,
): Promise<void> {
  const { object, now, signal } = context;
  // Its link led to an artifact that is gone.
  if (object.status?.artifact === undefined) delete object.status?.url;
  deleteConditions(object, sourceVerified);
  const isRemote = object.spec.sourceRef.kind === 'HelmRepository';
  try {
    const source = sourceOf(object, deps);
    const artifact = artifactOf(context, source, deps);
    run.sourceRevision = artifact.revision;
    object.status!.observedSourceArtifactRevision = artifact.revision;
    run.build = isRemote
      ? await buildRemoteChart(object, { repository: source as HelmRepository, artifact, signal }, deps)
      : await buildSourceChart(object, run, { artifact, signal, onResolved: resolved(context) }, deps);
    deleteConditions(object, fetchFailed, buildFailed);
    announce(context, run.build);
  } catch (error) {
    signal.throwIfAborted();
    const { condition, failure } = treat(error, isRemote);
    const { reason, message } = failure;
    setCondition(object, { type: condition, status: 'True', reason, message }, now());
    deleteConditions(object, condition === fetchFailed ? buildFailed : fetchFailed);
    if (reason === 'ChartVerificationError') {
      const verdict = { type: sourceVerified, status: 'False', reason: 'VerificationError', message } as const;
      setCondition(object, verdict, now());
    }
    throw failure;
  }
}

function sourceOf({ metadata, spec }: HelmChartDraft, { sources }: BuildDependencies): SourceWithArtifact {
  const { kind, name } = spec.sourceRef;
  const cache = sources.get(kind);
  if (cache === undefined) {
    throw new StalledError('UnsupportedSourceKind', `failed to get source: unsupported source kind '${kind}'`);
  }
  const source = cache.get(`${metadata.namespace ?? ''}/${name}`);
  if (source !== undefined) return source;
  const plural = { HelmRepository: 'helmrepositories', GitRepository: 'gitrepositories', Bucket: 'buckets' }[kind];
  throw new TransientError(
    'SourceUnavailable',
    `failed to get source: ${plural}.source.toolkit.fluxcd.io "${name}" not found`,
  );
}

/** How long after a chart was made its source may take to come before the chart tells that it waits. */
const justMadeMs = 4000;

function artifactOf(
  { object, now }: StepContext<HelmChartDraft>,
  source: SourceWithArtifact,
  { requeueDependencyMs }: BuildDependencies,
): Artifact {
  const { kind, name } = object.spec.sourceRef;
  if (kind === 'HelmRepository' && (source as HelmRepository).spec.type === 'oci') {
    const why = 'charts from OCI registries cannot be pulled yet: use an OCIRepository, or an http(s) repository';
    throw new StalledError('ChartPullError', `chart pull error: HelmRepository '${name}' is of type 'oci': ${why}`);
  }
  const artifact = source.status?.artifact;
  if (artifact !== undefined) return artifact;
  const message = `no artifact available for ${kind} source '${name}'`;
  // Made together, as in one manifest: the source is on its way, and wakes the chart.
  const left = Date.parse(object.metadata.creationTimestamp ?? '') + justMadeMs - now();
  if (left > 0 && left <= justMadeMs) throw new FleetingError('NoSourceArtifact', message, left);
  throw new WaitingError('NoSourceArtifact', message, requeueDependencyMs);
}

function resolved({ object, events }: StepContext<HelmChartDraft>): (count: number) => void {
  return (count) =>
    events.record(object, {
      severity: 'trace',
      reason: 'ResolvedDependencies',
      message: `resolved ${count} chart dependencies`,
    });
}

function announce(
  { object, now, progress }: StepContext<HelmChartDraft>,
  { name, version, produce }: ChartBuild,
): void {
  if (produce === undefined || object.status?.artifact === undefined) return;
  const message = `new '${name}' chart with version '${version}'`;
  setCondition(object, { type: artifactOutdated, status: 'True', reason: 'NewChart', message }, now());
  progress(`building artifact: ${message}`);
}

interface Treatment {
  readonly condition: string;
  readonly failure: ReconcileError;
}

/** What an error of any step of the build is to the user. Also for errors of writing the package. */
export function treat(error: unknown, isRemote: boolean): Treatment {
  if (error instanceof ReconcileError) return { condition: fetchFailed, failure: error };
  const failure = failureFor(error, isRemote);
  const message = `${failure.summary}: ${isTimeout(error) ? 'context deadline exceeded' : errorMessage(error)}`;
  const Kind = failure.stalls ? StalledError : TransientError;
  return { condition: failure.condition, failure: new Kind(failure.reason, message, { cause: error }) };
}

function failureFor(error: unknown, isRemote: boolean): Failure {
  if (isTimeout(error)) return failures['HELM_REPOSITORY_FETCH']!;
  const code = error instanceof CodedError ? error.code : '';
  // A chart that cannot be read may have been cut off on its way; one in a source stays as it is.
  const isUnreadable = code === 'HELM_CHART_INVALID' || code === 'YAML_TYPE';
  if (isUnreadable) return failures[isRemote ? 'HELM_REPOSITORY_FETCH' : 'HELM_CHART_REFERENCE']!;
  return failures[code] ?? unknownFailure;
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
