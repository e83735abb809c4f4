// The object whose artifact is the chart: found, allowed, ready; and which version of the chart the artifact is.
import type { Artifact } from '#api/source/shared';
import type { Condition } from '#api/meta';
import type { KubeObject } from '#kube/object';
import { tryParseVersion, Version } from '#lib/masterminds-semver';
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

const plurals: Readonly<Record<string, string>> = {
  HelmChart: 'helmcharts',
  OCIRepository: 'ocirepositories',
  ExternalArtifact: 'externalartifacts',
};

/** Why the chart may not be used where only charts of the own namespace may be; undefined for one of those. */
export function crossNamespaceProblem(object: HelmReleaseDraft): string | undefined {
  const reference = chartReference(object);
  if (reference === undefined || reference.namespace === namespaceOf(object)) return undefined;
  const { kind, namespace, name } = reference;
  return `cross-namespace references are not allowed: cannot access ${kind} ${namespace}/${name}`;
}

/** `written` was so a moment ago, and is newer than what the caches have. */
export function lookUpSource(object: HelmReleaseDraft, sources: ChartSources, written?: ChartSource): SourceLookup {
  const reference = chartReference(object);
  if (reference === undefined) return { failed: 'either chart or chartRef must be set' };
  const { kind, namespace, name } = reference;
  const id = `${kind}/${namespace}/${name}`;
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
export function chartRevision({ revision }: Artifact, kind: string, chartVersion: string): ChartRevision {
  const tracked = kind === 'OCIRepository' || (kind === 'ExternalArtifact' && revision.includes(':'));
  if (!tracked) return { version: undefined, ociDigest: '' };
  const own = tryParseVersion(chartVersion);
  if (own === undefined) throw new Error(`invalid chart version ${chartVersion}`);
  const at = revision.lastIndexOf('@');
  const tag = at < 0 ? revision : revision.slice(0, at);
  const tagged = tryParseVersion(tag.replaceAll('_', '+'));
  if (tagged !== undefined && (at < 0 || !tagged.equals(own))) {
    throw new Error(`artifact revision ${tag} does not match chart version ${chartVersion}`);
  }
  const ociDigest = revision.slice(at + 1);
  const [, hex] = /^[^:]*:([^:]{12,})$/.exec(ociDigest) ?? [];
  if (hex === undefined) throw new Error(`invalid artifact revision ${ociDigest}`);
  const { major, minor, patch, prerelease } = own;
  const version = new Version({ major, minor, patch, prerelease, metadata: hex.slice(0, 12) });
  return { version: version.toString(), ociDigest };
}
