// Chart.yaml and Chart.lock: their Go types, decoding, and the checks Helm makes before it accepts a chart.
import { tryParseVersion } from '#lib/masterminds-semver';
import { quote as goQuote } from '#lib/go-quote';
import { any, bool, decodeTyped, type Shape, text } from '../typed-yaml.ts';
import type { Dependency, Lock, Maintainer, Metadata } from './chart.ts';
import { ChartError } from './errors.ts';

const texts: Shape = { kind: 'list', of: text };

const maintainerShape: Shape = {
  kind: 'struct',
  name: 'Maintainer',
  type: 'chart.Maintainer',
  fields: { name: text, email: text, url: text },
};

const dependencyShape: Shape = {
  kind: 'struct',
  name: 'Dependency',
  type: 'chart.Dependency',
  fields: {
    name: text,
    version: text,
    repository: text,
    condition: text,
    tags: texts,
    enabled: bool,
    'import-values': { kind: 'list', of: any },
    alias: text,
  },
};

const dependencies: Shape = { kind: 'list', of: dependencyShape };

/** The fields of Chart.yaml, which an entry of a repository's index has too. */
export const metadataShape = {
  kind: 'struct',
  name: 'Metadata',
  type: 'chart.Metadata',
  fields: {
    name: text,
    home: text,
    sources: texts,
    version: text,
    description: text,
    keywords: texts,
    maintainers: { kind: 'list', of: maintainerShape },
    icon: text,
    apiVersion: text,
    condition: text,
    tags: text,
    appVersion: text,
    deprecated: bool,
    annotations: { kind: 'map', of: text },
    kubeVersion: text,
    dependencies,
    type: text,
  },
} as const satisfies Shape;

const lockShape: Shape = {
  kind: 'struct',
  name: 'Lock',
  type: 'chart.Lock',
  fields: { generated: { kind: 'time' }, digest: text, dependencies },
};

/** What a file says; fields it does not mention are absent. */
export type RawMetadata = Partial<
  Omit<Metadata, 'dependencies' | 'maintainers'> & {
    readonly dependencies: readonly (RawDependency | null)[];
    readonly maintainers: readonly (Partial<Maintainer> | null)[];
  }
>;

type RawDependency = Partial<Omit<Dependency, 'importValues'>> & { readonly 'import-values'?: readonly unknown[] };

/** Decodes Chart.yaml or requirements.yaml without judging it. */
export function decodeMetadata(source: string): RawMetadata {
  const raw: RawMetadata = decodeTyped(source, metadataShape) ?? {};
  return raw;
}

/** Decodes Chart.lock or requirements.lock. */
export function decodeLock(source: string): Lock {
  const raw = (decodeTyped(source, lockShape) ?? {}) as {
    readonly generated?: string;
    readonly digest?: string;
    readonly dependencies?: readonly (RawDependency | null)[];
  };
  return {
    generated: raw.generated ?? '0001-01-01T00:00:00Z',
    digest: raw.digest ?? '',
    dependencies: raw.dependencies?.map((dependency) => toDependency(dependency ?? {})) ?? null,
  };
}

const invalid = (message: string): ChartError => new ChartError(`validation: ${message}`);

/** Completes, cleans and checks metadata; throws ChartError with Helm's text. */
export function validateMetadata(raw: RawMetadata): Metadata {
  const name = sanitize(raw.name);
  const apiVersion = raw.apiVersion ?? '';
  const version = raw.version ?? '';
  const type = raw.type ?? '';
  if (apiVersion === '') throw invalid('chart.metadata.apiVersion is required');
  if (name === '') throw invalid('chart.metadata.name is required');
  if (name !== baseName(name)) throw invalid(`chart.metadata.name ${goQuote(name)} is invalid`);
  // Not in 3.19 yet, in later Helm: a name that is a path of its own would place templates elsewhere.
  if (name === '.' || name === '..') throw invalid(`chart.metadata.name ${goQuote(name)} is not allowed`);
  if (version === '') throw invalid('chart.metadata.version is required');
  if (tryParseVersion(version) === undefined) throw invalid(`chart.metadata.version ${goQuote(version)} is invalid`);
  if (!['', 'application', 'library'].includes(type)) {
    throw invalid('chart.metadata.type must be application or library');
  }
  return {
    name,
    home: sanitize(raw.home),
    sources: raw.sources?.map(sanitize) ?? null,
    version,
    description: sanitize(raw.description),
    keywords: raw.keywords?.map(sanitize) ?? null,
    maintainers: raw.maintainers?.map(checkedMaintainer) ?? null,
    icon: sanitize(raw.icon),
    apiVersion,
    condition: sanitize(raw.condition),
    tags: sanitize(raw.tags),
    appVersion: sanitize(raw.appVersion),
    deprecated: raw.deprecated ?? false,
    annotations: raw.annotations ?? null,
    kubeVersion: sanitize(raw.kubeVersion),
    dependencies: checkedDependencies(raw.dependencies),
    type,
  };
}

function checkedMaintainer(raw: Partial<Maintainer> | null): Maintainer {
  if (raw === null) throw invalid('maintainers must not contain empty or null nodes');
  return { name: sanitize(raw.name), email: sanitize(raw.email), url: sanitize(raw.url) };
}

function checkedDependencies(raw: readonly (RawDependency | null)[] | undefined): readonly Dependency[] | null {
  if (raw === undefined) return null;
  const seen = new Set<string>();
  return raw.map((entry) => {
    if (entry === null) throw invalid('dependencies must not contain empty or null nodes');
    const dependency = toDependency(entry);
    if (dependency.alias !== '' && !/^[a-zA-Z0-9_-]+$/.test(dependency.alias)) {
      throw invalid(`dependency ${goQuote(dependency.name)} has disallowed characters in the alias`);
    }
    const key = dependency.alias === '' ? dependency.name : dependency.alias;
    if (seen.has(key)) throw invalid(`more than one dependency with name or alias ${goQuote(key)}`);
    seen.add(key);
    return dependency;
  });
}

function toDependency(raw: RawDependency): Dependency {
  return {
    name: sanitize(raw.name),
    version: sanitize(raw.version),
    repository: sanitize(raw.repository),
    condition: sanitize(raw.condition),
    tags: raw.tags?.map(sanitize) ?? null,
    enabled: raw.enabled ?? false,
    importValues: raw['import-values'] ?? null,
    alias: raw.alias ?? '',
  };
}

/** Every space becomes a plain one, what cannot be printed goes. */
function sanitize(value = ''): string {
  // Nearly all text is plain, and looking properties of Unicode up takes half a millisecond when it is first done.
  if (!/[^ -~]/.test(value)) return value;
  return value.replace(/[\t\n\v\f\r\u0085\u00a0\p{Z}]/gu, ' ').replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '');
}

/** filepath.Base. */
export function baseName(path: string): string {
  if (path === '') return '.';
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}
