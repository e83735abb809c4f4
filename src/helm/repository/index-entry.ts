// One version of a chart in an index: decoded strictly, checked as Helm checks it, written as Go writes it.
import { sortStrings } from '#lib/go-string';
import type { Dependency, Maintainer, Metadata } from '../chart/chart.ts';
import { ChartError } from '../chart/errors.ts';
import { metadataShape, type RawMetadata, validateMetadata } from '../chart/metadata.ts';
import { any, decodeTyped, fitTyped, type Shape, text } from '../typed-yaml.ts';
import { isTable, setKey, type ValuesMap } from '../values/values-map.ts';

const texts: Shape = { kind: 'list', of: text };

const versionShape: Shape = {
  kind: 'struct',
  name: 'ChartVersion',
  type: 'repo.ChartVersion',
  fields: {
    ...metadataShape.fields,
    urls: texts,
    created: { kind: 'time' },
    removed: { kind: 'bool' },
    digest: text,
    checksum: text,
    engine: text,
    tillerVersion: text,
    url: text,
  },
};

const headShape: Shape = {
  kind: 'struct',
  name: 'IndexFile',
  type: 'repo.IndexFile',
  fields: {
    serverInfo: { kind: 'map', of: any },
    apiVersion: text,
    generated: { kind: 'time' },
    entries: { kind: 'map', of: { kind: 'list', of: any } },
    publicKeys: texts,
    annotations: { kind: 'map', of: text },
  },
};

interface RawVersion extends RawMetadata {
  readonly urls?: readonly string[];
  readonly created?: string;
  readonly removed?: boolean;
  readonly digest?: string;
  readonly checksum?: string;
  readonly engine?: string;
  readonly tillerVersion?: string;
  readonly url?: string;
}

/** What an index says of one version of a chart. */
export interface IndexEntry {
  readonly metadata: Metadata;
  readonly urls: readonly string[] | null;
  /** RFC 3339. */
  readonly created: string;
  readonly digest: string;
  /** The entry as JSON text, indented to its place in the stored index. */
  readonly json: string;
}

/** What an index says beside its entries. */
export interface IndexHead {
  readonly serverInfo?: ValuesMap;
  readonly apiVersion?: string;
  readonly generated?: string;
  readonly publicKeys?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Entries that were not cut off. */
  readonly entries?: ValuesMap;
}

export const zeroTime = '0001-01-01T00:00:00Z';

export interface EntryOptions {
  /** JSON is read more gently than YAML: unknown fields pass. */
  readonly strict: boolean;
}

/** Reads an entry's text; undefined when it is null, or no valid chart, which Helm drops without a word. */
export function readEntry(source: string, { strict }: EntryOptions): IndexEntry | undefined {
  return toEntry(decodeTyped(source, versionShape, { strict }) as RawVersion | undefined);
}

/** As {@link readEntry}, of an entry that is decoded already. */
export function entryOf(raw: unknown, { strict }: EntryOptions): IndexEntry | undefined {
  return toEntry(fitTyped(raw, versionShape, { strict }) as RawVersion | undefined);
}

export function readHead(source: string, { strict }: EntryOptions): IndexHead {
  return decodeTyped(source, headShape, { strict }) ?? {};
}

export function headOf(raw: unknown, { strict }: EntryOptions): IndexHead {
  return fitTyped(raw, headShape, { strict }) ?? {};
}

function toEntry(raw: RawVersion | undefined): IndexEntry | undefined {
  if (raw === undefined) return undefined;
  // Helm 2 did not ask for an apiVersion.
  const metadata = checkedMetadata({ ...raw, apiVersion: raw.apiVersion || 'v1' });
  if (metadata === undefined) return undefined;
  const { urls = null, created = zeroTime, digest = '' } = raw;
  return { metadata, urls, created, digest, json: indented(entryObject(metadata, raw)) };
}

/** Validated metadata. Two dependencies of one name are the one fault an index may have. */
function checkedMetadata(raw: RawMetadata): Metadata | undefined {
  try {
    const { dependencies } = raw;
    if (dependencies === undefined || !hasNamesakes(dependencies)) return validateMetadata(raw);
    const each = dependencies.map((dependency) => validateMetadata({ ...raw, dependencies: [dependency] }));
    return { ...each[0]!, dependencies: each.flatMap((one) => one.dependencies ?? []) };
  } catch (error) {
    if (error instanceof ChartError) return undefined;
    throw error;
  }
}

function hasNamesakes(dependencies: NonNullable<RawMetadata['dependencies']>): boolean {
  const names = dependencies.map((dependency) => dependency?.alias || (dependency?.name ?? ''));
  return new Set(names).size < names.length;
}

/** Metadata with Go's field order and without what `omitempty` leaves out. */
export function metadataObject(metadata: Metadata): ValuesMap {
  const { maintainers, dependencies, annotations } = metadata;
  return withoutEmpty({
    name: metadata.name,
    home: metadata.home,
    sources: metadata.sources,
    version: metadata.version,
    description: metadata.description,
    keywords: metadata.keywords,
    maintainers: maintainers?.map((maintainer) => (maintainer === null ? null : maintainerObject(maintainer))) ?? null,
    icon: metadata.icon,
    apiVersion: metadata.apiVersion,
    condition: metadata.condition,
    tags: metadata.tags,
    appVersion: metadata.appVersion,
    deprecated: metadata.deprecated,
    annotations: annotations === null ? null : sortedKeys(annotations),
    kubeVersion: metadata.kubeVersion,
    dependencies: dependencies?.map(dependencyObject) ?? null,
    type: metadata.type,
  });
}

function maintainerObject({ name, email, url }: Maintainer): ValuesMap {
  return withoutEmpty({ name, email, url });
}

function dependencyObject({
  name,
  version,
  repository,
  condition,
  tags,
  enabled,
  importValues,
  alias,
}: Dependency): ValuesMap {
  const head = { name, ...(version !== '' && { version }), repository };
  const rest = withoutEmpty({
    condition,
    tags,
    enabled,
    'import-values': importValues?.map(sortedKeys) ?? null,
    alias,
  });
  return { ...head, ...rest };
}

function entryObject(metadata: Metadata, raw: RawVersion): ValuesMap {
  const { urls = null, created = zeroTime, removed, digest, checksum, engine, tillerVersion, url } = raw;
  return {
    ...metadataObject(metadata),
    urls,
    created,
    ...withoutEmpty({ removed, digest, checksum, engine, tillerVersion, url }),
  };
}

function withoutEmpty(fields: Readonly<Record<string, unknown>>): ValuesMap {
  const out: ValuesMap = {};
  for (const [key, value] of Object.entries(fields)) {
    const empty = value === null || value === undefined || value === '' || value === false;
    const hollow = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
    if (!empty && !hollow) setKey(out, key, value);
  }
  return out;
}

/** Go writes the keys of a map sorted. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isTable(value)) return value;
  const out: ValuesMap = {};
  for (const key of sortStrings(Object.keys(value))) setKey(out, key, sortedKeys(value[key]));
  return out;
}

/** JSON as Go's MarshalIndent writes it, `<`, `>` and `&` escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(/[<>&\u2028\u2029]/g, escapeLikeGo);
}

function escapeLikeGo(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
}

/** An entry stands in a list of a map of the index: three levels deep. */
function indented(entry: ValuesMap): string {
  return goJson(entry).replaceAll('\n', '\n      ');
}
