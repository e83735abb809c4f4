// Templates nobody would write: the recorded ones, cut up and put together again, must end in a result or in an error of
// the engine, within the limits. FUZZ_RUNS and FUZZ_SEED choose how many and which.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { GoError, LimitError, newTemplateSet } from '#gotemplate/index';
import { decode, FUNCTIONS } from '../gotemplate/sample.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 20_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);

interface Seeds {
  readonly data: unknown;
  readonly cases: readonly { readonly texts: readonly (readonly [string, string])[] }[];
}

/** A small generator of numbers below `limit`, the same for the same seed. */
function generator(from: number): (limit: number) => number {
  let state = from >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const PIECES = [
  '{{',
  '}}',
  '{{-',
  '-}}',
  '(',
  ')',
  '|',
  '"',
  '`',
  "'",
  '.',
  '$',
  '$x',
  ':=',
  '=',
  ',',
  '\\',
  '\n',
  ' ',
  '\u0000',
  '{{end}}',
  '{{else}}',
  '{{if .m}}',
  '{{range .l}}',
  '{{with .}}',
  '{{define "z"}}',
  '{{block "y" .}}',
  '{{break}}',
  '{{template "z" .}}',
  '{{range 100000}}',
  '{{range $k, $v := .}}',
  '/*',
  '*/',
  '9223372036854775807',
  '1e400',
  '0x',
  'printf "%999999d" 1 ',
  'include "z" . ',
  'index .l 0 ',
  'é',
  '🙂',
  '\udc80',
  '\ud800',
  '.__proto__',
  '.constructor',
];

const next = generator(seed);
const pick = <T>(from: readonly T[]): T | undefined => from[next(from.length)];

function mutate(text: string, other: string): string {
  let made = text;
  for (let edits = 1 + next(6); edits > 0; edits--) {
    const at = next(made.length + 1);
    const kind = next(5);
    if (kind === 0) made = made.slice(0, at) + made.slice(at + 1 + next(5));
    else if (kind === 1) made = made.slice(0, at) + other.slice(next(other.length + 1)) + made.slice(at);
    else if (kind === 2) made = made.slice(0, at) + made.slice(next(made.length + 1));
    else made = made.slice(0, at) + (pick(PIECES) ?? '') + made.slice(at);
  }
  return made.slice(0, 4000);
}

function execute(text: string, data: unknown): string {
  const set = newTemplateSet({ functions: FUNCTIONS, missingKey: 'zero' });
  set.parse('fuzz', text);
  return set.execute('fuzz', data, {
    host: { depth: new Map() },
    budget: { maxOutput: 1 << 22, maxSteps: 200_000, maxDepth: 200 },
  });
}

const path = new URL('../golden/gotemplate/crafted.json', import.meta.url);
const seeds = JSON.parse(readFileSync(path, 'utf8')) as Seeds;
const texts = seeds.cases.flatMap((each) => each.texts.map(([, text]) => text));
const data = decode(seeds.data);

const ended = { output: 0, error: 0, limit: 0 };
for (let at = 0; at < runs; at++) {
  const text = mutate(pick(texts) ?? '', pick(texts) ?? '');
  const started = performance.now();
  try {
    execute(text, data);
    ended.output++;
  } catch (error) {
    if (error instanceof LimitError) ended.limit++;
    else if (error instanceof GoError) ended.error++;
    else throw new Error(`run ${at} of seed ${seed}: ${JSON.stringify(text)}`, { cause: error });
  }
  const took = performance.now() - started;
  assert.ok(took < 10_000, `run ${at} of seed ${seed} took ${took} ms: ${JSON.stringify(text)}`);
}
// Texts that never run would test the parser alone.
assert.ok(ended.output > runs / 50, JSON.stringify(ended));
process.stdout.write(`${runs} templates: ${JSON.stringify(ended)}\n`);
