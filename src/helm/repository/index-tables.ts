// The tables of all repositories, in a directory of their own beside the artifacts, and what servers said of the indexes
// they were made from. All of it can be made again: what is missing or broken here costs work, not correctness.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { DigestAlgorithm } from '#artifact/digest';
import type { BuildIndexOptions, BuiltIndex } from './index-build.ts';
import { IndexTable, type TableRow } from './index-table.ts';
import type { Validators } from './repository-client.ts';

/** The repository a table belongs to. */
export interface RepositoryName {
  readonly namespace: string;
  readonly name: string;
}

export interface IndexTablesOptions {
  /** Is made when it is not there. */
  readonly directory: string;
  /** Runs {@link buildIndex}, in a worker. */
  readonly build: (options: BuildIndexOptions, signal: AbortSignal) => Promise<BuiltIndex>;
}

/** What to look a chart up in. */
export interface StoredIndex extends RepositoryName {
  /** Digest of the stored JSON. */
  readonly digest: string;
  /** The stored JSON itself, for a table that has to be made again. */
  readonly file: () => Promise<string>;
}

interface Remembered {
  readonly url: string;
  readonly revision: string;
  readonly validators: Validators;
}

const validatorsFile = 'validators.json';

export class IndexTables {
  readonly #options: IndexTablesOptions;
  readonly #tables = new LRUCache<string, Promise<IndexTable>>({ max: 64 });
  /** Rows by table and chart; a size is a guess at the bytes. */
  readonly #rows = new LRUCache<string, readonly TableRow[]>({
    maxSize: 16 * 1024 * 1024,
    sizeCalculation: (rows) => 1 + rows.length * 400,
  });

  constructor(options: IndexTablesOptions) {
    this.#options = options;
  }

  /** Reads a downloaded index: writes its JSON to `target`, and keeps its table. */
  async store(
    repository: RepositoryName,
    request: { readonly source: string; readonly target: string; readonly algorithm: DigestAlgorithm },
    signal: AbortSignal,
  ): Promise<BuiltIndex> {
    const directory = await this.#directory(repository);
    const built = await this.#build(directory, request, signal);
    await this.#dropOthers(directory, built.digest);
    return built;
  }

  /** The versions of a chart, newest first; undefined when the index does not name it. */
  async versions(index: StoredIndex, chart: string, signal: AbortSignal): Promise<readonly TableRow[] | undefined> {
    const key = `${index.namespace}/${index.name}/${index.digest}/${chart}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const rows = await (await this.#table(index, signal)).versions(chart);
    if (rows !== undefined) this.#rows.set(key, rows);
    return rows;
  }

  /** What the server said of the index with this revision; nothing where it was asked at another address. */
  async validators(repository: RepositoryName, { url, revision }: Omit<Remembered, 'validators'>): Promise<Validators> {
    try {
      const text = await readFile(join(this.#path(repository), validatorsFile), 'utf8');
      const known = JSON.parse(text) as Remembered;
      return known.url === url && known.revision === revision ? known.validators : {};
    } catch {
      // Not there, or cut off: then the index is downloaded once more.
      return {};
    }
  }

  async remember(repository: RepositoryName, remembered: Remembered): Promise<void> {
    const directory = await this.#directory(repository);
    const temporary = join(directory, temporaryName());
    await writeFile(temporary, JSON.stringify(remembered), { mode: 0o600 });
    await rename(temporary, join(directory, validatorsFile));
  }

  /** Forgets a repository that is gone. */
  async remove(repository: RepositoryName): Promise<void> {
    await rm(this.#path(repository), { recursive: true, force: true });
  }

  async #table(index: StoredIndex, signal: AbortSignal): Promise<IndexTable> {
    const directory = await this.#directory(index);
    const path = join(directory, tableName(index.digest));
    const known = this.#tables.get(path);
    if (known !== undefined) return known;
    // All charts of a repository ask at once when it has news: one of them does the work.
    const opening = this.#openOrBuild(directory, path, index, signal);
    this.#tables.set(path, opening);
    opening.catch(() => this.#tables.delete(path));
    return opening;
  }

  async #openOrBuild(directory: string, path: string, index: StoredIndex, signal: AbortSignal): Promise<IndexTable> {
    try {
      return await IndexTable.open(path, index.digest);
    } catch {
      const algorithm = index.digest.split(':', 1)[0] as DigestAlgorithm;
      await this.#build(directory, { source: await index.file(), algorithm, digest: index.digest }, signal);
      return IndexTable.open(path, index.digest);
    }
  }

  async #build(
    directory: string,
    request: Omit<BuildIndexOptions, 'table' | 'scratch'>,
    signal: AbortSignal,
  ): Promise<BuiltIndex> {
    const table = join(directory, temporaryName());
    const scratch = join(directory, temporaryName());
    try {
      const built = await this.#options.build({ ...request, table, scratch }, signal);
      await rename(table, join(directory, tableName(built.digest)));
      return built;
    } finally {
      // A worker that was ended could not clean up after itself.
      await Promise.all([rm(table, { force: true }), rm(scratch, { force: true })]);
    }
  }

  /** Keeps the new table and, for look-ups under way, the newest of the old ones. */
  async #dropOthers(directory: string, digest: string): Promise<void> {
    const tables = (await readdir(directory)).filter((name) => name.endsWith('.table'));
    const current = tableName(digest);
    const opened = (name: string): number => (this.#tables.has(join(directory, name)) ? 1 : 0);
    const others = tables.filter((name) => name !== current).toSorted((a, b) => opened(b) - opened(a));
    for (const name of others.slice(1)) {
      this.#tables.delete(join(directory, name));
      await rm(join(directory, name), { force: true });
    }
  }

  async #directory(repository: RepositoryName): Promise<string> {
    const path = this.#path(repository);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  #path({ namespace, name }: RepositoryName): string {
    return join(this.#options.directory, namespace, name);
  }
}

function tableName(digest: string): string {
  return `${digest.replace(':', '-')}.table`;
}

/** The store's own start-up sweep knows this prefix. */
function temporaryName(): string {
  return `.tmp-${randomBytes(8).toString('hex')}`;
}
