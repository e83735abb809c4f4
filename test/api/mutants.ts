// Random objects from a schema, some of their parts wrong: the same ones for the same seed.
import type { StructuralSchema } from '#api/schema';

export type Random = () => number;

/** Numbers from 0 to 1 (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const oddities: readonly unknown[] = [
  null,
  0,
  -1,
  5,
  1.5,
  true,
  '',
  'a b',
  'é\n\u0001"<>\u2028',
  '9'.repeat(300),
  [],
  ['a'],
  [null],
  {},
  { name: 'x' },
  { name: 5 },
];
const texts = ['5m', 'https://x', 'oci://x', 'a', 'x-y', '@a/b', '@artifact/x', 'sha256:aa', 'Aa'];
const times = ['2026-01-01T00:00:00Z', '2026-02-30T00:00:00Z', 'x', '2026-01-01t00:00:00.5+02:00'];
const keys = ['a', 'b.c', 'd/e', 'constructor'];

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)] as T;
}

function mutantObject(schema: StructuralSchema, random: Random, odd: number): Record<string, unknown> {
  const { properties, additionalProperties, required = [] } = schema;
  const result: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(properties ?? {})) {
    if (random() < (required.includes(name) ? 1 - odd : 0.35)) {
      result[name] = mutant(child, random, odd);
    }
  }
  if (additionalProperties !== undefined) {
    for (let count = Math.floor(random() * 3); count > 0; count -= 1) {
      result[pick(keys, random)] = mutant(additionalProperties, random, odd);
    }
  }
  if (random() < odd / 2) {
    result['unknownField'] = 1;
  }
  return result;
}

/** A value for `schema`; `odd` is the chance of each part to be something else. */
export function mutant(schema: StructuralSchema, random: Random, odd: number): unknown {
  if (random() < odd) {
    return structuredClone(pick(oddities, random));
  }
  if (schema.enum !== undefined) {
    return pick(schema.enum, random);
  }
  const { items } = schema;
  switch (schema.type) {
    case 'object':
      return mutantObject(schema, random, odd);
    case 'array':
      return Array.from({ length: Math.floor(random() * 4) }, () => mutant(items ?? {}, random, odd));
    case 'string':
      return pick(schema.format === 'date-time' ? times : texts, random);
    case 'integer':
      return pick([0, 1, 5, -1, 1000], random);
    case 'boolean':
      return random() < 0.5;
    default:
      return { any: [1, 'thing'] };
  }
}
