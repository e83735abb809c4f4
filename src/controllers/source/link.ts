// The address that always leads to an object's latest artifact.
import type { Artifact } from '#api/source/shared';
import { artifactDirectory, type ArtifactOwner } from '#artifact/layout';
import type { ArtifactStore } from '#artifact/store';
import { errorMessage } from '#lib/errors';
import type { SourceObject, StepContext } from '#runtime/source-reconciler';

/** A source whose status names that address. */
export interface LinkedSource extends SourceObject {
  status?: NonNullable<SourceObject['status']> & { artifact?: Artifact; url?: string };
}

export interface LinkOptions {
  readonly store: ArtifactStore;
  readonly owner: ArtifactOwner;
  /** Name of the link. */
  readonly name: string;
  /** The artifact is another than the link leads to. */
  readonly renewed: boolean;
}

/** Points the link at the artifact and notes it in `status.url`; the artifact is good without it. */
export async function linkArtifact<T extends LinkedSource>(
  { object, log }: StepContext<T>,
  { store, owner, name, renewed }: LinkOptions,
): Promise<void> {
  const { artifact } = object.status ?? {};
  if (artifact === undefined) return;
  const base = artifact.url.slice(0, artifact.url.length - artifact.path.length);
  const url = `${base}${artifactDirectory(owner)}/${name}`;
  if (renewed || object.status?.url === undefined) {
    try {
      await store.link(owner, name, artifact);
    } catch (error) {
      log.error({ error: errorMessage(error) }, 'failed to link the latest artifact');
    }
  }
  object.status!.url = url;
}
