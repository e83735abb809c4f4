// The source a Kustomization builds from, and its artifact.
import type { Kustomization } from '#api/kustomize/kustomization';
import type { Condition } from '#api/meta';
import type { Artifact } from '#api/source/shared';
import { kindOf } from '#api/scheme';
import type { KubeObject } from '#kube/object';
import type { ObjectSource } from '#runtime/fresh-objects';
import { sourceKey } from './kustomization.ts';

/** Any object that may have an artifact. */
export interface SourceWithArtifact extends KubeObject {
  readonly status?: { readonly artifact?: Artifact; readonly conditions?: readonly Condition[] };
}

/** Caches of source objects by kind. */
export type Sources = ReadonlyMap<string, ObjectSource<SourceWithArtifact>>;

export type SourceLookup =
  | { readonly found: Artifact }
  | { readonly missing: 'object'; readonly message: string }
  /** `isNew`: the source has not been looked at by its controller yet. */
  | { readonly missing: 'artifact'; readonly message: string; readonly isNew: boolean }
  | { readonly denied: string };

export interface SourcePolicy {
  /** Retry delay, as text of the message that names it. */
  readonly retryText: string;
  readonly noCrossNamespaceRefs: boolean;
}

export function lookUpSource(kustomization: Kustomization, sources: Sources, policy: SourcePolicy): SourceLookup {
  const { sourceRef } = kustomization.spec;
  const key = sourceKey(kustomization);
  const own = kustomization.metadata.namespace ?? '';
  if (policy.noCrossNamespaceRefs && (sourceRef.namespace || own) !== own) {
    const message = `can't access '${sourceRef.kind}/${key}', cross-namespace references have been blocked`;
    return { denied: message };
  }
  const cache = sources.get(sourceRef.kind);
  if (cache === undefined) return { denied: `source \`${sourceRef.name}\` kind '${sourceRef.kind}' not supported` };
  const source = cache.get(key);
  if (source === undefined) {
    const plural = kindOf('source.toolkit.fluxcd.io', sourceRef.kind)?.plural ?? sourceRef.kind.toLowerCase();
    return { missing: 'object', message: `${plural}.source.toolkit.fluxcd.io "${sourceRef.name}" not found` };
  }
  const artifact = source.status?.artifact;
  if (artifact === undefined) {
    const isNew = !(source.status?.conditions ?? []).some(({ type }) => type === 'Ready');
    return { missing: 'artifact', message: `Source artifact not found, retrying in ${policy.retryText}`, isNew };
  }
  return { found: artifact };
}
