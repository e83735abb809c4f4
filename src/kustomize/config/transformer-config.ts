// Which fields each transformer touches: the defaults, and what configuration files and CRDs add to them.
import { type GoObject, sigsUnmarshal, isObject } from '#goyaml/index';
import { KustomizeError, withPrefix, wrapError } from '../errors.ts';
import { mergeSpecs, type FieldSpec } from '../fields/field-spec.ts';
import { decodeStruct } from '../go-struct.ts';
import { transformerConfig } from '../kustomization/shapes.ts';
import { sameGvk, type Gvk, type GvkSelector } from '../resid.ts';
import { compareGvk } from '../order.ts';

/** The fields that may hold the name of an object of a kind. */
export interface NameReference extends GvkSelector {
  readonly fieldSpecs: readonly FieldSpec[];
}

const LISTS = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonAnnotations',
  'commonLabels',
  'labels',
  'templateLabels',
  'varReference',
  'images',
  'replicas',
] as const;

type ListName = (typeof LISTS)[number];

export type TransformerConfig = Readonly<Record<ListName, readonly FieldSpec[]>> & {
  readonly nameReference: readonly NameReference[];
};

/** As the messages of kustomize name the lists. */
const NAMES: Readonly<Record<ListName | 'nameReference', string>> = {
  namePrefix: 'NamePrefix',
  nameSuffix: 'NameSuffix',
  namespace: 'NameSpace',
  commonAnnotations: 'CommonAnnotations',
  commonLabels: 'CommonLabels',
  labels: 'Labels',
  templateLabels: 'TemplateLabels',
  varReference: 'VarReference',
  nameReference: 'NameReference',
  images: 'Images',
  replicas: 'Replicas',
};

export function emptyConfig(): TransformerConfig {
  return {
    namePrefix: [],
    nameSuffix: [],
    namespace: [],
    commonAnnotations: [],
    commonLabels: [],
    labels: [],
    templateLabels: [],
    varReference: [],
    images: [],
    replicas: [],
    nameReference: [],
  };
}

/** One configuration file: unknown fields and keys set twice are refused. */
export function parseConfig(text: string): TransformerConfig {
  let value;
  try {
    value = sigsUnmarshal(text, { strict: true });
  } catch (error) {
    throw wrapError(error, 'error converting YAML to JSON');
  }
  const decoded = withPrefix('error unmarshaling JSON: while decoding JSON', () =>
    decodeStruct(value, transformerConfig, { strict: true }),
  );
  return sorted({ ...emptyConfig(), ...(decoded as unknown as Partial<TransformerConfig>) });
}

/** The same configuration object when there is nothing to add. */
export function mergeConfigs(a: TransformerConfig, b: TransformerConfig): TransformerConfig {
  if (a === b) return a;
  const lists = {} as Record<ListName, readonly FieldSpec[]>;
  for (const name of LISTS) {
    lists[name] = withPrefix(`failed to merge ${NAMES[name]} fieldSpec`, () => mergeSpecs(a[name], b[name]));
  }
  const nameReference = withPrefix(`failed to merge ${NAMES.nameReference} fieldSpec`, () =>
    mergeNameReferences(a.nameReference, b.nameReference),
  );
  return sorted({ ...lists, nameReference });
}

function mergeNameReferences(a: readonly NameReference[], b: readonly NameReference[]): readonly NameReference[] {
  const out = [...a];
  for (const reference of b) {
    const at = out.findIndex((known) => sameGvk(fullGvk(known), fullGvk(reference)));
    const known = out[at];
    if (known === undefined) out.push(reference);
    else out[at] = { ...known, fieldSpecs: mergeSpecs(known.fieldSpecs ?? [], reference.fieldSpecs ?? []) };
  }
  return out;
}

export function sorted(config: TransformerConfig): TransformerConfig {
  const lists = {} as Record<ListName, readonly FieldSpec[]>;
  for (const name of LISTS) lists[name] = byGvk(config[name]);
  return { ...lists, nameReference: byGvk(config.nameReference) };
}

function byGvk<T extends GvkSelector>(list: readonly T[]): readonly T[] {
  return list.length < 2 ? list : list.toSorted((a, b) => compareGvk(fullGvk(a), fullGvk(b)));
}

function fullGvk({ group = '', version = '', kind = '' }: GvkSelector): Gvk {
  return { group, version, kind };
}

/** What object schemas of custom resources say about their fields. */
export function configFromCrds(text: string): TransformerConfig {
  const schemas = sigsUnmarshal(text);
  if (!isObject(schemas))
    throw new KustomizeError('json: cannot unmarshal into Go value of type accumulator.nameToApiMap');
  let config = emptyConfig();
  for (const name of Object.keys(schemas).toSorted()) {
    const { properties } = propertiesOf(schemas, name);
    if (
      properties === undefined ||
      !['kind', 'apiVersion', 'metadata'].every((key) => Object.hasOwn(properties, key))
    ) {
      continue;
    }
    const collector = new CrdCollector(schemas, name.slice(name.lastIndexOf('.') + 1));
    collector.visit(name, []);
    config = mergeConfigs(config, collector.config());
  }
  return config;
}

const MAX_CRD_DEPTH = 100;

class CrdCollector {
  readonly #schemas: GoObject;
  readonly #kind: string;
  readonly #annotations: FieldSpec[] = [];
  readonly #labels: FieldSpec[] = [];
  readonly #prefixes: FieldSpec[] = [];
  readonly #references: NameReference[] = [];

  constructor(schemas: GoObject, kind: string) {
    this.#schemas = schemas;
    this.#kind = kind;
  }

  config(): TransformerConfig {
    const found: TransformerConfig = {
      ...emptyConfig(),
      commonAnnotations: this.#annotations,
      commonLabels: this.#labels,
      namePrefix: this.#prefixes,
    };
    return { ...found, nameReference: mergeNameReferences([], this.#references) };
  }

  visit(type: string, path: readonly string[]): void {
    if (path.length > MAX_CRD_DEPTH) throw new KustomizeError(`the schema of ${this.#kind} refers to itself`);
    for (const [name, property] of Object.entries(propertiesOf(this.#schemas, type).properties ?? {})) {
      if (isObject(property)) this.#visitProperty(property, [...path, name]);
    }
  }

  #visitProperty(property: GoObject, path: readonly string[]): void {
    const spec = (...more: string[]): FieldSpec => ({ kind: this.#kind, path: [...path, ...more].join('/') });
    const says = (extension: string): string | undefined => {
      const value = property[extension];
      return typeof value === 'string' ? value : undefined;
    };
    if (says('x-kubernetes-annotation') !== undefined) this.#annotations.push(spec());
    if (says('x-kubernetes-label-selector') !== undefined) this.#labels.push(spec());
    if (says('x-kubernetes-identity') !== undefined) this.#prefixes.push(spec());
    const version = says('x-kubernetes-object-ref-api-version');
    const kind = says('x-kubernetes-object-ref-kind');
    if (version !== undefined && kind !== undefined) {
      const nameKey = says('x-kubernetes-object-ref-name-key') ?? 'name';
      this.#references.push({ kind, version, fieldSpecs: [spec(nameKey)] });
    }
    const ref = says('$ref');
    if (ref !== undefined) this.visit(ref, path);
  }
}

function propertiesOf(schemas: GoObject, type: string): { properties?: GoObject } {
  const api = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  const schema = isObject(api) ? (api['Schema'] ?? api['schema']) : undefined;
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) ? { properties } : {};
}
