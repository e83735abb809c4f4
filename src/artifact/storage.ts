// What artifacts are kept in. The file system is one such place; another needs these verbs and nothing more.
import type { Readable } from 'node:stream';

export interface StoredFile {
  /** Path below the storage's root, with forward slashes. */
  readonly path: string;
  readonly size: number;
  /** ms since the Unix epoch. */
  readonly modified: number;
}

export interface ArtifactStorage {
  /** The file's facts; undefined when there is no regular file. */
  stat(path: string): Promise<StoredFile | undefined>;
  /** As {@link stat}, following a link made by {@link link}. */
  resolve(path: string): Promise<StoredFile | undefined>;
  /** Bytes of a file, or of a part of it (`end` is inclusive). Rejects with ARTIFACT_NOT_FOUND. */
  read(path: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /**
   * Writes a file whole or not at all: nobody ever sees a part of it. `produce` makes a local file with the given name,
   * which does not exist yet, and resolves when its bytes are all written.
   */
  write<T>(path: string, produce: (file: string) => Promise<T>): Promise<T>;
  /** Makes `directory/name` answer with the file `target` of the same directory. */
  link(directory: string, name: string, target: string): Promise<void>;
  /** Regular files directly in a directory; none when it does not exist. Links are not listed. */
  list(directory: string): Promise<StoredFile[]>;
  remove(path: string): Promise<void>;
  /** Removes a directory with everything in it. */
  removeAll(directory: string): Promise<void>;
  /** Where a file can be opened directly, when the storage is a local file system. */
  localPath(path: string): string | undefined;
}
