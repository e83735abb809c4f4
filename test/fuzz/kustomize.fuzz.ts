// Broken kustomizations, manifests and patches: a result or a clear error, soon; the same result for the same input.
//   node --conditions=sluice-source test/fuzz/kustomize.fuzz.ts [runs] [seed]
import assert from 'node:assert/strict';
import process from 'node:process';
import { YamlError } from '#goyaml/index';
import { buildLocal, KustomizeError, MemoryFiles, ParseCache } from '#kustomize/index';
import { RegexpError } from '#lib/go-regexp';
import { makeOverlay, Random, type Tree } from './kustomize-overlays.ts';

const runs = Number(process.argv[2] ?? 1500);
const firstSeed = Number(process.argv[3] ?? 1);
const SLOWEST_MS = 5000;

/** What damage is made of. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '\n',
  '  ',
  '&a ',
  '*a',
  '<<: *a',
  '---\n',
  'null',
  '~',
  '"',
  "'",
  '|',
  '>',
  '!!int ',
  '#',
  '\t',
  '$patch: delete',
  '$patch: replace',
  '$patch: x',
  'kind: List\nitems: [1]',
  '../',
  '/',
  '.',
  'metadata: []',
  'name: {}',
  '0x',
  '-',
  'path: /a/-/b',
  '(',
  '[a-',
  'true',
  '1e999',
  '.nan',
  '__proto__: {x: 1}',
  '\u0000',
  '\ud800',
  '😀',
  '\r\n',
];

function damage(random: Random, tree: Tree): void {
  const names = Object.keys(tree);
  for (let i = 0; i < 1 + random.below(4); i++) {
    const name = random.pick(names);
    const text = tree[name] ?? '';
    const at = random.below(text.length + 1);
    const cut = random.chance(0.5) ? random.below(12) : 0;
    tree[name] = text.slice(0, at) + (random.chance(0.8) ? random.pick(PIECES) : '') + text.slice(at + cut);
  }
}

function outcome(tree: Tree, cache: ParseCache): string {
  const limits = { totalBytes: 10_000_000, expandedNodes: 100_000, depth: 30, kustomizations: 200 };
  try {
    const files = new MemoryFiles(Object.entries(tree));
    return buildLocal({ files, path: '/overlay', options: { cache, limits } }).yaml();
  } catch (error) {
    const isKnown = error instanceof KustomizeError || error instanceof YamlError || error instanceof RegexpError;
    if (!isKnown) throw error;
    return `error: ${error.message}`;
  }
}

const shared = new ParseCache();
let built = 0;
for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
  const tree = makeOverlay(seed);
  const random = new Random(seed * 7919);
  if (!random.chance(0.1)) damage(random, tree);
  const start = performance.now();
  try {
    const first = outcome(tree, shared);
    assert.equal(outcome(tree, shared), first, 'a build over the cache differs');
    assert.equal(outcome(tree, new ParseCache(0)), first, 'a build without the cache differs');
    if (!first.startsWith('error: ')) built++;
  } catch (error) {
    console.error(`seed ${seed}\n${JSON.stringify(tree, null, 1)}`);
    throw error;
  }
  const took = performance.now() - start;
  assert.ok(took < SLOWEST_MS, `seed ${seed} took ${Math.round(took)} ms`);
}
console.log(`${runs} overlays: ${built} built, ${runs - built} refused`);
