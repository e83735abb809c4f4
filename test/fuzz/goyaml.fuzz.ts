// Random YAML and JSON: nothing crashes or hangs, and what is written reads back as it was.
import assert from 'node:assert/strict';
import process from 'node:process';
import {
  decodeV2,
  decodeV3,
  emitDocuments,
  encodeV2,
  encodeV3,
  marshalJSON,
  parseDocuments,
  sigsMarshal,
  sigsUnmarshal,
  unmarshalJSON,
  YamlError,
  yamlToJSON,
  type GoObject,
  type GoValue,
} from '#goyaml/index';

const runs = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? 1);

/** mulberry32: the same texts for the same seed. */
function generator(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

const random = generator(seed);

function pick<Item>(items: readonly Item[]): Item {
  return items[random(items.length)] as Item;
}

const PIECES = [
  ...' :#-?,[]{}&*!|>\'"%@`\n\t.~ab01\\'.split(''),
  '\n  ',
  '\n- ',
  ': ',
  ' #',
  '\r\n',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '&a ',
  '*a',
  '<<: ',
  '!!int ',
  '!<x> ',
  '|-\n  ',
  '>+1\n',
  '"\\u00e9"',
  "'it''s'",
  '\u0085',
  '\u2028',
  '\ufeff',
  '\u{1f600}',
  '\udc80',
  '\u0001',
  'key: value\n',
  '- item\n',
  '  nested:\n    - 1\n',
  '{a: [1, 2]}',
  '2020-01-01',
  '0x1F',
  '1e3',
];

function text(): string {
  return Array.from({ length: random(40) }, () => pick(PIECES)).join('');
}

/** A string that JSON and both flavors of YAML can hold: no lone bytes, no character the readers refuse. */
function word(): string {
  const drawn = Array.from({ length: random(6) }, () => pick(PIECES)).join('');
  return drawn.replace(/[\p{Cc}\p{Cs}\p{Cf}]/gu, (c) => (c === '\n' || c === '\t' ? c : '_'));
}

function value(depth: number): GoValue {
  switch (random(depth > 3 ? 5 : 8)) {
    case 0:
      return null;
    case 1:
      return random(2) === 0;
    case 2:
      return random(2000) - 1000;
    case 3:
      return (random(2_000_000) - 1_000_000) / 2 ** random(40);
    case 4:
      return word();
    case 5:
      return Array.from({ length: random(4) }, () => value(depth + 1));
    default: {
      const object: GoObject = {};
      for (let i = random(5); i > 0; i--) object[word()] = value(depth + 1);
      return object;
    }
  }
}

/** Runs a call that may only fail with a YamlError. */
function survives<Result>(input: string, call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    assert.ok(error instanceof YamlError, `${JSON.stringify(input)}: ${String(error)}`);
    assert.ok(error.message.length > 5);
    return undefined;
  }
}

function checkText(input: string): void {
  survives(input, () => sigsUnmarshal(input));
  survives(input, () => yamlToJSON(input, { strict: true }));
  survives(input, () => decodeV3(input));
  survives(input, () => unmarshalJSON(input, { integers: 'safe' }));
  const documents = survives(input, () => parseDocuments(input, { comments: true }));
  if (documents !== undefined) {
    survives(input, () => parseDocuments(emitDocuments(documents), { comments: true }));
  }
}

function checkValue(expected: GoValue): void {
  const json = marshalJSON(expected);
  assert.equal(marshalJSON(unmarshalJSON(json)), json);
  assert.equal(marshalJSON(sigsUnmarshal(sigsMarshal(expected))), json, json);
  assert.equal(marshalJSON(decodeV2(encodeV2(expected))), json, json);
  // yaml.v3 itself cannot read every block scalar it writes (one that begins with a tab, for instance).
  survives(json, () => decodeV3(encodeV3(expected)));
  // JSON is YAML.
  assert.equal(marshalJSON(sigsUnmarshal(json)), json, json);
}

for (let run = 0; run < runs; run++) {
  checkText(text());
  checkValue(value(0));
}
console.log(`goyaml: ${runs} texts and ${runs} values from seed ${seed}`);
