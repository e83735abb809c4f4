// The declared shapes of kustomization files and of what they refer to.
import { anything, embedded, flag, int, int64, list, map, struct, text, textMap, texts } from '../go-struct.ts';

const gvk = embedded('Gvk', { group: text, version: text, kind: text });
const resId = embedded('ResId', { ...gvk, name: text, namespace: text });

export const fieldSpec = struct('types.FieldSpec', { ...gvk, path: text, create: flag });
export const fieldSpecs = list(fieldSpec);

export const selector = struct('types.Selector', { ...resId, annotationSelector: text, labelSelector: text });

const patch = struct('types.Patch', { path: text, patch: text, target: selector, options: map(flag) });

const label = struct('types.Label', {
  pairs: textMap,
  includeSelectors: flag,
  includeTemplates: flag,
  fields: fieldSpecs,
});

export const image = struct('types.Image', { name: text, newName: text, tagSuffix: text, newTag: text, digest: text });
export const replica = struct('types.Replica', { name: text, count: int64 });

const fieldOptions = struct('types.FieldOptions', { delimiter: text, index: int, encoding: text, create: flag });
const replacementFields = {
  source: struct('types.SourceSelector', { ...resId, fieldPath: text, options: fieldOptions }),
  sourceValue: text,
  targets: list(
    struct('types.TargetSelector', {
      select: selector,
      reject: list(selector, '[]*types.Selector'),
      fieldPaths: texts,
      options: fieldOptions,
    }),
    '[]*types.TargetSelector',
  ),
};
export const replacement = struct('types.Replacement', replacementFields);
export const replacementField = struct('types.ReplacementField', {
  ...embedded('Replacement', replacementFields),
  path: text,
});

const variable = struct('types.Var', {
  name: text,
  objref: struct('types.Target', { apiVersion: text, ...gvk, name: text, namespace: text }),
  fieldref: struct('types.FieldSelector', { fieldPath: text }),
});

export const generatorOptions = struct('types.GeneratorOptions', {
  labels: textMap,
  annotations: textMap,
  disableNameSuffixHash: flag,
  immutable: flag,
});

export const generatorArgs = embedded('GeneratorArgs', {
  namespace: text,
  name: text,
  behavior: text,
  ...embedded('KvPairSources', { literals: texts, files: texts, envs: texts, env: text }),
  options: generatorOptions,
});
const configMapArgs = struct('types.ConfigMapArgs', generatorArgs);
const secretArgs = struct('types.SecretArgs', { ...generatorArgs, type: text });

export const helmGlobals = { chartHome: text, configHome: text };
export const helmChart = {
  name: text,
  version: text,
  repo: text,
  releaseName: text,
  namespace: text,
  additionalValuesFiles: texts,
  valuesFile: text,
  valuesInline: map(anything),
  valuesMerge: text,
  includeCRDs: flag,
  skipHooks: flag,
  apiVersions: texts,
  kubeVersion: text,
  nameTemplate: text,
  skipTests: flag,
  debug: flag,
  devel: flag,
};
const helmChartArgs = struct('types.HelmChartArgs', {
  chartName: text,
  chartVersion: text,
  chartRepoUrl: text,
  chartHome: text,
  chartRepoName: text,
  helmBin: text,
  helmHome: text,
  values: text,
  valuesLocal: map(anything),
  valuesMerge: text,
  releaseName: text,
  releaseNamespace: text,
  extraArgs: texts,
});

export const objectMeta = struct('types.ObjectMeta', {
  name: text,
  namespace: text,
  labels: textMap,
  annotations: textMap,
});

export const kustomization = struct('types.Kustomization', {
  ...embedded('TypeMeta', { kind: text, apiVersion: text }),
  metadata: objectMeta,
  openapi: textMap,
  namePrefix: text,
  nameSuffix: text,
  namespace: text,
  commonLabels: textMap,
  labels: list(label),
  commonAnnotations: textMap,
  patchesStrategicMerge: list({ is: 'string', go: 'types.PatchStrategicMerge' }),
  patchesJson6902: list(patch),
  patches: list(patch),
  images: list(image),
  imageTags: list(image),
  replacements: list(replacementField),
  replicas: list(replica),
  vars: list(variable),
  sortOptions: struct('types.SortOptions', {
    order: { is: 'string', go: 'types.SortOrder' },
    legacySortOptions: struct('types.LegacySortOptions', { orderFirst: texts, orderLast: texts }),
  }),
  resources: texts,
  components: texts,
  crds: texts,
  bases: texts,
  configMapGenerator: list(configMapArgs),
  secretGenerator: list(secretArgs),
  helmGlobals: struct('types.HelmGlobals', helmGlobals),
  helmCharts: list(struct('types.HelmChart', helmChart)),
  helmChartInflationGenerator: list(helmChartArgs),
  generatorOptions,
  configurations: texts,
  generators: texts,
  transformers: texts,
  validators: texts,
  buildMetadata: texts,
});

/** Transformer configuration files. */
export const transformerConfig = struct('builtinconfig.TransformerConfig', {
  namePrefix: fieldSpecs,
  nameSuffix: fieldSpecs,
  namespace: fieldSpecs,
  commonLabels: fieldSpecs,
  labels: fieldSpecs,
  templateLabels: fieldSpecs,
  commonAnnotations: fieldSpecs,
  nameReference: list(struct('builtinconfig.NameBackReferences', { ...gvk, fieldSpecs })),
  varReference: fieldSpecs,
  images: fieldSpecs,
  replicas: fieldSpecs,
});
