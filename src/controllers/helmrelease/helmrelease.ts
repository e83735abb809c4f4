// The HelmRelease as its controller handles it: working copy, names, times.
import { createHash } from 'node:crypto';
import { helmRelease, type HelmRelease } from '#api/helm/helmrelease';
import { resourceOf } from '#kube/resources';
import { durationMs } from '#lib/duration-ms';
import type { Draft } from '#runtime/draft';

export type HelmReleaseDraft = Draft<HelmRelease> & { status?: NonNullable<Draft<HelmRelease>['status']> };

export const group = 'helm.toolkit.fluxcd.io';
export const fieldManager = 'helm-controller';
export const originNameLabel = `${group}/name`;
export const originNamespaceLabel = `${group}/namespace`;

export const helmReleases = resourceOf(helmRelease);

const minute = 60_000;
const maxReleaseName = 53;

export function namespaceOf({ metadata }: Pick<HelmRelease, 'metadata'>): string {
  return metadata.namespace ?? '';
}

/** The name as the spec has it, which may be too long for Helm. */
export function fullReleaseName({ metadata, spec }: Pick<HelmRelease, 'metadata' | 'spec'>): string {
  if (spec.releaseName) return spec.releaseName;
  return spec.targetNamespace ? `${spec.targetNamespace}-${metadata.name}` : metadata.name;
}

/** The name as Helm knows it. */
export function releaseName(object: Pick<HelmRelease, 'metadata' | 'spec'>): string {
  return shortenName(fullReleaseName(object));
}

/** Names longer than Helm takes end in a hash of the whole. */
export function shortenName(name: string): string {
  if (name.length <= maxReleaseName) return name;
  return `${name.slice(0, 40)}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}

export function releaseNamespace(object: Pick<HelmRelease, 'metadata' | 'spec'>): string {
  return object.spec.targetNamespace || namespaceOf(object);
}

export function storageNamespace(object: Pick<HelmRelease, 'metadata' | 'spec'>): string {
  return object.spec.storageNamespace || namespaceOf(object);
}

export function intervalMs({ spec }: Pick<HelmRelease, 'spec'>): number {
  return durationMs(spec.interval, minute);
}

export type ActionName = 'install' | 'upgrade' | 'test' | 'rollback' | 'uninstall';

/** Bound of an action: its own, else spec.timeout, else five minutes. */
export function timeoutMs({ spec }: Pick<HelmRelease, 'spec'>, action?: ActionName): number {
  const own = action === undefined ? undefined : spec[action]?.timeout;
  return durationMs(own ?? spec.timeout, 5 * minute);
}

export function maxHistory({ spec }: Pick<HelmRelease, 'spec'>): number {
  return spec.maxHistory ?? 5;
}

/** `namespace/name` of each HelmRelease this one depends on. */
export function dependencyKeys(object: Pick<HelmRelease, 'metadata' | 'spec'>): string[] {
  return (object.spec.dependsOn ?? []).map((dependency) => keyOfDependency(object, dependency));
}

export function keyOfDependency(
  object: Pick<HelmRelease, 'metadata'>,
  { namespace, name }: { readonly namespace?: string; readonly name: string },
): string {
  return `${namespace || namespaceOf(object)}/${name}`;
}

/** The object whose artifact is the chart. */
export interface ChartReference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export function chartReference(object: Pick<HelmRelease, 'metadata' | 'spec'>): ChartReference | undefined {
  const { chart, chartRef } = object.spec;
  const own = namespaceOf(object);
  if (chartRef !== undefined) return { kind: chartRef.kind, namespace: chartRef.namespace || own, name: chartRef.name };
  if (chart === undefined) return undefined;
  return {
    kind: 'HelmChart',
    namespace: chart.spec.sourceRef.namespace || own,
    name: `${own}-${object.metadata.name}`,
  };
}
