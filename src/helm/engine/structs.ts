// The Go structs a template can see: fields in their order, the names encoding/json gives them, and their methods.
import {
  BOOL,
  type Dict,
  dictSet,
  GoMap,
  GoObject,
  GoSlice,
  type GoMethod,
  type GoType,
  newDict,
  sliceOf,
  STRING,
  STRING_MAP,
  STRINGS,
} from '#gotemplate/index';
import { newFields } from '#lib/field-order';
import type { ChartNode, WorkingDependency } from '../chart/node.ts';
import type { Maintainer, Metadata } from '../chart/chart.ts';
import type { HelmMajor } from '../chart/files-to-chart.ts';
import type { Capabilities, HelmVersion, KubeVersion } from './capabilities.ts';

/** One field: Go's name, JSON's name (none when it is not exported), value, and whether JSON leaves an empty one out. */
interface Field {
  readonly name: string;
  readonly json: string;
  readonly value: unknown;
  readonly keepEmpty?: boolean;
}

/** A struct whose fields are given as a list. */
class Struct extends GoObject {
  readonly type: GoType;
  readonly #fields: readonly Field[];
  readonly #text: string | undefined;

  constructor(type: GoType, fields: readonly Field[], text?: string) {
    super();
    this.type = type;
    this.#fields = fields;
    this.#text = text;
  }

  override field(name: string): unknown {
    return this.#fields.find((field) => field.name === name && field.json !== '')?.value;
  }

  override fields(): readonly (readonly [name: string, value: unknown])[] {
    return this.#fields.map(({ name, value }) => [name, value instanceof GoObject ? value.copied() : value] as const);
  }

  override stringer(): string | undefined {
    return this.#text;
  }

  override json(): Dict {
    const out = newFields<unknown>();
    for (const { json, value, keepEmpty } of this.#fields) {
      if (json === '') continue;
      if (keepEmpty === true || !isEmpty(value)) dictSet(out, json, jsonValue(value));
    }
    return out;
  }
}

function jsonValue(value: unknown): unknown {
  if (value instanceof GoObject) return value.json();
  return Array.isArray(value) && value.some((item) => item instanceof GoObject) ? value.map(jsonValue) : value;
}

/** What omitempty leaves out. */
function isEmpty(value: unknown): boolean {
  if (value === '' || value === false || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return value instanceof GoMap && Object.keys(value.entries).length === 0;
}

function pointerTo(elem: GoType): GoType {
  return { name: `*${elem.name}`, kind: 'ptr', elem };
}

const struct = (name: string): GoType => ({ name, kind: 'struct' });

const metadataType = struct('chart.Metadata');
const chartType = struct('struct { chart.Metadata; IsRoot bool }');
const maintainerType = pointerTo(struct('chart.Maintainer'));
const dependencyType = pointerTo(struct('chart.Dependency'));

function texts(list: readonly string[] | null): GoSlice {
  return GoSlice.make(STRINGS, list);
}

function maintainerValue(maintainer: Maintainer | null): unknown {
  if (maintainer === null) return null;
  return new Struct(maintainerType, [
    { name: 'Name', json: 'name', value: maintainer.name },
    { name: 'Email', json: 'email', value: maintainer.email },
    { name: 'URL', json: 'url', value: maintainer.url },
  ]);
}

function dependencyValue({ original, name, enabled, importValues }: WorkingDependency): Struct {
  return new Struct(dependencyType, [
    { name: 'Name', json: 'name', value: name, keepEmpty: true },
    { name: 'Version', json: 'version', value: original.version },
    { name: 'Repository', json: 'repository', value: original.repository, keepEmpty: true },
    { name: 'Condition', json: 'condition', value: original.condition },
    { name: 'Tags', json: 'tags', value: texts(original.tags) },
    { name: 'Enabled', json: 'enabled', value: enabled },
    { name: 'ImportValues', json: 'import-values', value: importValues === null ? null : [...importValues] },
    { name: 'Alias', json: 'alias', value: original.alias },
  ]);
}

function metadataFields(node: ChartNode): readonly Field[] {
  const { metadata, name, requirements } = node;
  const { annotations, maintainers } = metadata;
  const field = (goName: string, json: keyof Metadata, value: unknown = metadata[json]): Field => ({
    name: goName,
    json,
    value,
  });
  return [
    field('Name', 'name', name),
    field('Home', 'home'),
    field('Sources', 'sources', texts(metadata.sources)),
    field('Version', 'version'),
    field('Description', 'description'),
    field('Keywords', 'keywords', texts(metadata.keywords)),
    field(
      'Maintainers',
      'maintainers',
      GoSlice.make(sliceOf(maintainerType), maintainers === null ? null : maintainers.map(maintainerValue)),
    ),
    field('Icon', 'icon'),
    field('APIVersion', 'apiVersion'),
    field('Condition', 'condition'),
    field('Tags', 'tags'),
    field('AppVersion', 'appVersion'),
    field('Deprecated', 'deprecated'),
    field('Annotations', 'annotations', new GoMap(STRING_MAP, annotations === null ? null : toDict(annotations))),
    field('KubeVersion', 'kubeVersion'),
    field(
      'Dependencies',
      'dependencies',
      GoSlice.make(sliceOf(dependencyType), requirements === null ? null : requirements.map(dependencyValue)),
    ),
    field('Type', 'type'),
  ];
}

function toDict(record: Readonly<Record<string, unknown>>): Dict {
  const out = newDict();
  for (const [key, value] of Object.entries(record)) dictSet(out, key, value);
  return out;
}

/** `.Chart` of Helm 3: Metadata is embedded, so its fields are reached directly as well as by `.Chart.Metadata`. */
class ChartStruct extends GoObject {
  readonly type = chartType;
  readonly #metadata: Struct;
  readonly #isRoot: boolean;

  constructor(node: ChartNode) {
    super();
    this.#metadata = new Struct(metadataType, metadataFields(node));
    this.#isRoot = node.isRoot;
  }

  override field(name: string): unknown {
    if (name === 'IsRoot') return this.#isRoot;
    return name === 'Metadata' ? this.#metadata : this.#metadata.field(name);
  }

  override fields(): readonly (readonly [name: string, value: unknown])[] {
    return [
      ['Metadata', this.#metadata],
      ['IsRoot', this.#isRoot],
    ];
  }

  override isEmbedded(name: string): boolean {
    return name === 'Metadata';
  }

  override json(): unknown {
    const out = this.#metadata.json();
    dictSet(out, 'IsRoot', this.#isRoot);
    return out;
  }
}

/** chart.Metadata by itself. */
export function metadataStruct(node: ChartNode): GoObject {
  return new Struct(metadataType, metadataFields(node));
}

export function chartStruct(node: ChartNode): GoObject {
  return new ChartStruct(node);
}

/** `.Chart` of Helm 4: a map by Go's field names. */
export function chartMap(node: ChartNode): Dict {
  const out = newDict();
  for (const { name, value } of metadataFields(node)) {
    // Helm 4 lists what is absent as empty lists.
    const list = value instanceof GoSlice && value.isNil;
    dictSet(out, name, list ? GoSlice.make(value.type, []) : value);
  }
  dictSet(out, 'IsRoot', node.isRoot);
  return out;
}

const kubeVersionMethods: ReadonlyMap<string, GoMethod> = new Map([
  ['String', { params: [], result: STRING, fn: (receiver: GoObject) => receiver.field('Version') }],
  ['GitVersion', { params: [], result: STRING, fn: (receiver: GoObject) => receiver.field('Version') }],
]);

/** Where the types of Capabilities are: their package's name. */
const packages: Readonly<Record<HelmMajor, string>> = { 3: 'chartutil', 4: 'common' };

/** Its methods have pointer receivers, which a template can reach since .Capabilities is a pointer. A copy has none. */
class AddressableKubeVersion extends Struct {
  readonly #copy: Struct;

  constructor(type: GoType, fields: readonly Field[], version: string) {
    super({ ...type, methods: kubeVersionMethods }, fields, version);
    this.#copy = new Struct(type, fields);
  }

  override copied(): GoObject {
    return this.#copy;
  }
}

function kubeVersionStruct({ version, major, minor }: KubeVersion, helm: HelmMajor): GoObject {
  // Not exported: what Helm 4 compares with the ranges of charts.
  const normalized: Field = { name: 'normalizedVersion', json: '', value: version.replace(/[-+].*$/, '') };
  const fields: Field[] = [
    { name: 'Version', json: 'Version', value: version, keepEmpty: true },
    ...(helm === 4 ? [normalized] : []),
    { name: 'Major', json: 'Major', value: major, keepEmpty: true },
    { name: 'Minor', json: 'Minor', value: minor, keepEmpty: true },
  ];
  return new AddressableKubeVersion(struct(`${packages[helm]}.KubeVersion`), fields, version);
}

function helmVersionStruct(version: HelmVersion): GoObject {
  const fields: Field[] = [
    { name: 'Version', json: 'version', value: version.version },
    { name: 'GitCommit', json: 'git_commit', value: version.gitCommit },
    { name: 'GitTreeState', json: 'git_tree_state', value: version.gitTreeState },
    { name: 'GoVersion', json: 'go_version', value: version.goVersion },
  ];
  if (version.kubeClientVersion !== undefined) {
    fields.push({ name: 'KubeClientVersion', json: 'kube_client_version', value: version.kubeClientVersion });
  }
  return new Struct(struct('version.BuildInfo'), fields);
}

const versionSetMethods: ReadonlyMap<string, GoMethod> = new Map([
  [
    'Has',
    {
      params: [STRING],
      result: BOOL,
      fn: (receiver: readonly unknown[], version: string) => receiver.includes(version),
    },
  ],
]);

/** `.Capabilities`. */
export function capabilitiesStruct(capabilities: Capabilities, helm: HelmMajor): GoObject {
  const versionSetType: GoType = {
    name: `${packages[helm]}.VersionSet`,
    kind: 'slice',
    elem: STRING,
    methods: versionSetMethods,
  };
  const fields: Field[] = [
    {
      name: 'KubeVersion',
      json: 'KubeVersion',
      value: kubeVersionStruct(capabilities.kubeVersion, helm),
      keepEmpty: true,
    },
    {
      name: 'APIVersions',
      json: 'APIVersions',
      value: GoSlice.make(versionSetType, capabilities.apiVersions),
      keepEmpty: true,
    },
    { name: 'HelmVersion', json: 'HelmVersion', value: helmVersionStruct(capabilities.helmVersion), keepEmpty: true },
  ];
  return new Struct(pointerTo(struct(`${packages[helm]}.Capabilities`)), fields);
}
