// The artifact store: what source controllers write to and everybody else reads from.
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import type { Artifact } from '#api/source/shared';
import type { Clock } from '#lib/clock';
import { CodedError } from '#lib/errors';
import { timestamp } from '#lib/timestamp';
import { Digester, parseDigest, type DigestAlgorithm } from './digest.ts';
import { garbage, type Retention } from './gc.ts';
import type { ArtifactIndex } from './index.ts';
import { KeyedLock } from './keyed-lock.ts';
import { artifactDirectory, artifactPath, artifactUrl, type ArtifactOwner } from './layout.ts';
import type { Packed, PackedFile } from './pack.ts';
import type { ArtifactStorage, StoredFile } from './storage.ts';
import { listTarGz } from './unpack.ts';

export interface ArtifactStoreOptions {
  readonly storage: ArtifactStorage;
  readonly index: ArtifactIndex;
  readonly clock: Clock;
  /** `host:port` or a URL under which clients reach the file server. */
  readonly advertisedAddress: () => string;
  readonly retention?: Retention;
  readonly algorithm?: DigestAlgorithm;
}

/** A file to store for an object. */
export interface NewArtifact {
  /** Name of the file, e.g. `<commit>.tar.gz`. */
  readonly file: string;
  readonly revision: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Makes the local file with this name; resolves to what was written. */
  readonly produce: (file: string) => Promise<Packed>;
}

/** Why a recorded artifact cannot be used any more. */
export type ArtifactFault = 'missing' | 'corrupt';

export class ArtifactStore {
  readonly #options: ArtifactStoreOptions;
  readonly #locks = new KeyedLock();
  /** Files whose digest was checked: path to what it looked like then. An untouched file is not read again. */
  readonly #verified = new Map<string, { readonly digest: string; readonly file: StoredFile }>();

  constructor(options: ArtifactStoreOptions) {
    this.#options = options;
  }

  get algorithm(): DigestAlgorithm {
    return this.#options.algorithm ?? 'sha256';
  }

  get index(): ArtifactIndex {
    return this.#options.index;
  }

  /** Stores a file and makes it the object's artifact. Its predecessor stays until {@link collect} takes it. */
  async put(owner: ArtifactOwner, next: NewArtifact): Promise<Artifact> {
    const { storage, clock } = this.#options;
    const path = artifactPath(owner, next.file);
    return this.#locks.run(path, async () => {
      const packed = await storage.write(path, next.produce);
      const artifact: Artifact = {
        digest: packed.digest,
        lastUpdateTime: timestamp(clock.now()),
        path,
        revision: next.revision,
        size: packed.size,
        url: artifactUrl(this.#options.advertisedAddress(), path),
        ...(next.metadata !== undefined && { metadata: { ...next.metadata } }),
      };
      const file = await storage.stat(path);
      if (file !== undefined) this.#verified.set(path, { digest: packed.digest, file });
      this.#options.index.set({ owner, artifact, files: sorted(packed.files) });
      return artifact;
    });
  }

  /**
   * Notes the artifact an object's status speaks of in the index, if its file is there: what was stored before this process
   * began is known before the object's turn comes. Whether it is whole {@link check} finds out.
   */
  async recall(owner: ArtifactOwner, artifact: Artifact): Promise<void> {
    const { storage, index } = this.#options;
    await this.#locks.run(artifact.path, async () => {
      if (index.get(owner) !== undefined || (await storage.stat(artifact.path)) === undefined) return;
      index.set({ owner, artifact: this.relocate(artifact), files: undefined });
    });
  }

  /** Lists in the index what is in a recalled artifact. */
  async lookInto(owner: ArtifactOwner): Promise<void> {
    const { index } = this.#options;
    const entry = index.get(owner);
    if (entry === undefined || entry.files !== undefined) return;
    const files = await this.#files(entry.artifact);
    // Meanwhile the object may have got another artifact, or gone.
    if (files !== undefined && index.get(owner) === entry) index.set({ ...entry, files });
  }

  /**
   * Checks that the file an object's status speaks of is there and whole, and notes it in the index. Returns what is
   * wrong with it, after removing a corrupt file; undefined when all is well.
   */
  async check(owner: ArtifactOwner, artifact: Artifact): Promise<ArtifactFault | undefined> {
    const { storage, index } = this.#options;
    return this.#locks.run(artifact.path, async () => {
      const file = await storage.stat(artifact.path);
      if (file === undefined) {
        this.#verified.delete(artifact.path);
        index.remove(owner);
        return 'missing';
      }
      const verified = this.#verified.get(artifact.path);
      const untouched = verified !== undefined && verified.digest === artifact.digest && sameFile(verified.file, file);
      if (!untouched && (await this.#digest(artifact)) !== artifact.digest) {
        await storage.remove(artifact.path);
        this.#verified.delete(artifact.path);
        index.remove(owner);
        return 'corrupt';
      }
      this.#verified.set(artifact.path, { digest: artifact.digest, file });
      const before = index.get(owner);
      const known = before?.artifact.digest === artifact.digest ? before.files : undefined;
      const files = known ?? (await this.#files(artifact));
      index.set({ owner, artifact: this.relocate(artifact), files });
      return undefined;
    });
  }

  /** The artifact with its URL under the address advertised now. */
  relocate(artifact: Artifact): Artifact {
    const url = artifactUrl(this.#options.advertisedAddress(), artifact.path);
    return url === artifact.url ? artifact : { ...artifact, url };
  }

  /** Removes what retention no longer keeps. Returns how many files went. */
  async collect(owner: ArtifactOwner, current: Artifact | undefined): Promise<number> {
    const { storage, clock, retention = { ttl: 60_000, records: 2 } } = this.#options;
    const files = await storage.list(artifactDirectory(owner));
    const doomed = garbage(files, current?.path, retention, clock.now());
    for (const { path } of doomed) {
      await this.#locks.run(path, () => storage.remove(path));
      this.#verified.delete(path);
    }
    return doomed.length;
  }

  /** Removes everything of an object that is gone. */
  async removeOwner(owner: ArtifactOwner): Promise<void> {
    const directory = artifactDirectory(owner);
    await this.#options.storage.removeAll(directory);
    for (const path of this.#verified.keys()) if (path.startsWith(`${directory}/`)) this.#verified.delete(path);
    this.#options.index.remove(owner);
  }

  /** Bytes of an artifact of ours, unverified. */
  read(path: string, range?: { readonly start: number; readonly end: number }): ReturnType<ArtifactStorage['read']> {
    return this.#options.storage.read(path, range);
  }

  /** Where the file can be opened directly, when it is on this machine. */
  localPath(path: string): string | undefined {
    return this.#options.storage.localPath(path);
  }

  stat(path: string): Promise<StoredFile | undefined> {
    return this.#options.storage.stat(path);
  }

  /** Makes `directory/name` of the object answer with its artifact, as `latest.tar.gz` does for some kinds. */
  async link(owner: ArtifactOwner, name: string, artifact: Artifact): Promise<string> {
    const directory = artifactDirectory(owner);
    await this.#options.storage.link(directory, name, artifact.path);
    return artifactUrl(this.#options.advertisedAddress(), `${directory}/${name}`);
  }

  async #digest(artifact: Artifact): Promise<string | undefined> {
    let algorithm: DigestAlgorithm;
    try {
      ({ algorithm } = parseDigest(artifact.digest));
    } catch (error) {
      if (error instanceof CodedError) return undefined;
      throw error;
    }
    const digester = new Digester(algorithm);
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    await pipeline(await this.#options.storage.read(artifact.path), digester, nowhere);
    return digester.result().digest;
  }

  async #files(artifact: Artifact): Promise<readonly PackedFile[] | undefined> {
    if (!artifact.path.endsWith('gz')) return undefined;
    try {
      return sorted(await listTarGz(await this.#options.storage.read(artifact.path)));
    } catch (error) {
      // A file of another format (`operation: copy`) has no list; that is no fault.
      if (error instanceof CodedError) return undefined;
      throw error;
    }
  }
}

function sameFile(a: StoredFile, b: StoredFile): boolean {
  return a.size === b.size && a.modified === b.modified;
}

function sorted(files: readonly PackedFile[]): PackedFile[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
