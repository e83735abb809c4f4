// The HelmChart a HelmRelease makes of its chart template: made, brought up to date, and deleted when it is no longer wanted.
import { apiVersionOf } from '#api/group-version';
import { FINALIZER } from '#api/meta';
import { helmChart, type HelmChart } from '#api/source/helmchart';
import type { KubeClient } from '#kube/client';
import type { KubeObject, Unstructured } from '#kube/object';
import { resourceOf } from '#kube/resources';
import { isNotFound } from '#kube/status-error';
import { applyObject } from '#kube/apply/apply';
import type { ObjectSource } from '#runtime/fresh-objects';
import { sameJson } from '#runtime/merge-patch';
import type { EventSeverity } from '#runtime/event-recorder';
import {
  chartReference,
  fieldManager,
  type HelmReleaseDraft,
  namespaceOf,
  originNameLabel,
  originNamespaceLabel,
} from './helmrelease.ts';

export const helmCharts = resourceOf(helmChart);

export interface TemplateContext {
  readonly client: KubeClient;
  /** HelmCharts as they are cached. */
  readonly charts: ObjectSource<HelmChart & KubeObject>;
  /** HelmCharts of other namespaces are left alone. */
  readonly noCrossNamespaceRefs: boolean;
  readonly event: (severity: EventSeverity, reason: string, message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the cluster hold the HelmChart the spec asks for, and no other of ours. Returns the HelmChart where it had to be
 * changed: the cache does not have that yet.
 */
export async function syncChart(object: HelmReleaseDraft, context: TemplateContext): Promise<Unstructured | undefined> {
  const wanted = chartOf(object);
  const key = wanted === undefined ? '' : `${wanted.metadata.namespace}/${wanted.metadata.name}`;
  const status = (object.status ??= {});
  if (status.helmChart && status.helmChart !== key) await deleteChart(object, context);
  if (wanted === undefined) return undefined;
  const live = context.charts.get(key);
  if (isUpToDate(wanted, live)) {
    status.helmChart = key;
    return undefined;
  }
  const { object: written, action } = await applyObject(context.client, helmCharts, wanted, {
    fieldManager,
    force: true,
    signal: context.signal,
    liveVersion: live?.metadata.resourceVersion,
  });
  status.helmChart = key;
  if (action === 'unchanged') return undefined;
  const { sourceRef } = object.spec.chart!.spec;
  const text = `HelmChart/${key} with SourceRef '${sourceRef.kind}/${wanted.metadata.namespace}/${sourceRef.name}'`;
  if (action === 'created') context.event('trace', 'HelmChartCreated', `Created ${text}`);
  else context.event('trace', 'HelmChartConfigured', `Configured ${text}`);
  return written;
}

/** Deletes the HelmChart that status names. */
export async function deleteChart(object: HelmReleaseDraft, context: TemplateContext): Promise<void> {
  const key = object.status?.helmChart;
  if (!key) return;
  await deleteChartNamed(key, object, context);
  delete object.status!.helmChart;
}

/** Deletes what was made of the template, even where the status does not tell of it yet. */
export async function deleteOwnChart(object: HelmReleaseDraft, context: TemplateContext): Promise<void> {
  const wanted = chartOf(object);
  const own = wanted === undefined ? undefined : `${wanted.metadata.namespace}/${wanted.metadata.name}`;
  const key = object.status?.helmChart || own;
  if (key !== undefined) await deleteChartNamed(key, object, context);
  if (object.status !== undefined) delete object.status.helmChart;
}

async function deleteChartNamed(key: string, object: HelmReleaseDraft, context: TemplateContext): Promise<void> {
  const slash = key.indexOf('/');
  const where = { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
  if (context.noCrossNamespaceRefs && where.namespace !== namespaceOf(object)) return;
  try {
    await context.client.delete(helmCharts, where, { signal: context.signal });
    context.event('trace', 'HelmChartDeleted', `deleted HelmChart '${key}'`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

type WantedChart = KubeObject & {
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers: string[];
  };
  spec: Record<string, unknown>;
};

function chartOf(object: HelmReleaseDraft): WantedChart | undefined {
  const template = object.spec.chart;
  const reference = chartReference(object);
  if (template === undefined || reference === undefined) return undefined;
  const { chart, version, sourceRef, interval, reconcileStrategy, valuesFiles, ignoreMissingValuesFiles, verify } =
    template.spec;
  const { labels, annotations } = template.metadata ?? {};
  return {
    apiVersion: apiVersionOf(helmCharts),
    kind: helmChart.kind,
    metadata: {
      name: reference.name,
      namespace: reference.namespace,
      labels: {
        ...labels,
        [originNameLabel]: object.metadata.name,
        [originNamespaceLabel]: namespaceOf(object),
      },
      ...(annotations !== undefined && { annotations: { ...annotations } }),
      // The chart's own controller would add it by a request of its own.
      finalizers: [FINALIZER],
    },
    spec: {
      chart,
      version: version ?? '*',
      sourceRef: { kind: sourceRef.kind, name: sourceRef.name },
      interval: interval ?? object.spec.interval,
      reconcileStrategy: reconcileStrategy ?? 'ChartVersion',
      ...(valuesFiles !== undefined && valuesFiles.length > 0 && { valuesFiles }),
      ...(ignoreMissingValuesFiles === true && { ignoreMissingValuesFiles }),
      ...(verify !== undefined && { verify }),
    },
  };
}

/** Nothing to apply: what is there, as the cache has it, is what is wanted. Labels of others cost an apply each time. */
function isUpToDate(wanted: WantedChart, live: (HelmChart & KubeObject) | undefined): boolean {
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) return false;
  const { labels, annotations } = live.metadata;
  if (!sameJson(labels ?? {}, wanted.metadata.labels)) return false;
  if (!sameJson(annotations ?? {}, wanted.metadata.annotations ?? {})) return false;
  return sameJson(live.spec, wanted.spec);
}
