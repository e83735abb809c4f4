// The table of one index on disk: the versions of each chart as a line of its own, a directory of names at the end.
// A look-up reads the directory and one line, never the index.
import { type FileHandle, open } from 'node:fs/promises';
import { RepositoryError } from './errors.ts';
import { FileWriter } from './file-writer.ts';

/** Version, digest, time of creation and addresses of one version of a chart. */
export type TableRow = readonly [version: string, digest: string, created: string, urls: readonly string[]];

/** Offset and length of a chart's line. */
type Span = readonly [offset: number, length: number];

interface Directory {
  readonly format: 1;
  /** Digest of the stored index the table was made from. */
  readonly digest: string;
  readonly charts: readonly (readonly [name: string, offset: number, length: number])[];
}

/** The last bytes of the file: the place of the directory, as two numbers of fixed width. */
const trailerBytes = 32;
const maxDirectoryBytes = 64 * 1024 * 1024;

export class TableWriter {
  readonly #file: FileWriter;
  readonly #charts: [string, number, number][] = [];
  #name = '';
  #start = 0;
  #first = true;

  constructor(path: string) {
    this.#file = new FileWriter(path);
  }

  beginChart(name: string): void {
    this.#name = name;
    this.#start = this.#file.position;
    this.#first = true;
    this.#file.write('[');
  }

  /** Adds a row, given as JSON text. */
  row(json: Buffer): void {
    if (!this.#first) this.#file.write(',');
    this.#first = false;
    this.#file.write(json);
  }

  endChart(): void {
    this.#file.write(']');
    this.#charts.push([this.#name, this.#start, this.#file.position - this.#start]);
    this.#file.write('\n');
  }

  close(digest: string): void {
    const start = this.#file.position;
    const directory: Directory = { format: 1, digest, charts: this.#charts };
    this.#file.write(JSON.stringify(directory));
    const length = this.#file.position - start;
    this.#file.write(`${String(start).padStart(15)} ${String(length).padStart(15)}\n`);
    this.#file.close();
  }

  abandon(): void {
    this.#file.abandon();
  }
}

/** What is known of a table without reading its lines. */
export class IndexTable {
  readonly #path: string;
  readonly #charts: ReadonlyMap<string, Span>;

  private constructor(path: string, directory: Directory) {
    this.#path = path;
    this.#charts = new Map(directory.charts.map(([name, offset, length]) => [name, [offset, length]]));
  }

  /** Rejects when the file is no table, or not that of the stored index with this digest. */
  static async open(path: string, digest: string): Promise<IndexTable> {
    const directory = await withFile(path, readDirectory);
    if (directory.digest !== digest) throw noTable();
    return new IndexTable(path, directory);
  }

  /** Number of charts. */
  get size(): number {
    return this.#charts.size;
  }

  /** The versions of a chart, newest first; undefined when the index does not name it. */
  async versions(name: string): Promise<readonly TableRow[] | undefined> {
    const span = this.#charts.get(name);
    if (span === undefined) return undefined;
    return JSON.parse(await withFile(this.#path, (file) => readSpan(file, span))) as readonly TableRow[];
  }
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function readDirectory(file: FileHandle): Promise<Directory> {
  const { size } = await file.stat();
  const trailer = size < trailerBytes ? '' : await readSpan(file, [size - trailerBytes, trailerBytes]);
  const match = /^ *(\d+) +(\d+)\n$/.exec(trailer);
  const span: Span = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || span[1] > maxDirectoryBytes || span[0] + span[1] + trailerBytes !== size) throw noTable();
  const directory = JSON.parse(await readSpan(file, span)) as Directory;
  if (directory.format !== 1) throw noTable();
  return directory;
}

async function readSpan(file: FileHandle, [position, length]: Span): Promise<string> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, { position, length });
  if (bytesRead !== length) throw noTable();
  return buffer.toString('utf8');
}

function noTable(): RepositoryError {
  return new RepositoryError('HELM_REPOSITORY_INDEX', 'the table of the index cannot be read');
}
