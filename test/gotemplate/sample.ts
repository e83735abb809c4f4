// Values and functions for the template tests: tagged JSON to the value model, and one function of every signature.
import { fromBytes } from '#lib/go-string';
import {
  ANY,
  BOOL,
  DICT,
  dictSet,
  type FunctionMap,
  FLOAT64,
  functionMap,
  GoError,
  goInt,
  GoInt,
  GoMap,
  GoObject,
  GoSlice,
  INT,
  INT64,
  INTS,
  LIST,
  mapOf,
  newDict,
  newTemplateSet,
  printValue,
  sprint,
  STRING,
  STRING_MAP,
  STRINGS,
  typeName,
  UINT64,
  UINT8,
  type Dict,
  type Execution,
  type GoMethod,
  type GoType,
  type MissingKey,
} from '#gotemplate/index';

const VALUES: GoType = {
  name: 'main.Values',
  kind: 'map',
  elem: ANY,
  methods: new Map<string, GoMethod>([
    ['YAML', { params: [], result: STRING, fn: () => 'yaml!' }],
    [
      'Table',
      {
        params: [STRING],
        fn: (_: GoMap, name: string) => {
          if (name === 'bad') throw new GoError('no table bad');
          return new GoMap(VALUES, { t: name });
        },
      },
    ],
  ]),
};

class Inner extends GoObject {
  override readonly type: GoType = { name: 'main.Inner', kind: 'struct' };
  override field(name: string): unknown {
    return name === 'Z' ? 'z' : undefined;
  }
  override fields(): [string, unknown][] {
    return [['Z', 'z']];
  }
}

class NilInner extends GoObject {
  override readonly type: GoType = { name: '*main.Inner', kind: 'ptr', elem: { name: 'main.Inner', kind: 'struct' } };
  override get isNil(): boolean {
    return true;
  }
  override fields(): [string, unknown][] {
    return [['Z', '']];
  }
}

class Meta extends GoObject {
  override readonly type: GoType = {
    name: '*main.Meta',
    kind: 'ptr',
    elem: { name: 'main.Meta', kind: 'struct' },
    methods: new Map<string, GoMethod>([
      ['Hello', { params: [STRING], result: STRING, fn: (meta: Meta, text: string) => `hello ${text}${meta.name}` }],
      [
        'Sum',
        {
          params: [INT],
          variadic: true,
          result: INT,
          fn: (_: Meta, ...numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0),
        },
      ],
    ]),
  };
  readonly name: string;
  readonly #all: [string, unknown][];

  constructor(name: string, count: number, any: unknown) {
    super();
    this.name = name;
    this.#all = [
      ['Name', name],
      ['Count', goInt(count)],
      ['Tags', GoSlice.make(STRINGS, ['a', 'b'])],
      ['Ann', new GoMap(STRING_MAP, { k: 'v' })],
      ['Any', any],
      ['Inner', new Inner()],
      ['P', new NilInner()],
    ];
  }
  override field(name: string): unknown {
    return this.#all.find(([each]) => each === name)?.[1];
  }
  override fields(): [string, unknown][] {
    return this.#all;
  }
}

class Str extends GoObject {
  override readonly type: GoType;
  readonly #text: string;
  readonly #inner: string;
  constructor(name: string, kind: 'struct' | 'ptr', inner: string) {
    super();
    this.#inner = inner;
    const text = kind === 'struct' ? `str:${inner}` : inner;
    this.type = kind === 'ptr' ? { name, kind, elem: { name: name.slice(1), kind: 'struct' } } : { name, kind };
    this.#text = text;
  }
  override stringer(): string {
    return this.#text;
  }
  override fields(): [string, unknown][] {
    return [['v', this.#inner]];
  }
}

const DECODERS: { readonly [tag: string]: (value: never) => unknown } = {
  $int: (text: string) => goInt(BigInt(text)),
  $int64: (text: string) => BigInt(text),
  $uint8: (text: string) => new GoInt(UINT8, BigInt(text)),
  $uint64: (text: string) => new GoInt(UINT64, BigInt(text)),
  $float: (text: string) => Number(text.replace('Inf', 'Infinity')),
  $bytes: (text: string) => new Uint8Array(Buffer.from(text, 'base64')),
  $raw: (text: string) => fromBytes(Buffer.from(text, 'base64')),
  $strs: (items: string[]) => GoSlice.make(STRINGS, items),
  $ints: (items: number[]) => GoSlice.make(INTS, items.map(goInt)),
  $smap: (map: Dict) => new GoMap(STRING_MAP, map),
  $values: (map: Dict) => new GoMap(VALUES, decode(map, true) as Dict),
  $nillist: () => GoSlice.make(LIST, null),
  $nilmap: () => new GoMap(DICT, null),
  $meta: (meta: { Name: string; Count: number; Any: unknown }) => new Meta(meta.Name, meta.Count, decode(meta.Any)),
  $str: (text: string) => new Str('main.Str', 'struct', text),
  $version: (text: string) => new Str('*main.Version', 'ptr', text),
};

/** JSON with `{"$int": "3"}` and the like to values of the model; `plain` for a map that is not itself tagged. */
export function decode(json: unknown, plain = false): unknown {
  if (Array.isArray(json)) return json.map((each) => decode(each));
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json);
  const [first] = entries;
  if (!plain && first !== undefined && entries.length === 1) {
    const decoder = (Object.hasOwn(DECODERS, first[0]) ? DECODERS[first[0]] : undefined) as
      | ((value: unknown) => unknown)
      | undefined;
    if (decoder !== undefined) return decoder(first[1]);
  }
  const made = newDict();
  for (const [key, value] of entries) dictSet(made, key, decode(value));
  return made;
}

/** Nesting of includes by name, for the functions below. */
interface Host {
  readonly depth: Map<string, number>;
}

function include(execution: Execution, name: string, data: unknown): string {
  const { depth } = execution.host as Host;
  const now = (depth.get(name) ?? 0) + 1;
  if (now > 20) throw new GoError(`nested ${name}`);
  depth.set(name, now);
  const text = execution.render(name, data);
  depth.set(name, now - 1);
  return text;
}

function fail(text: string): never {
  throw new GoError(text);
}

export const FUNCTIONS: FunctionMap = functionMap({
  str: { params: [STRING], result: STRING, fn: (text: string) => text },
  num: { params: [INT], result: INT, fn: (value: number) => value },
  i64: { params: [INT64], result: INT64, fn: (value: bigint) => value },
  f64: { params: [FLOAT64], result: FLOAT64, fn: (value: number) => value },
  bool: { params: [BOOL], result: BOOL, fn: (value: boolean) => value },
  u8: { params: [UINT8], result: UINT8, fn: (value: number) => value },
  any: { params: [ANY], fn: (value: unknown) => value },
  two: { params: [STRING, ANY], result: STRING, fn: (a: string, b: unknown) => `${a}-${printValue(b)}` },
  vstr: {
    params: [STRING, STRING],
    variadic: true,
    result: STRING,
    fn: (a: string, ...b: string[]) => a + b.join(','),
  },
  vany: { params: [ANY], variadic: true, result: STRING, fn: (...b: unknown[]) => `${b.length}${printValue(b)}` },
  list: { params: [ANY], variadic: true, result: LIST, fn: (...items: unknown[]) => items },
  dict: {
    params: [ANY],
    variadic: true,
    result: DICT,
    fn: (...items: unknown[]) => {
      const made = newDict();
      for (let at = 0; at + 1 < items.length; at += 2) dictSet(made, sprint([items[at]]), items[at + 1]);
      return made;
    },
  },
  takelist: { params: [LIST], result: INT, fn: (items: unknown[] | null) => items?.length ?? 0 },
  takedict: { params: [DICT], result: INT, fn: (map: Dict | null) => Object.keys(map ?? {}).length },
  takestrs: { params: [STRINGS], result: INT, fn: (items: string[] | null) => items?.length ?? 0 },
  nilany: { params: [], fn: () => null },
  nillist: { params: [], result: LIST, fn: () => null },
  nilmap: { params: [], result: mapOf(ANY), fn: () => null },
  ints: {
    params: [INT],
    result: INTS,
    fn: (count: number) => Array.from({ length: Math.max(count, 0) }, (_, at) => at),
  },
  strs: { params: [STRING], variadic: true, result: STRINGS, fn: (...items: string[]) => items },
  fail: { params: [STRING], result: STRING, fn: fail },
  boom: { params: [STRING], result: STRING, fn: fail },
  typeOf: { params: [ANY], result: STRING, fn: (value: unknown) => typeName(value) },
  include: { params: [STRING, ANY], result: STRING, contextual: true, fn: include },
});

/** A case of the golden files, and of the differential runs they come from. */
export interface TemplateCase {
  /** Name and text of each template, in the order they are parsed. */
  readonly texts: readonly (readonly [name: string, text: string])[];
  readonly data: unknown;
  readonly missingKey?: MissingKey | undefined;
}

export interface TemplateResult {
  readonly output?: string | undefined;
  readonly error?: string | undefined;
}

/** Runs a case: its output, or the text of its error. */
export function run(test: TemplateCase): TemplateResult {
  try {
    const { missingKey } = test;
    const set = newTemplateSet({ functions: FUNCTIONS, ...(missingKey === undefined ? {} : { missingKey }) });
    for (const [name, text] of test.texts) set.parse(name, text);
    const host: Host = { depth: new Map() };
    return { output: set.execute(test.texts[0]?.[0] ?? '', decode(test.data), { host }) };
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    return { error: error.message };
  }
}
