// First step of every source: old files go, and the artifact the status speaks of must be there and whole.
import type { Artifact } from '#api/source/shared';
import type { ArtifactStore } from '#artifact/store';
import { errorMessage } from '#lib/errors';
import { deleteConditions } from '#runtime/conditions';
import type { SourceObject, StepContext } from '#runtime/source-reconciler';
import { artifactOwner } from './artifact-owner.ts';
import { artifactInStorage } from './conditions.ts';

/** A source object that has artifacts. */
export interface ArtifactSource extends SourceObject {
  status?: NonNullable<SourceObject['status']> & { artifact?: Artifact };
}

export async function reconcileStorage<T extends ArtifactSource>(
  context: StepContext<T>,
  store: ArtifactStore,
  kind: string,
): Promise<void> {
  const { object } = context;
  const owner = artifactOwner(kind, object);
  const artifact = object.status?.artifact;
  try {
    await store.collect(owner, artifact);
  } catch (error) {
    // Garbage that stays costs space, not correctness; the next pass tries again.
    context.log.error({ error: errorMessage(error) }, 'garbage collection failed');
  }
  if (artifact === undefined) {
    context.progress('building artifact');
    deleteConditions(object, artifactInStorage);
    return;
  }
  const fault = await store.check(owner, artifact);
  if (fault === undefined) {
    object.status!.artifact = store.relocate(artifact);
    return;
  }
  if (fault === 'corrupt') {
    context.events.record(object, {
      severity: 'error',
      reason: 'ArtifactVerificationFailed',
      message: `failed to verify integrity of artifact: computed digest doesn't match '${artifact.digest}'`,
    });
  }
  delete object.status!.artifact;
  deleteConditions(object, artifactInStorage);
  context.progress('building artifact: disappeared from storage');
}
