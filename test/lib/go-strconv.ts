// Recorded results of Go's strconv and unicode packages.
import { readFileSync } from 'node:fs';
import type { FloatFormat } from '#lib/go-float';

interface Strconv {
  /** Code points where unicode.IsPrint changes its answer. */
  readonly print: number[];
  /** The same for "letter, digit or underscore". */
  readonly alnum: number[];
  /** FormatFloat(V, F, P, B) = O */
  readonly floats: { V: string; F: FloatFormat; P: number; B: 32 | 64; O: string }[];
  /** ParseFloat(S), its value in shortest form. */
  readonly parse: { S: string; O: string; Bad: boolean }[];
  /** Facts about strings, given as base64. */
  readonly quote: { B: string; Q: string; A: string; Valid: boolean; Len: number; Runes: number; Back: boolean }[];
  readonly unquote: { S: string; O: string; Bad: boolean }[];
}

export function recordedStrconv(): Strconv {
  const path = new URL('../golden/gotemplate/strconv.json', import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Strconv;
}
