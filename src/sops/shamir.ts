// Shamir's secret sharing over the field of AES, as Vault and SOPS use it: enough parts give the secret.
import { SopsError } from './errors.ts';

/** Each part is the secret's length and one byte more: the point it was taken at. */
export function combineParts(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts[0]?.length ?? 0;
  if (parts.length < 2) throw failure('less than two parts cannot be used to reconstruct the secret');
  if (length < 2) throw failure('parts must be at least two bytes');
  if (parts.some((part) => part.length !== length)) throw failure('all parts must be the same length');
  const points = parts.map((part) => part[length - 1]!);
  if (new Set(points).size !== points.length) throw failure('duplicate part detected');
  const weights = points.map((point) => weightOf(point, points));
  const secret = new Uint8Array(length - 1);
  for (let at = 0; at < secret.length; at++) {
    secret[at] = parts.reduce((sum, part, index) => sum ^ multiply(part[at]!, weights[index]!), 0);
  }
  return secret;
}

/** Lagrange's basis polynomial of a point, at zero. Taking away is adding here. */
function weightOf(point: number, points: readonly number[]): number {
  return points
    .filter((other) => other !== point)
    .reduce((weight, other) => multiply(weight, multiply(other, inverse(point ^ other))), 1);
}

/** In GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** a^254: the field has 255 elements that are not zero. */
function inverse(a: number): number {
  let result = 1;
  for (let step = 0; step < 254; step++) result = multiply(result, a);
  return result;
}

function failure(message: string): SopsError {
  return new SopsError('SOPS_KEY', `could not get data key from shamir parts: ${message}`);
}
