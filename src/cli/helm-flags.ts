// The command line of `helm template` as pflag reads it: long and short flags, `--flag=value`, flags after arguments.
import { quote as goQuote } from '#lib/go-quote';
import { type Flag, flags } from './helm-flag-table.ts';
import { FlagProblem, flagValues } from './helm-flag-values.ts';

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
  list.push(...read(name, value, flag));
  rest.values.set(name, list);
}

function read(name: string, value: string, { kind, short }: Flag): readonly string[] {
  try {
    return flagValues(kind, value);
  } catch (cause) {
    if (!(cause instanceof FlagProblem)) throw cause;
    const shown = short === undefined ? `--${name}` : `-${short}, --${name}`;
    throw new FlagError(`invalid argument ${goQuote(value)} for ${goQuote(shown)} flag: ${cause.message}`);
  }
}
