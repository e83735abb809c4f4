// Whether there is anything to tell of an artifact at the end of a good run.
import type { Artifact } from '#api/source/shared';
import { isTrue } from '#runtime/conditions';
import type { ArtifactSource } from './storage-step.ts';

export interface ArtifactNews {
  readonly artifact: Artifact;
  /** Otherwise it is the end of a failure that is news. */
  readonly isNew: boolean;
}

/** `failures` are the types of conditions whose end is worth an event. */
export function artifactNews(
  { status }: ArtifactSource,
  before: ArtifactSource,
  failures: readonly string[],
): ArtifactNews | undefined {
  const artifact = status?.artifact;
  if (artifact === undefined) return undefined;
  const isNew = artifact.digest !== before.status?.artifact?.digest;
  return isNew || failures.some((type) => isTrue(before, type)) ? { artifact, isNew } : undefined;
}
