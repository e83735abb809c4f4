// What artifacts there are, in memory: read by admission and by the aggregated API, fed by the source controllers.
import { isDeepStrictEqual } from 'node:util';
import type { Artifact } from '#api/source/shared';
import type { ArtifactOwner } from './layout.ts';
import type { PackedFile } from './pack.ts';

export interface IndexedArtifact {
  readonly owner: ArtifactOwner;
  readonly artifact: Artifact;
  /** Sorted by path; undefined until the archive has been looked into. */
  readonly files: readonly PackedFile[] | undefined;
}

export interface ArtifactChange {
  readonly type: 'set' | 'removed';
  readonly entry: IndexedArtifact;
}

/** One entry for each object that has an artifact. */
export class ArtifactIndex {
  readonly #entries = new Map<string, IndexedArtifact>();
  readonly #listeners = new Set<(change: ArtifactChange) => void>();

  get(owner: ArtifactOwner): IndexedArtifact | undefined {
    return this.#entries.get(keyOf(owner));
  }

  all(): IterableIterator<IndexedArtifact> {
    return this.#entries.values();
  }

  /** Records the current artifact of an object. */
  set(entry: IndexedArtifact): void {
    const before = this.get(entry.owner);
    if (before !== undefined && isSameArtifact(before.artifact, entry.artifact) && before.files === entry.files) return;
    this.#entries.set(keyOf(entry.owner), entry);
    this.#emit({ type: 'set', entry });
  }

  remove(owner: ArtifactOwner): void {
    const entry = this.get(owner);
    if (entry === undefined) return;
    this.#entries.delete(keyOf(owner));
    this.#emit({ type: 'removed', entry });
  }

  /** Calls `listener` on each change from now on; returns a function that ends it. */
  subscribe(listener: (change: ArtifactChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(change: ArtifactChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** Every check brings a copy of the artifact from the object's status: that alone is no news. */
function isSameArtifact(a: Artifact, b: Artifact): boolean {
  return isDeepStrictEqual(a, b);
}

function keyOf(owner: ArtifactOwner): string {
  return `${owner.kind}/${owner.namespace}/${owner.name}`;
}
