// The command line of `helm template` as pflag reads it: long and short flags, `--flag=value`, flags after arguments.

/** How a flag takes its value. */
type FlagKind = 'bool' | 'string' | 'list' | 'csv';

interface Flag {
  readonly kind: FlagKind;
  readonly short?: string;
  /** Value of a flag that may stand without one. */
  readonly bare?: string;
}

const flags: Readonly<Record<string, Flag>> = {
  namespace: { kind: 'string', short: 'n' },
  values: { kind: 'csv', short: 'f' },
  set: { kind: 'list' },
  'set-string': { kind: 'list' },
  'set-json': { kind: 'list' },
  'set-file': { kind: 'list' },
  'set-literal': { kind: 'list' },
  'show-only': { kind: 'list', short: 's' },
  'kube-version': { kind: 'string' },
  'api-versions': { kind: 'csv', short: 'a' },
  'name-template': { kind: 'string' },
  'dry-run': { kind: 'string', bare: 'client' },
  timeout: { kind: 'string' },
  description: { kind: 'string' },
  version: { kind: 'string' },
  labels: { kind: 'csv', short: 'l' },
  'helm-version': { kind: 'string' },
  'include-crds': { kind: 'bool' },
  'skip-crds': { kind: 'bool' },
  'no-hooks': { kind: 'bool' },
  'skip-tests': { kind: 'bool' },
  'is-upgrade': { kind: 'bool' },
  validate: { kind: 'bool' },
  'skip-schema-validation': { kind: 'bool' },
  'render-subchart-notes': { kind: 'bool' },
  'generate-name': { kind: 'bool', short: 'g' },
  'disable-openapi-validation': { kind: 'bool' },
  'create-namespace': { kind: 'bool' },
  'dependency-update': { kind: 'bool' },
  'enable-dns': { kind: 'bool' },
  'hide-notes': { kind: 'bool' },
  'take-ownership': { kind: 'bool' },
  atomic: { kind: 'bool' },
  debug: { kind: 'bool' },
  devel: { kind: 'bool' },
  force: { kind: 'bool' },
  replace: { kind: 'bool' },
  wait: { kind: 'bool' },
  'wait-for-jobs': { kind: 'bool' },
};

export class FlagError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

export interface ParsedFlags {
  readonly args: readonly string[];
  bool(name: string): boolean;
  string(name: string): string | undefined;
  list(name: string): readonly string[];
}

/** Parses a command line; throws FlagError with pflag's text. */
export function parseFlags(argv: readonly string[]): ParsedFlags {
  const values = new Map<string, string[]>();
  const args: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      args.push(...words.splice(0));
    } else if (word.startsWith('--')) readLong(word, { words, values });
    else if (word.startsWith('-') && word !== '-') readShort(word, { words, values });
    else args.push(word);
  }
  return {
    args,
    bool: (name) => values.get(name)?.at(-1) === 'true',
    string: (name) => values.get(name)?.at(-1),
    list: (name) => values.get(name) ?? [],
  };
}

interface Rest {
  readonly words: string[];
  readonly values: Map<string, string[]>;
}

function readLong(word: string, rest: Rest): void {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) throw new FlagError(`unknown flag: --${name}`);
  const given = equals < 0 ? undefined : word.slice(equals + 1);
  set(name, flag, { given, shown: `--${name}`, rest });
}

function readShort(word: string, rest: Rest): void {
  for (let letters = word.slice(1); letters !== '';) {
    const letter = letters[0] ?? '';
    letters = letters.slice(1);
    const found = Object.entries(flags).find(([, { short }]) => short === letter);
    if (found === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in ${word}`);
    const [name, flag] = found;
    const takesRest = flag.kind !== 'bool' || letters.startsWith('=');
    const given = takesRest && letters !== '' ? letters.replace(/^=/, '') : undefined;
    set(name, flag, { given, shown: `'${letter}' in ${word}`, rest });
    if (takesRest) return;
  }
}

interface Given {
  readonly given: string | undefined;
  readonly shown: string;
  readonly rest: Rest;
}

function set(name: string, flag: Flag, { given, shown, rest }: Given): void {
  const value = given ?? (flag.kind === 'bool' ? 'true' : flag.bare) ?? rest.words.shift();
  if (value === undefined) throw new FlagError(`flag needs an argument: ${shown}`);
  const list = rest.values.get(name) ?? [];
  if (flag.kind === 'bool') list.push(parseBool(name, value, flag));
  else if (flag.kind === 'csv') list.push(...splitCsv(value));
  else list.push(value);
  rest.values.set(name, list);
}

function parseBool(name: string, value: string, { short }: Flag): string {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return 'true';
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return 'false';
  const shown = short === undefined ? `--${name}` : `-${short}, --${name}`;
  throw new FlagError(
    `invalid argument ${JSON.stringify(value)} for ${JSON.stringify(shown)} flag: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
  );
}

/** One line of CSV: fields may be in double quotes, which are doubled inside. */
function splitCsv(line: string): string[] {
  if (line === '') return [];
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  for (;;) {
    const [matched, quoted, plain = '', separator] = field.exec(line) ?? [];
    if (matched === undefined) throw new FlagError(`parse error on line 1: bare " in non-quoted-field`);
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (separator !== ',') return fields;
  }
}
