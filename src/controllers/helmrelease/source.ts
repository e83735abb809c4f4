// The object whose artifact is the chart: found, allowed, ready; and which version of the chart the artifact is.
import type { Artifact } from '#api/source/shared';
import type { Condition } from '#api/meta';
import type { KubeObject } from '#kube/object';
import { tryParseVersion } from '#lib/masterminds-semver';
import { isFalse, isTrue, getCondition, readyCondition, stalledCondition } from '#runtime/conditions';
import type { ObjectSource } from '#runtime/fresh-objects';
import { chartReference, type HelmReleaseDraft, namespaceOf } from './helmrelease.ts';

/** Any object that may have an artifact. */
export interface ChartSource extends KubeObject {
  readonly status?: {
    readonly artifact?: Artifact;
    readonly observedGeneration?: number;
    readonly conditions?: Condition[];
  };
}

/** Caches of source objects by kind. */
export type ChartSources = ReadonlyMap<string, ObjectSource<ChartSource>>;

export type SourceLookup =
  | { readonly found: Artifact; readonly kind: string }
  | { readonly denied: string }
  | { readonly failed: string }
  | { readonly unready: string };

export interface SourcePolicy {
  readonly noCrossNamespaceRefs: boolean;
  /** Written a moment ago: newer than what the caches have. */
  readonly written?: ChartSource | undefined;
}

const plurals: Readonly<Record<string, string>> = {
  HelmChart: 'helmcharts',
  OCIRepository: 'ocirepositories',
  ExternalArtifact: 'externalartifacts',
};

export function lookUpSource(
  object: HelmReleaseDraft,
  sources: ChartSources,
  { noCrossNamespaceRefs, written }: SourcePolicy,
): SourceLookup {
  const reference = chartReference(object);
  if (reference === undefined) return { failed: 'either chart or chartRef must be set' };
  const { kind, namespace, name } = reference;
  const id = `${kind}/${namespace}/${name}`;
  if (noCrossNamespaceRefs && namespace !== namespaceOf(object)) {
    return { denied: `cross-namespace references are not allowed: cannot access ${kind} ${namespace}/${name}` };
  }
  const cache = sources.get(kind);
  if (cache === undefined) return { denied: `can't access '${id}': spec.chartRef.kind '${kind}' is not supported` };
  const source = written ?? cache.get(`${namespace}/${name}`);
  if (source === undefined) {
    const plural = plurals[kind] ?? kind.toLowerCase();
    return { failed: `could not get Source object: ${plural}.source.toolkit.fluxcd.io "${name}" not found` };
  }
  const why = unreadiness(source, kind);
  if (why !== undefined) return { unready: `${kind} '${namespace}/${name}' is not ready: ${why}` };
  return { found: source.status!.artifact!, kind };
}

function unreadiness(source: ChartSource, kind: string): string | undefined {
  const { status, metadata } = source;
  if (kind !== 'ExternalArtifact') {
    const conditioned = source as Parameters<typeof getCondition>[0];
    if (metadata.generation !== status?.observedGeneration) {
      if (isFalse(conditioned, readyCondition)) return getCondition(conditioned, readyCondition)!.message;
      return 'latest generation of object has not been reconciled';
    }
    if (isTrue(conditioned, stalledCondition)) return getCondition(conditioned, stalledCondition)!.message;
  }
  return status?.artifact === undefined ? 'does not have an artifact' : undefined;
}

export interface ChartRevision {
  /** Takes the place of the version in Chart.yaml, where the revision has a digest that belongs into it. */
  readonly version: string | undefined;
  /** Digest of the OCI artifact; else empty. */
  readonly ociDigest: string;
}

/**
 * What a revision with a digest makes of a chart's version: a tag may be moved to another content, so that the digest
 * has to be part of the version. Throws when the tag is a version other than the chart's.
 */
export function chartRevision(artifact: Artifact, kind: string, chartVersion: string): ChartRevision {
  const { revision } = artifact;
  const tracked = kind === 'OCIRepository' || (kind === 'ExternalArtifact' && revision.includes(':'));
  if (!tracked) return { version: undefined, ociDigest: '' };
  const at = revision.indexOf('@');
  const ociDigest = at < 0 ? revision : revision.slice(at + 1);
  const tag = at < 0 ? '' : revision.slice(0, at).replaceAll('_', '+');
  const tagged = tag === '' ? undefined : tryParseVersion(tag);
  const own = tryParseVersion(chartVersion);
  if (tagged !== undefined && own !== undefined) {
    const same = (['major', 'minor', 'patch', 'prerelease'] as const).every((part) => tagged[part] === own[part]);
    if (!same) throw new Error(`artifact revision ${revision} does not match chart version ${chartVersion}`);
  }
  const hex = ociDigest.slice(ociDigest.indexOf(':') + 1);
  const plus = chartVersion.indexOf('+');
  const base = plus < 0 ? chartVersion : chartVersion.slice(0, plus);
  return { version: `${base}+${hex.slice(0, 12)}`, ociDigest };
}
