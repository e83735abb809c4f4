// Finds the kustomization file of a directory, decodes it, and brings deprecated fields into today's form.
import { type GoObject, type GoValue, sigsUnmarshal } from '#goyaml/index';
import { KustomizeError, Suspended, wrapError } from '../errors.ts';
import { decodeStruct } from '../go-struct.ts';
import type { Loader } from '../loader.ts';
import * as shapes from './shapes.ts';
import type { GeneratorArgs, HelmChart, HelmChartArgs, HelmGlobals, Kustomization } from './types.ts';

export const FILE_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

export const KUSTOMIZATION_VERSION = 'kustomize.config.k8s.io/v1beta1';
const COMPONENT_VERSION = 'kustomize.config.k8s.io/v1alpha1';

export interface LoadedKustomization {
  readonly kustomization: Kustomization;
  readonly fileName: string;
}

/** Reads the one kustomization file of a directory; what it warns of goes to `warn`. */
export function readKustomization(loader: Loader, warn: (text: string) => void): LoadedKustomization {
  const { content, fileName } = findFile(loader);
  const decoded = decodeKustomization(content);
  for (const text of deprecationWarnings(decoded)) warn(text);
  const kustomization = modernise(decoded);
  if (isEmptyKustomization(kustomization)) throw new KustomizeError('kustomization.yaml is empty');
  const complaints = checkType(kustomization);
  if (complaints.length > 0) {
    throw new KustomizeError(`Failed to read kustomization file under ${loader.root}:\n${complaints.join('\n')}`);
  }
  return { kustomization, fileName };
}

function findFile(loader: Loader): { content: Buffer; fileName: string } {
  const found: { content: Buffer; fileName: string }[] = [];
  for (const fileName of FILE_NAMES) {
    try {
      found.push({ content: loader.load(fileName), fileName });
    } catch (error) {
      if (error instanceof Suspended || (error instanceof KustomizeError && error.kind === 'limit')) throw error;
    }
  }
  const [first, second] = found;
  if (first === undefined) {
    throw new KustomizeError(
      "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' " +
        `in directory '${loader.root}'`,
    );
  }
  if (second !== undefined) {
    throw new KustomizeError(`Found multiple kustomization files under: ${loader.root}\n`);
  }
  return first;
}

/** Strict decoding: unknown fields and wrong types are refused. */
function decodeKustomization(content: Buffer): Kustomization {
  try {
    const value: GoValue = sigsUnmarshal(content.toString('utf8'));
    return decodeStruct(value, shapes.kustomization, { strict: true });
  } catch (error) {
    throw wrapError(error, 'invalid Kustomization');
  }
}

const FIX = "Run 'kustomize edit fix' to update your Kustomization automatically.";

const DEPRECATED: readonly (readonly [keyof Kustomization, string, string])[] = [
  ['bases', 'resources', FIX],
  ['commonLabels', 'labels', FIX],
  ['imageTags', 'images', FIX],
  ['patchesJson6902', 'patches', FIX],
  ['patchesStrategicMerge', 'patches', FIX],
  ['vars', 'replacements', `[EXPERIMENTAL] ${FIX}`],
];

function deprecationWarnings(kustomization: Kustomization): string[] {
  return DEPRECATED.filter(([name]) => kustomization[name] !== undefined).map(
    ([name, instead, fix]) => `# Warning: '${name}' is deprecated. Please use '${instead}' instead. ${fix}`,
  );
}

/** Fields of old that a build moves where they belong today. */
function modernise(old: Kustomization): Kustomization {
  const { bases, imageTags, helmChartInflationGenerator, ...rest } = old;
  const kind = old.kind || 'Kustomization';
  const charts = helmChartInflationGenerator?.map(chartOf) ?? [];
  const globals = old.helmGlobals ?? globalsOf(helmChartInflationGenerator ?? []);
  return {
    ...rest,
    kind,
    apiVersion: old.apiVersion || (kind === 'Component' ? COMPONENT_VERSION : KUSTOMIZATION_VERSION),
    ...present('resources', joined(old.resources, bases)),
    ...present('images', joined(old.images, imageTags)),
    ...present('configMapGenerator', old.configMapGenerator?.map(withEnvs)),
    ...present('secretGenerator', old.secretGenerator?.map(withEnvs)),
    ...present('helmCharts', joined(old.helmCharts, charts)),
    ...present('helmGlobals', globals),
  };
}

function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>);
}

/** Go's append: appending nothing to nothing stays nothing. */
function joined<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): readonly T[] | undefined {
  if (b === undefined || b.length === 0) return a;
  return a === undefined ? b : [...a, ...b];
}

function withEnvs(args: GeneratorArgs): GeneratorArgs {
  const { env, ...rest } = args;
  return env === undefined || env === '' ? rest : { ...rest, envs: [...(args.envs ?? []), env] };
}

function chartOf(old: HelmChartArgs): HelmChart {
  const chart: Record<string, unknown> = {};
  const pairs: readonly (readonly [keyof HelmChart, keyof HelmChartArgs])[] = [
    ['name', 'chartName'],
    ['version', 'chartVersion'],
    ['repo', 'chartRepoUrl'],
    ['valuesFile', 'values'],
    ['valuesInline', 'valuesLocal'],
    ['valuesMerge', 'valuesMerge'],
    ['releaseName', 'releaseName'],
  ];
  for (const [name, from] of pairs) if (old[from] !== undefined) chart[name] = old[from];
  return chart;
}

function globalsOf(old: readonly HelmChartArgs[]): HelmGlobals | undefined {
  const chartHome = old.findLast((args) => !!args.chartHome)?.chartHome;
  const configHome = old.findLast((args) => !!args.helmHome)?.helmHome;
  if (chartHome === undefined && configHome === undefined) return undefined;
  return { ...(chartHome === undefined ? {} : { chartHome }), ...(configHome === undefined ? {} : { configHome }) };
}

/** apiVersion and kind do not count, nor do strings that are empty; an empty list does. */
function isEmptyKustomization(kustomization: Kustomization): boolean {
  const { apiVersion: _version, kind: _kind, ...rest } = kustomization;
  return Object.values(rest as GoObject).every((value) => value === '');
}

function checkType({ kind = '', apiVersion = '' }: Kustomization): string[] {
  const complaints: string[] = [];
  if (kind !== 'Kustomization' && kind !== 'Component') {
    complaints.push('kind should be Kustomization or Component');
  }
  const required = kind === 'Component' ? COMPONENT_VERSION : KUSTOMIZATION_VERSION;
  if (apiVersion !== required) complaints.push(`apiVersion for ${kind} should be ${required}`);
  return complaints;
}
