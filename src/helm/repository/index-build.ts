// Turns a downloaded index into what is kept of it: the index as JSON, for whoever downloads the artifact, and the table
// of names and versions that charts are looked up in. Only one chart version is in memory at a time; what has to wait for
// its place lies in a scratch file.
import { closeSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { compareBytes, decodeV2, YamlError } from '#goyaml/index';
import { errorMessage } from '#lib/errors';
import { compareVersions, tryParseVersion, type Version } from '#lib/masterminds-semver';
import { TypedYamlError } from '../typed-yaml.ts';
import { isTable } from '../values/values-map.ts';
import { RepositoryError } from './errors.ts';
import { FileWriter } from './file-writer.ts';
import {
  entryOf,
  goJson,
  headOf,
  type IndexEntry,
  type IndexHead,
  readEntry,
  readHead,
  sortedKeys,
  zeroTime,
} from './index-entry.ts';
import { cutJson } from './index-json.ts';
import { cutByLines, type IndexPiece, LayoutError } from './index-lines.ts';
import { type TableRow, TableWriter } from './index-table.ts';
import { linesOf, textChunks } from './text-chunks.ts';

export interface BuildIndexOptions {
  /** The index as downloaded: YAML or JSON. */
  readonly source: string;
  /** Where to write the index as JSON; must not exist. Left out where only the table is wanted. */
  readonly target?: string;
  /** Where to write the table; must not exist. */
  readonly table: string;
  /** Name of a file that does not exist: scratch space, removed in the end. */
  readonly scratch: string;
  /** Algorithm of the digest of the target. */
  readonly algorithm: string;
  /** Digest the table goes by where no target is written. */
  readonly digest?: string;
}

export interface BuiltIndex {
  /** `<algorithm>:<hex>` of the JSON. */
  readonly digest: string;
  /** Bytes of the JSON. */
  readonly size: number;
  readonly charts: number;
  readonly versions: number;
}

/** An index that cannot be cut is read as a whole only up to this size: a bound on memory. */
const maxWholeBytes = 16 * 1024 * 1024;

/** Where a version's texts lie in the scratch file. */
interface Place {
  readonly version: Version | undefined;
  readonly at: number;
  readonly jsonBytes: number;
  readonly rowBytes: number;
}

export function buildIndex(options: BuildIndexOptions): BuiltIndex {
  const { source } = options;
  const { size } = statSync(source);
  if (size === 0) throw new RepositoryError('HELM_REPOSITORY_INDEX', 'empty index.yaml file');
  try {
    return attempt(options, cut(source));
  } catch (error) {
    const readable = error instanceof LayoutError || error instanceof TypedYamlError || error instanceof SyntaxError;
    if (!readable) throw error;
    if (size > maxWholeBytes) {
      const why = `an index of more than ${maxWholeBytes} bytes must be JSON, or YAML with one line for each field`;
      throw new RepositoryError('HELM_REPOSITORY_INDEX', `${why}: ${errorMessage(error)}`, { cause: error });
    }
    return attempt(options, whole(source));
  }
}

/** The pieces of an index with their entries read. */
type ReadPiece =
  | { readonly type: 'chart'; readonly name: string }
  | { readonly type: 'version'; readonly entry: IndexEntry | undefined }
  | { readonly type: 'head'; readonly head: IndexHead };

function* cut(source: string): Generator<ReadPiece, void, undefined> {
  const isJson = startsLikeJson(source);
  const pieces: Iterable<IndexPiece> = isJson ? cutJson(textChunks(source)) : cutByLines(linesOf(textChunks(source)));
  for (const piece of pieces) {
    if (piece.type === 'chart') yield piece;
    else if (piece.type === 'head') yield { type: 'head', head: headAlone(piece.source, { strict: !isJson }) };
    else if (isJson) yield { type: 'version', entry: entryOf(JSON.parse(piece.source), { strict: false }) };
    else yield { type: 'version', entry: readEntry(piece.source, { strict: true }) };
  }
}

function headAlone(source: string, options: { readonly strict: boolean }): IndexHead {
  const head = readHead(source, options);
  if (Object.keys(head.entries ?? {}).length > 0) throw new LayoutError('the entries are in one line');
  return head;
}

function startsLikeJson(source: string): boolean {
  for (const chunk of textChunks(source)) {
    const first = /\S/.exec(chunk)?.[0];
    if (first !== undefined) return first === '{';
  }
  return false;
}

function* whole(source: string): Generator<ReadPiece, void, undefined> {
  let raw: unknown;
  try {
    raw = decodeV2(readFileSync(source, 'utf8'), { integers: 'bigint', strict: true });
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    throw new RepositoryError('HELM_REPOSITORY_INDEX', `error converting YAML to JSON: ${cause.message}`, { cause });
  }
  try {
    yield { type: 'head', head: headOf(raw, { strict: true }) };
    const entries = isTable(raw) && isTable(raw['entries']) ? raw['entries'] : {};
    for (const [name, versions] of Object.entries(entries)) {
      yield { type: 'chart', name };
      for (const version of (versions ?? []) as readonly unknown[]) {
        yield { type: 'version', entry: entryOf(version, { strict: true }) };
      }
    }
  } catch (cause) {
    if (!(cause instanceof TypedYamlError)) throw cause;
    throw new RepositoryError('HELM_REPOSITORY_INDEX', cause.message, { cause });
  }
}

function attempt(options: BuildIndexOptions, pieces: Iterable<ReadPiece>): BuiltIndex {
  const build = new Build(options);
  try {
    for (const piece of pieces) build.add(piece);
    return build.finish();
  } catch (error) {
    build.abandon();
    throw error;
  } finally {
    rmSync(options.scratch, { force: true });
  }
}

class Build {
  readonly #options: BuildIndexOptions;
  readonly #scratch: FileWriter;
  readonly #charts = new Map<string, Place[]>();
  #current: Place[] = [];
  #spare = Buffer.alloc(0);
  #head: IndexHead = {};
  #table: TableWriter | undefined;
  #json: FileWriter | undefined;

  constructor(options: BuildIndexOptions) {
    this.#options = options;
    this.#scratch = new FileWriter(options.scratch);
  }

  add(piece: ReadPiece): void {
    if (piece.type === 'head') this.#head = piece.head;
    else if (piece.type === 'chart') this.#chart(piece.name);
    else if (piece.entry !== undefined) this.#version(piece.entry);
  }

  #chart(name: string): void {
    // The reader of the whole words this as YAML does.
    if (this.#charts.has(name)) throw new LayoutError(`chart ${JSON.stringify(name)} is there twice`);
    this.#settle();
    this.#current = [];
    this.#charts.set(name, this.#current);
  }

  #version({ metadata, urls, created, digest, json }: IndexEntry): void {
    const row: TableRow = [metadata.version, digest, created, urls ?? []];
    const at = this.#scratch.position;
    const jsonBytes = this.#scratch.write(json);
    const rowBytes = this.#scratch.write(JSON.stringify(row));
    this.#current.push({ version: tryParseVersion(metadata.version), at, jsonBytes, rowBytes });
  }

  /** The chart read last is complete: its versions go into order, and what they are ordered by may go. */
  #settle(): void {
    this.#current.sort(newestFirst);
    for (const [index, { at, jsonBytes, rowBytes }] of this.#current.entries()) {
      this.#current[index] = { version: undefined, at, jsonBytes, rowBytes };
    }
  }

  finish(): BuiltIndex {
    const { target, table, algorithm, digest = '' } = this.#options;
    this.#settle();
    if ((this.#head.apiVersion ?? '') === '') {
      throw new RepositoryError('HELM_REPOSITORY_INDEX', 'no API version specified');
    }
    this.#scratch.flush();
    if (target !== undefined) this.#json = new FileWriter(target, algorithm);
    this.#table = new TableWriter(table);
    const scratch = openSync(this.#options.scratch, 'r');
    let versions: number;
    try {
      versions = this.#write(scratch);
    } finally {
      closeSync(scratch);
    }
    const size = this.#json?.position ?? 0;
    const written = this.#json === undefined ? digest : `${algorithm}:${this.#json.close()}`;
    this.#json = undefined;
    this.#table.close(written);
    this.#table = undefined;
    this.#scratch.close();
    return { digest: written, size, charts: this.#charts.size, versions };
  }

  #write(scratch: number): number {
    const names = [...this.#charts.keys()].toSorted(compareBytes);
    const { serverInfo, apiVersion = '', generated = zeroTime, publicKeys = [], annotations = {} } = this.#head;
    this.#text('{\n');
    if (serverInfo !== undefined && Object.keys(serverInfo).length > 0)
      this.#field('serverInfo', sortedKeys(serverInfo));
    this.#field('apiVersion', apiVersion);
    this.#field('generated', generated);
    this.#text(names.length === 0 ? '  "entries": {}' : '  "entries": {\n');
    let versions = 0;
    for (const [index, name] of names.entries()) {
      if (index > 0) this.#text(',\n');
      versions += this.#chartOut(name, this.#charts.get(name)!, scratch);
    }
    if (names.length > 0) this.#text('\n  }');
    if (publicKeys.length > 0) this.#text(`,\n  "publicKeys": ${goJson(publicKeys).replaceAll('\n', '\n  ')}`);
    if (Object.keys(annotations).length > 0) {
      this.#text(`,\n  "annotations": ${goJson(sortedKeys(annotations)).replaceAll('\n', '\n  ')}`);
    }
    this.#text('\n}');
    return versions;
  }

  #chartOut(name: string, places: readonly Place[], scratch: number): number {
    this.#table!.beginChart(name);
    this.#text(`    ${goJson(name)}: [`);
    for (const [index, { at, jsonBytes, rowBytes }] of places.entries()) {
      const bytes = this.#room(jsonBytes + rowBytes);
      readSync(scratch, bytes, { position: at });
      this.#text(index === 0 ? '\n      ' : ',\n      ');
      this.#json?.write(bytes.subarray(0, jsonBytes));
      this.#table!.row(bytes.subarray(jsonBytes));
    }
    this.#text(places.length === 0 ? ']' : '\n    ]');
    this.#table!.endChart();
    return places.length;
  }

  /** One buffer for all, as large as the largest version needs. */
  #room(bytes: number): Buffer {
    if (this.#spare.length < bytes) this.#spare = Buffer.allocUnsafeSlow(Math.max(bytes, 64 * 1024));
    return this.#spare.subarray(0, bytes);
  }

  #field(name: string, value: unknown): void {
    this.#text(`  "${name}": ${goJson(value).replaceAll('\n', '\n  ')},\n`);
  }

  #text(text: string): void {
    this.#json?.write(text);
  }

  abandon(): void {
    this.#scratch.abandon();
    this.#json?.abandon();
    this.#table?.abandon();
    if (this.#options.target !== undefined) rmSync(this.#options.target, { force: true });
    rmSync(this.#options.table, { force: true });
  }
}

/** Versions that are none come last. */
function newestFirst(a: Place, b: Place): number {
  if (a.version === undefined || b.version === undefined)
    return Number(a.version === undefined) - Number(b.version === undefined);
  return compareVersions(b.version, a.version);
}
