// Built-in plugins that files of `generators`, `transformers` and `validators` configure.
import { type GoValue, sigsMarshal, sigsUnmarshal, unmarshalJSON } from '#goyaml/index';
import path from 'node:path';
import { KustomizeError, Suspended, withPrefix } from './errors.ts';
import type { FieldSpec } from './fields/field-spec.ts';
import { valueOfNode } from './fields/value-node.ts';
import type { PreparedChart } from './generate/charts.ts';
import { decodeStruct, flag, int, list, map, struct, text, textMap, texts, type Shape } from './go-struct.ts';
import * as shapes from './kustomization/shapes.ts';
import type {
  GeneratorArgs,
  HelmChart,
  HelmGlobals,
  Image,
  Patch,
  Replacement,
  ReplacementField,
  Replica,
  Selector,
  TextMap,
} from './kustomization/types.ts';
import type { Loader } from './loader.ts';
import { decodeJsonPatch } from './patch/json6902.ts';
import { gvkText, idText } from './resid.ts';
import type { Resource } from './resource.ts';
import type { Schema } from './schema/schema.ts';
import { affixStep } from './transform/affix.ts';
import { hashStep } from './transform/hash.ts';
import { imagesStep } from './transform/images.ts';
import { entriesStep } from './transform/metadata.ts';
import { namespaceStep } from './transform/namespace.ts';
import { json6902Step, patchStep, strategicStep, type PatchContext } from './transform/patches.ts';
import { replacementsStep } from './transform/replacements.ts';
import { replicasStep } from './transform/replicas.ts';
import type { Step } from './transform/step.ts';
import { valueAddStep, type ValueTarget } from './transform/value-add.ts';

/** What plugins need of the kustomization that configures them. */
export interface PluginContext {
  readonly loader: Loader;
  readonly schema: Schema;
  readonly read: (source: string | Buffer) => Resource[];
  readonly generateConfig: (kind: 'ConfigMap' | 'Secret', args: GeneratorArgs) => Resource[];
  readonly prepareChart: (chart: HelmChart, globals: HelmGlobals) => PreparedChart;
  readonly generateChart: (chart: PreparedChart) => Resource[];
}

export type Generator = () => readonly Resource[];

export function loadGenerator(config: Resource, context: PluginContext): Generator {
  const make = builtin(config, GENERATORS, TRANSFORMERS, 'generator');
  return configure(config, (value) => make(value, context));
}

export function loadTransformer(config: Resource, context: PluginContext): Step {
  const make = builtin(config, TRANSFORMERS, GENERATORS, 'transformer');
  return configure(config, (value, shown) => make(value, context, shown));
}

type Table<T> = Readonly<Record<string, T>>;

function builtin<T>(config: Resource, table: Table<T>, others: Table<unknown>, role: string): T {
  const { gvk } = config;
  if (gvk.group !== '' || gvk.version !== 'builtin') {
    throw new KustomizeError(`external plugins disabled; unable to load external plugin '${config.originalId.kind}'`);
  }
  const found = Object.hasOwn(table, gvk.kind) ? table[gvk.kind] : undefined;
  if (found !== undefined) return found;
  if (Object.hasOwn(others, gvk.kind)) throw new KustomizeError(`plugin ${idText(config.originalId)} not a ${role}`);
  throw new KustomizeError(`unable to load builtin ${gvkText(gvk)}`);
}

function configure<T>(config: Resource, make: (value: GoValue, shown: () => string) => T): T {
  return withPrefix(
    () => `plugin ${idText(config.originalId)} fails configuration`,
    () => {
      const shown = sigsMarshal(valueOfNode(config.root));
      return make(sigsUnmarshal(shown), () => shown);
    },
  );
}

// The caller names the type that the shape of the fields stands for.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
function decode<T>(value: GoValue, fields: Readonly<Record<string, Shape>>, go: string): T {
  return withPrefix('error unmarshaling JSON: while decoding JSON', () =>
    decodeStruct(value, struct(go, fields), { strict: false }),
  ) as T;
}

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
}

type MakeGenerator = (value: GoValue, context: PluginContext) => Generator;

const GENERATORS: Table<MakeGenerator> = {
  ConfigMapGenerator: (value, context) => configGenerator('ConfigMap', value, context),
  SecretGenerator: (value, context) => configGenerator('Secret', value, context),
  HelmChartInflationGenerator: (value, context) => {
    const fields = { ...shapes.helmGlobals, ...shapes.helmChart };
    const config = decode<HelmChart & HelmGlobals>(value, fields, 'builtins.HelmChartInflationGeneratorPlugin');
    const prepared = context.prepareChart(config, config);
    return () => context.generateChart(prepared);
  },
  IAMPolicyGenerator: (value, context) => {
    const account = decode<AccountArgs>(value, ACCOUNT_FIELDS, 'builtins.IAMPolicyGeneratorPlugin');
    return () => context.read(serviceAccount(account));
  },
};

function configGenerator(kind: 'ConfigMap' | 'Secret', value: GoValue, context: PluginContext): Generator {
  const fields = { metadata: shapes.objectMeta, ...shapes.generatorArgs, type: text };
  const config = decode<GeneratorArgs & { metadata?: Metadata }>(value, fields, `builtins.${kind}GeneratorPlugin`);
  const { metadata = {}, ...args } = config;
  const name = args.name || metadata.name || '';
  const namespace = args.namespace || metadata.namespace || '';
  return () => context.generateConfig(kind, { ...args, name, namespace });
}

interface AccountArgs {
  readonly cloud?: string;
  readonly kubernetesService?: Metadata;
  readonly serviceAccount?: { readonly name?: string; readonly projectId?: string };
}

const ACCOUNT_FIELDS = {
  cloud: text,
  kubernetesService: struct('types.KubernetesService', { name: text, namespace: text }),
  serviceAccount: struct('types.ServiceAccount', { name: text, projectId: text }),
};

function serviceAccount({ cloud = '', kubernetesService = {}, serviceAccount: account = {} }: AccountArgs): string {
  if (cloud !== 'gke') throw new KustomizeError(`cloud provider ${cloud} not supported yet`);
  const { name = '', namespace = '' } = kubernetesService;
  const annotations = {
    'iam.gke.io/gcp-service-account': `${account.name ?? ''}@${account.projectId ?? ''}.iam.gserviceaccount.com`,
  };
  const metadata = namespace === '' ? { annotations, name } : { annotations, name, namespace };
  return sigsMarshal({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
}

type MakeTransformer = (value: GoValue, context: PluginContext, shown: () => string) => Step;

const fieldSpecs = shapes.fieldSpecs;

const TRANSFORMERS: Table<MakeTransformer> = {
  AnnotationsTransformer: (value) => {
    const fields = { annotations: textMap, fieldSpecs };
    const config = decode<{ annotations?: TextMap; fieldSpecs?: FieldSpec[] }>(value, fields, 'builtins.Annotations');
    return entriesStep(config.annotations ?? {}, config.fieldSpecs ?? []);
  },
  LabelTransformer: (value) => {
    const fields = { labels: textMap, fieldSpecs };
    const config = decode<{ labels?: TextMap; fieldSpecs?: FieldSpec[] }>(value, fields, 'builtins.Label');
    return entriesStep(config.labels ?? {}, config.fieldSpecs ?? []);
  },
  HashTransformer: () => hashStep(),
  ImageTagTransformer: (value) => {
    const fields = { imageTag: shapes.image, fieldSpecs };
    const config = decode<{ imageTag?: Image; fieldSpecs?: FieldSpec[] }>(value, fields, 'builtins.ImageTag');
    return imagesStep([config.imageTag ?? {}], config.fieldSpecs ?? []);
  },
  NamespaceTransformer: (value) => {
    const fields = { metadata: shapes.objectMeta, fieldSpecs, unsetOnly: flag, setRoleBindingSubjects: text };
    const config = withPrefix('unmarshalling NamespaceTransformer config', () =>
      decode<{ metadata?: Metadata; fieldSpecs?: FieldSpec[]; unsetOnly?: boolean; setRoleBindingSubjects?: string }>(
        value,
        fields,
        'builtins.NamespaceTransformerPlugin',
      ),
    );
    return namespaceStep({
      namespace: config.metadata?.namespace ?? '',
      fieldSpecs: config.fieldSpecs ?? [],
      unsetOnly: config.unsetOnly ?? false,
      subjects: config.setRoleBindingSubjects ?? '',
    });
  },
  PatchJson6902Transformer: (value, context) => {
    const fields = { target: shapes.selector, path: text, jsonOp: text };
    return json6902Plugin(decode(value, fields, 'builtins.PatchJson6902TransformerPlugin'), context);
  },
  PatchStrategicMergeTransformer: (value, context) => {
    const fields = { paths: texts, patches: text };
    return strategicPlugin(decode(value, fields, 'builtins.PatchStrategicMergeTransformerPlugin'), context);
  },
  PatchTransformer: (value, context, shown) => {
    const fields = { path: text, patch: text, target: shapes.selector, options: map(flag) };
    return patchStep(decode<Patch>(value, fields, 'builtins.PatchTransformerPlugin'), patchContext(context), shown);
  },
  PrefixTransformer: (value) => affixPlugin('prefix', value),
  SuffixTransformer: (value) => affixPlugin('suffix', value),
  PrefixSuffixTransformer: (value) => {
    const steps = [affixPlugin('prefix', value), affixPlugin('suffix', value)];
    return (resources) => {
      for (const step of steps) step(resources);
    };
  },
  ReplacementTransformer: (value, context) => {
    const fields = { replacements: list(shapes.replacementField) };
    const config = decode<{ replacements?: ReplacementField[] }>(
      value,
      fields,
      'builtins.ReplacementTransformerPlugin',
    );
    return replacementsPlugin(config.replacements ?? [], context);
  },
  ReplicaCountTransformer: (value) => {
    const fields = { replica: shapes.replica, fieldSpecs };
    const config = decode<{ replica?: Replica; fieldSpecs?: FieldSpec[] }>(value, fields, 'builtins.ReplicaCount');
    return replicasStep(config.replica ?? {}, config.fieldSpecs ?? []);
  },
  ValueAddTransformer: (value, context) => {
    const config = decode<{ value?: string; targets?: ValueTarget[]; targetFilePath?: string }>(
      value,
      { value: text, targets: VALUE_TARGETS, targetFilePath: text },
      'builtins.ValueAddTransformerPlugin',
    );
    const added = (config.value ?? '').trim() || path.posix.basename(context.loader.root);
    return valueAddStep(added, [...(config.targets ?? []), ...moreTargets(config.targetFilePath, context)]);
  },
};

const VALUE_TARGETS = list(
  struct('builtins.Target', { selector: shapes.selector, fieldPath: text, filePathPosition: int }),
);

function moreTargets(file: string | undefined, { loader }: PluginContext): readonly ValueTarget[] {
  if (file === undefined || file === '') return [];
  const value = sigsUnmarshal(loader.load(file).toString('utf8'));
  return decode<{ targets?: ValueTarget[] }>(value, { targets: VALUE_TARGETS }, '').targets ?? [];
}

function affixPlugin(kind: 'prefix' | 'suffix', value: GoValue): Step {
  const fields = { [kind]: text, fieldSpecs };
  const config = decode<{ prefix?: string; suffix?: string; fieldSpecs?: FieldSpec[] }>(
    value,
    fields,
    'builtins.Affix',
  );
  if (config.fieldSpecs === undefined) throw new KustomizeError('fieldSpecs is not expected to be nil');
  return affixStep(kind, config[kind] ?? '', config.fieldSpecs);
}

export function patchContext({ loader, schema, read }: PluginContext): PatchContext {
  return { schema, read, load: (file) => loader.load(file) };
}

export interface Json6902Config {
  readonly target?: Selector;
  readonly path?: string;
  readonly jsonOp?: string;
}

export function json6902Plugin(config: Json6902Config, { loader }: PluginContext): Step {
  const { target = {}, path: file = '' } = config;
  let operations = config.jsonOp ?? '';
  if (!target.name) throw new KustomizeError('must specify the target name');
  if (file === '' && operations === '') throw new KustomizeError('empty file path and empty jsonOp');
  if (file !== '') {
    if (operations !== '') throw new KustomizeError('must specify a file path or jsonOp, not both');
    operations = loader.load(file).toString('utf8');
    if (operations === '') throw new KustomizeError(`patch file '${file}' empty seems to be empty`);
  }
  const value = operations.startsWith('[') ? unmarshalJSON(operations) : sigsUnmarshal(operations);
  const decoded = withPrefix(
    () => `decoding ${operations.startsWith('[') ? operations : JSON.stringify(value)}`,
    () => decodeJsonPatch(value),
  );
  if (decoded.length === 0) {
    throw new KustomizeError(`patch appears to be empty; file=${file}, JsonOp=${JSON.stringify(value)}`);
  }
  return json6902Step(decoded, target);
}

export function strategicPlugin(
  config: { readonly paths?: readonly string[]; readonly patches?: string },
  context: PluginContext,
): Step {
  const { paths = [], patches = '' } = config;
  if (paths.length === 0 && patches === '') throw new KustomizeError('empty file path and empty patch content');
  const loaded = [
    ...paths.flatMap((entry) => readPatch(entry, context)),
    ...(patches === '' ? [] : context.read(patches)),
  ];
  if (loaded.length === 0) {
    throw new KustomizeError(`patch appears to be empty; files=[${paths.join(' ')}], Patch=${patches}`);
  }
  return strategicStep(loaded, patchContext(context));
}

/** An entry is a patch when it reads as one, else the path of one. */
function readPatch(entry: string, { loader, read }: PluginContext): Resource[] {
  try {
    return read(entry);
  } catch (error) {
    if (error instanceof Suspended) throw error;
  }
  const content = loader.load(entry);
  try {
    return read(content);
  } catch (error) {
    throw namingFile(error, entry);
  }
}

/** Broken YAML is reported with the name of its file. */
export function namingFile(error: unknown, file: string): unknown {
  if (!(error instanceof KustomizeError) || !error.message.includes('MalformedYAMLError')) return error;
  return new KustomizeError(`${error.message} in File: ${file}`, { cause: error });
}

export function replacementsPlugin(entries: readonly ReplacementField[], { loader }: PluginContext): Step {
  const replacements: Replacement[] = [];
  for (const { path: file = '', ...inline } of entries) {
    if (file === '') {
      replacements.push(inline);
      continue;
    }
    if (inline.source !== undefined || (inline.targets ?? []).length > 0) {
      throw new KustomizeError('cannot specify both path and inline replacement');
    }
    const value = sigsUnmarshal(loader.load(file).toString('utf8'));
    if (typeof value !== 'object' || value === null) {
      const kind = value === null ? 'invalid' : typeof value === 'number' ? 'float64' : typeof value;
      throw new KustomizeError(`unsupported replacement type encountered within replacement path: ${kind}`);
    }
    const listed = Array.isArray(value) ? value : [value];
    replacements.push(
      ...listed.map((item) => decodeStruct(item, shapes.replacement, { strict: false }) as Replacement),
    );
  }
  return replacementsStep(replacements);
}
