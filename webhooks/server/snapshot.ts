// The cluster as rules see it: informer caches and the artifact index, read only and without a request.
import type { ArtifactIndex } from '#artifact/index';
import type { Informer } from '#kube/informer';
import type { ReviewedObject, Snapshot } from '../rule.ts';

/** Caches by kind. */
export type KindCaches = ReadonlyMap<string, Pick<Informer, 'store' | 'hasSynced'>>;

export function snapshotOf(caches: KindCaches, artifacts: ArtifactIndex): Snapshot {
  const paths = new WeakMap<object, readonly string[]>();
  return {
    knows: (kind) => caches.get(kind)?.hasSynced() ?? false,
    get: (kind, namespace, name) =>
      caches.get(kind)?.store.get(`${namespace}/${name}`) as unknown as ReviewedObject | undefined,
    list: (kind) => (caches.get(kind)?.store.values() ?? []) as unknown as Iterable<ReviewedObject>,
    files: (kind, namespace, name) => {
      const files = artifacts.get({ kind, namespace, name })?.files;
      if (files === undefined) return undefined;
      let known = paths.get(files);
      if (known === undefined) paths.set(files, (known = files.map(({ path }) => path)));
      return known;
    },
  };
}
