// Sorts the files of a chart into what they are, and loads the charts within it.
import { errorMessage } from '#lib/errors';
import { sigsUnmarshal } from '#goyaml/index';
import { fromBytes, sortStrings } from '#lib/go-string';
import { isTable, type ValuesMap } from '../values/values-map.ts';
import { mergeDocuments, splitValuesDocuments } from '../values/documents.ts';
import { goTypeName } from '../values/go-type-name.ts';
import type { WarningSink } from '../warnings.ts';
import { readArchive } from './archive.ts';
import type { Chart, Lock, RawFile } from './chart.ts';
import { ChartError } from './errors.ts';
import type { LoadBudget } from './limits.ts';
import { decodeLock, decodeMetadata, type RawMetadata, validateMetadata } from './metadata.ts';

/** Whose behaviour: 3 is Helm 3.19, 4 is Helm 4. */
export type HelmMajor = 3 | 4;

export interface LoadContext {
  readonly budget: LoadBudget;
  readonly warn: WarningSink;
  readonly helm: HelmMajor;
}

/** Builds the chart that `files` make; `depth` counts charts within charts. */
export function chartFromFiles(files: readonly RawFile[], context: LoadContext, depth = 0): Chart {
  if (depth > context.budget.limits.depth) {
    throw new ChartError(`charts are nested deeper than ${context.budget.limits.depth} levels`);
  }
  const sorted = new Sorter(context);
  sorted.readMetadata(files);
  for (const file of files) sorted.add(file);
  if (sorted.metadata === undefined) throw new ChartError('Chart.yaml file is missing');
  if (depth === 0) checkGeneration(sorted.metadata, context.helm);
  const metadata = validateMetadata(sorted.metadata);
  const { lock, templates, values, schema, otherFiles } = sorted;
  const subcharts = loadSubcharts(sorted.subcharts, metadata.name, { context, depth });
  return { metadata, lock, templates, values, schema, files: otherFiles, subcharts };
}

/** Helm 4 looks at the apiVersion of a chart before anything else. */
function checkGeneration({ apiVersion }: RawMetadata, helm: HelmMajor): void {
  if (helm === 3 || apiVersion === 'v1' || apiVersion === 'v2') return;
  throw new ChartError(apiVersion === 'v3' ? 'invalid chart apiVersion' : 'unsupported chart version');
}

class Sorter {
  metadata: RawMetadata | undefined;
  lock: Lock | null = null;
  values: ValuesMap | null = null;
  schema: Buffer | null = null;
  readonly templates: RawFile[] = [];
  readonly otherFiles: RawFile[] = [];
  readonly subcharts = new Map<string, RawFile[]>();
  readonly #context: LoadContext;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  /** Chart.yaml comes first whatever its place, since the other files depend on its apiVersion. */
  readMetadata(files: readonly RawFile[]): void {
    for (const { name, data } of files) {
      if (name !== 'Chart.yaml') continue;
      this.metadata = { ...this.metadata, ...load(name, () => decodeMetadata(fromBytes(data))) };
      // Helm 2 did not ask for an apiVersion.
      if ((this.metadata.apiVersion ?? '') === '') this.metadata = { ...this.metadata, apiVersion: 'v1' };
    }
  }

  add(file: RawFile): void {
    const { name, data } = file;
    switch (name) {
      case 'Chart.yaml':
        return;
      case 'Chart.lock':
        this.lock = load(name, () => decodeLock(fromBytes(data)));
        return;
      case 'values.yaml':
        this.values = load(name, () => readValues(fromBytes(data), this.#context.helm));
        return;
      case 'values.schema.json':
        this.schema = data;
        return;
      case 'requirements.yaml':
        this.#requirements(file);
        return;
      case 'requirements.lock':
        this.#requirementsLock(file);
        return;
      default:
        this.#addByPath(file);
    }
  }

  #requirements(file: RawFile): void {
    const isV1 = this.metadata?.apiVersion === 'v1';
    if (!isV1) {
      this.#context.warn({
        site: 'load.go:120',
        message:
          'Warning: Dependencies are handled in Chart.yaml since apiVersion "v2". We recommend migrating dependencies to Chart.yaml.',
      });
    }
    this.metadata = { ...this.metadata, ...load(file.name, () => decodeMetadata(fromBytes(file.data))) };
    if (this.metadata.apiVersion === 'v1') this.otherFiles.push(file);
  }

  #requirementsLock(file: RawFile): void {
    this.lock = load(file.name, () => decodeLock(fromBytes(file.data)));
    // Upstream then misses the metadata as a whole, should Chart.yaml be absent.
    this.metadata ??= {};
    if (this.metadata.apiVersion === 'v1') {
      this.otherFiles.push(file);
      return;
    }
    this.#context.warn({
      site: 'load.go:138',
      message:
        'Warning: Dependency locking is handled in Chart.lock since apiVersion "v2". We recommend migrating to Chart.lock.',
    });
  }

  #addByPath(file: RawFile): void {
    const { name, data } = file;
    if (name.startsWith('templates/')) this.templates.push(file);
    else if (!name.startsWith('charts/') || name.endsWith('.prov')) this.otherFiles.push(file);
    else {
      const below = name.slice('charts/'.length);
      const slash = below.indexOf('/');
      const chart = slash < 0 ? below : below.slice(0, slash);
      const list = this.subcharts.get(chart);
      if (list === undefined) this.subcharts.set(chart, [{ name: below, data }]);
      else list.push({ name: below, data });
    }
  }
}

/** Runs a decoder; what it throws gets the file's name. */
function load<T>(name: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new ChartError(`cannot load ${name}: ${errorMessage(cause)}`, { cause });
  }
}

/** values.yaml: Helm 3 reads the first document only, Helm 4 merges all of them. */
/** Values of a file: the first document of it in Helm 3, all of them in Helm 4. */
export function readValues(source: string, helm: HelmMajor): ValuesMap | null {
  if (helm === 3) return readDocument(source);
  try {
    return mergeDocuments(splitValuesDocuments(source).map(readDocument));
  } catch (cause) {
    throw new ChartError(`cannot unmarshal yaml document: ${errorMessage(cause)}`, { cause });
  }
}

/** One document of values; null when it is empty. */
export function readDocument(source: string): ValuesMap | null {
  const value: unknown = sigsUnmarshal(source);
  if (value === null || value === undefined) return null;
  if (isTable(value)) return value;
  throw new ChartError(
    'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ' +
      `${jsonNames[goTypeName(value)] ?? 'value'} into Go value of type map[string]interface {}`,
  );
}

const jsonNames: Readonly<Record<string, string>> = {
  string: 'string',
  float64: 'number',
  int64: 'number',
  bool: 'bool',
  '[]interface {}': 'array',
};

interface SubchartContext {
  readonly context: LoadContext;
  readonly depth: number;
}

function loadSubcharts(
  groups: ReadonlyMap<string, readonly RawFile[]>,
  parent: string,
  { context, depth }: SubchartContext,
): Chart[] {
  const charts: Chart[] = [];
  // Upstream takes them in random order; by name is one of those.
  for (const name of sortStrings([...groups.keys()])) {
    // Names that start so are not meant to be charts.
    if (/^[_.]/.test(name)) continue;
    const files = groups.get(name) ?? [];
    if (name.endsWith('.tgz') && files[0]?.name !== name) {
      throw new ChartError(`error unpacking subchart tar in ${parent}: expected ${name}, got ${files[0]?.name ?? ''}`);
    }
    try {
      charts.push(chartFromFiles(subchartFiles(name, files, context), context, depth + 1));
    } catch (cause) {
      throw new ChartError(`error unpacking subchart ${name} in ${parent}: ${errorMessage(cause)}`, { cause });
    }
  }
  return charts;
}

function subchartFiles(name: string, files: readonly RawFile[], context: LoadContext): RawFile[] {
  const [first] = files;
  if (name.endsWith('.tgz') && first !== undefined) return readArchive(first.data, context.budget);
  // A file right below charts/ has no name within its chart.
  return files
    .filter((file) => file.name.includes('/'))
    .map((file) => ({
      name: file.name.slice(file.name.indexOf('/') + 1),
      data: file.data,
    }));
}
