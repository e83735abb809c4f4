// Watches of single objects, with all their content, for as long as somebody waits for them.
import type { ObjectKey, ResourceRef, Unstructured } from '#kube/object';
import { liveKindOf, type LiveKind } from '#runtime/live-objects';
import type { Cluster } from './cluster.ts';
import type { ReadinessTarget } from './readiness.ts';

export interface OwnWatches {
  readonly cluster: Pick<Cluster, 'discovery' | 'informers'>;
  readonly signal: AbortSignal;
  /** To be called at the end of the wait. */
  readonly release: (() => void)[];
}

/** The shared watches leave out the content of some kinds: targets that are judged by it get a watch of their own. */
export async function fullTargets(
  targets: readonly ReadinessTarget[],
  isJudgedByContent: (object: Unstructured) => boolean,
  watches: OwnWatches,
): Promise<ReadinessTarget[]> {
  return Promise.all(
    targets.map(async (target) => {
      const { object } = target;
      if (!isJudgedByContent(object)) return target;
      const resource = await watches.cluster.discovery.resourceOf(object);
      const { name = '', namespace } = object.metadata;
      return { ...target, kind: ownWatch(resource, { name, namespace }, watches) };
    }),
  );
}

/** A watch on one object, until released. */
export function ownWatch(
  resource: ResourceRef,
  { name, namespace }: ObjectKey,
  { cluster, signal, release }: OwnWatches,
): () => Promise<LiveKind> {
  const selection = { fieldSelector: `metadata.name=${name}`, ...(namespace && { namespace }) };
  const informer = cluster.informers.acquire(resource, selection);
  release.push(() => informer.release());
  let live: LiveKind | undefined;
  return async () => {
    await informer.synced(signal);
    return (live ??= liveKindOf(informer));
  };
}
