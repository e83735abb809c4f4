// What a kustomization file may hold, as TypeScript sees it after decoding.
import type { GoObject } from '#goyaml/index';
import type { FieldSpec } from '../fields/field-spec.ts';
import type { IdSelector } from '../resid.ts';

export type TextMap = Readonly<Record<string, string>>;

export interface Selector extends IdSelector {
  readonly labelSelector?: string;
  readonly annotationSelector?: string;
}

export interface Patch {
  readonly path?: string;
  readonly patch?: string;
  readonly target?: Selector;
  readonly options?: Readonly<Record<string, boolean>>;
}

export interface Label {
  readonly pairs?: TextMap;
  readonly includeSelectors?: boolean;
  readonly includeTemplates?: boolean;
  readonly fields?: readonly FieldSpec[];
}

export interface Image {
  readonly name?: string;
  readonly newName?: string;
  readonly tagSuffix?: string;
  readonly newTag?: string;
  readonly digest?: string;
}

export interface Replica {
  readonly name?: string;
  readonly count?: number | bigint;
}

export interface FieldOptions {
  readonly delimiter?: string;
  readonly index?: number;
  readonly encoding?: string;
  readonly create?: boolean;
}

export interface ReplacementSource extends IdSelector {
  readonly fieldPath?: string;
  readonly options?: FieldOptions;
}

export interface ReplacementTarget {
  readonly select?: Selector;
  readonly reject?: readonly Selector[];
  readonly fieldPaths?: readonly string[];
  readonly options?: FieldOptions;
}

export interface Replacement {
  readonly source?: ReplacementSource;
  readonly sourceValue?: string;
  readonly targets?: readonly ReplacementTarget[];
}

export interface ReplacementField extends Replacement {
  readonly path?: string;
}

export interface Var {
  readonly name?: string;
  readonly objref?: IdSelector & { readonly apiVersion?: string };
  readonly fieldref?: { readonly fieldPath?: string };
}

export interface GeneratorOptions {
  readonly labels?: TextMap;
  readonly annotations?: TextMap;
  readonly disableNameSuffixHash?: boolean;
  readonly immutable?: boolean;
}

export interface GeneratorArgs {
  readonly namespace?: string;
  readonly name?: string;
  readonly behavior?: string;
  readonly literals?: readonly string[];
  readonly files?: readonly string[];
  readonly envs?: readonly string[];
  readonly env?: string;
  readonly options?: GeneratorOptions;
  /** Secrets only. */
  readonly type?: string;
}

export interface HelmGlobals {
  readonly chartHome?: string;
  readonly configHome?: string;
}

export interface HelmChart {
  readonly name?: string;
  readonly version?: string;
  readonly repo?: string;
  readonly releaseName?: string;
  readonly namespace?: string;
  readonly additionalValuesFiles?: readonly string[];
  readonly valuesFile?: string;
  readonly valuesInline?: GoObject;
  readonly valuesMerge?: string;
  readonly includeCRDs?: boolean;
  readonly skipHooks?: boolean;
  readonly apiVersions?: readonly string[];
  readonly kubeVersion?: string;
  readonly nameTemplate?: string;
  readonly skipTests?: boolean;
  readonly debug?: boolean;
  readonly devel?: boolean;
}

/** The deprecated way to ask for a chart. */
export interface HelmChartArgs {
  readonly chartName?: string;
  readonly chartVersion?: string;
  readonly chartRepoUrl?: string;
  readonly chartHome?: string;
  readonly helmHome?: string;
  readonly values?: string;
  readonly valuesLocal?: GoObject;
  readonly valuesMerge?: string;
  readonly releaseName?: string;
}

export interface SortOptions {
  readonly order?: string;
  readonly legacySortOptions?: { readonly orderFirst?: readonly string[]; readonly orderLast?: readonly string[] };
}

export interface Kustomization {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: GoObject;
  readonly openapi?: TextMap;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly namespace?: string;
  readonly commonLabels?: TextMap;
  readonly labels?: readonly Label[];
  readonly commonAnnotations?: TextMap;
  readonly patchesStrategicMerge?: readonly string[];
  readonly patchesJson6902?: readonly Patch[];
  readonly patches?: readonly Patch[];
  readonly images?: readonly Image[];
  readonly imageTags?: readonly Image[];
  readonly replacements?: readonly ReplacementField[];
  readonly replicas?: readonly Replica[];
  readonly vars?: readonly Var[];
  readonly sortOptions?: SortOptions;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly crds?: readonly string[];
  readonly bases?: readonly string[];
  readonly configMapGenerator?: readonly GeneratorArgs[];
  readonly secretGenerator?: readonly GeneratorArgs[];
  readonly helmGlobals?: HelmGlobals;
  readonly helmCharts?: readonly HelmChart[];
  readonly helmChartInflationGenerator?: readonly HelmChartArgs[];
  readonly generatorOptions?: GeneratorOptions;
  readonly configurations?: readonly string[];
  readonly generators?: readonly string[];
  readonly transformers?: readonly string[];
  readonly validators?: readonly string[];
  readonly buildMetadata?: readonly string[];
}
