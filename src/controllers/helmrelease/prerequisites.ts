// What must be so before a release can be worked on. Each step throws, after it told the object, what is not.
import type { Artifact } from '#api/source/shared';
import { errorMessage } from '#lib/errors';
import { getCondition, readyCondition } from '#runtime/conditions';
import { jitter } from '#runtime/jitter';
import { ExpressionError, healthExpressions } from '../apply/expressions.ts';
import { syncChart } from './chart-template.ts';
import { unmetDependency } from './dependencies.ts';
import { NotYetError } from './gates.ts';
import { templateContext, type Run } from './run.ts';
import { crossNamespaceProblem, lookUpSource, type ChartSource } from './source.ts';

/** How long a chart may take to come before the object tells that it waits. */
const justAskedMs = 3000;

/** The artifact the chart comes in. */
export interface ChartArtifact {
  readonly artifact: Artifact;
  /** Of its source. */
  readonly kind: string;
}

export function checkSpec({ object, deps, gates }: Run): void {
  const { chart, chartRef } = object.spec;
  if ((chart === undefined) === (chartRef === undefined)) {
    throw gates.stop('InvalidChartReference', 'invalid Chart reference: either chart or chartRef must be set');
  }
  const denied = deps.options.noCrossNamespaceRefs ? crossNamespaceProblem(object) : undefined;
  if (denied !== undefined) throw gates.stop('AccessDenied', denied);
}

/** Makes the HelmChart of the spec's template; gives it when it had to be written. */
export async function writeChart(run: Run): Promise<ChartSource | undefined> {
  const { object, context, gates } = run;
  try {
    return await syncChart(object, templateContext(run));
  } catch (error) {
    context.signal.throwIfAborted();
    const message = `could not sync HelmChart: ${errorMessage(error)}`;
    gates.event('error', 'HelmChartSyncErr', message);
    throw new Error(message, { cause: error });
  }
}

export function checkDependencies(run: Run): void {
  const { object, deps, gates } = run;
  const unmet = unmetDependencyOf(run);
  if (unmet !== undefined) {
    const isNews = getCondition(object, readyCondition)?.message !== unmet;
    gates.notReady('DependencyNotReady', unmet);
    if (isNews) gates.event('info', 'DependencyNotReady', unmet);
    throw new NotYetError(unmet, deps.options.requeueDependencyMs);
  }
  gates.pass('DependencyNotReady');
}

function unmetDependencyOf({ object, deps, gates }: Run): string | undefined {
  try {
    healthExpressions(object);
    return unmetDependency(object, deps.cache);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const message = `Reconciliation failed terminally due to configuration error: ${error.message}`;
    throw gates.stop('InvalidCELExpression', message, error);
  }
}

/** `written` is the HelmChart where this run wrote it. */
export function chartArtifact(run: Run, written: ChartSource | undefined): ChartArtifact {
  const { object, deps, gates } = run;
  const lookup = lookUpSource(object, deps.sources, written);
  if ('denied' in lookup) throw gates.stop('AccessDenied', lookup.denied);
  if ('failed' in lookup) {
    gates.notReady('ArtifactFailed', lookup.failed);
    throw new Error(lookup.failed);
  }
  gates.pass('AccessDenied', 'ArtifactFailed');
  if ('unready' in lookup) {
    gates.notReady('SourceNotReady', lookup.unready);
    throw notYet(run, lookup.unready, written !== undefined);
  }
  gates.pass('SourceNotReady');
  return { artifact: lookup.found, kind: lookup.kind };
}

/** A chart that was only just asked for is on its way: its arrival wakes the object. */
function notYet({ deps, memory }: Run, why: string, isAskedNow: boolean): NotYetError {
  const { clock, options, random } = deps;
  const now = clock.monotonic();
  if (isAskedNow) memory.askedAt = now;
  const left = (memory.askedAt ?? -Infinity) + justAskedMs - now;
  if (left > 0) return new NotYetError(why, left, true);
  return new NotYetError(why, jitter(options.requeueDependencyMs, options.jitterPercentage, random));
}
