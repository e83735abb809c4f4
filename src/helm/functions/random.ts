// Sprig's random texts and numbers, from the runtime's secure source.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { GoError, INT, STRING, goInt } from '#gotemplate/index';
import type { Execution } from '#gotemplate/index';
import type { FunctionTable } from './conversion.ts';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Everything printable in ASCII, the blank included. */
const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

function randomText(alphabet: string, count: number): string {
  // Only bytes below a multiple of the alphabet's size are used, so that no character is likelier.
  const limit = 256 - (256 % alphabet.length);
  let out = '';
  while (out.length < count) {
    for (const byte of randomBytes(Math.min(count - out.length + 16, 65_536))) {
      if (byte < limit && out.length < count) out += alphabet.charAt(byte % alphabet.length);
    }
  }
  return out;
}

const textOf = (alphabet: string): FunctionTable[string] => ({
  params: [INT],
  result: STRING,
  contextual: true,
  fn: (execution: Execution, count: number) => {
    execution.budget.charge(Math.max(count, 0));
    return randomText(alphabet, count);
  },
});

function shuffle(text: string): string {
  const runes = Array.from(text);
  for (let last = runes.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    const held = runes[last] ?? '';
    runes[last] = runes[other] ?? '';
    runes[other] = held;
  }
  return runes.join('');
}

export const randomFunctions: FunctionTable = {
  randAlphaNum: textOf(LETTERS + DIGITS),
  randAlpha: textOf(LETTERS),
  randNumeric: textOf(DIGITS),
  randAscii: textOf(ASCII),
  randInt: {
    params: [INT, INT],
    fn: (low: number, high: number) => {
      if (high <= low) throw new GoError('invalid argument to Intn');
      return goInt(low + randomBelow(high - low));
    },
  },
  randBytes: {
    params: [INT],
    result: STRING,
    contextual: true,
    fn: (execution: Execution, count: number) => {
      if (count < 0) throw new GoError('runtime error: makeslice: len out of range');
      execution.budget.charge(count * 2);
      return randomBytes(count).toString('base64');
    },
  },
  uuidv4: { params: [], result: STRING, fn: () => randomUUID() },
  shuffle: { params: [STRING], result: STRING, fn: shuffle },
};

/** crypto.randomInt takes spans below 2^48 only. */
function randomBelow(span: number): number {
  return span < 2 ** 48 ? randomInt(span) : Math.floor((randomBytes(6).readUIntBE(0, 6) / 2 ** 48) * span);
}
