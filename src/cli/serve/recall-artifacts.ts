// What was stored before this process began: listed from the first answer on, whoever may be suspended or come late.
import type { ArtifactOwner } from '#artifact/layout';
import type { ArtifactSource } from '#controllers/source/storage-step';
import { artifactOwner } from '#controllers/source/artifact-owner';
import type { Informer } from '#kube/informer';
import { errorMessage } from '#lib/errors';
import type { ServeContext } from './context.ts';

/** A kind that is not installed never gets in step; nobody waits longer for it. */
const syncMs = 5000;

/** Notes the artifacts that the sources' statuses speak of, by kind; looking into them goes on afterwards. */
export async function recallArtifacts(
  { store, log }: Pick<ServeContext, 'store' | 'log'>,
  sources: ReadonlyMap<string, Informer>,
  signal: AbortSignal,
): Promise<void> {
  const inStep = AbortSignal.any([signal, AbortSignal.timeout(syncMs)]);
  await Promise.allSettled([...sources.values()].map((cache) => cache.synced(inStep)));
  signal.throwIfAborted();
  const owners: ArtifactOwner[] = [];
  for (const [kind, cache] of sources) {
    for (const object of cache.store.values() as Iterable<ArtifactSource>) {
      const artifact = object.status?.artifact;
      if (artifact === undefined) continue;
      const owner = artifactOwner(kind, object);
      await store.recall(owner, artifact);
      owners.push(owner);
    }
  }
  void lookInto(owners, { store, log }, signal);
}

async function lookInto(
  owners: readonly ArtifactOwner[],
  { store, log }: Pick<ServeContext, 'store' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  for (const owner of owners) {
    if (signal.aborted) return;
    try {
      await store.lookInto(owner);
    } catch (error) {
      log.error({ owner, error: errorMessage(error) }, 'cannot look into a stored artifact');
    }
  }
}
