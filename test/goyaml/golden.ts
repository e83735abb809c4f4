// What the tables in test/golden/goyaml hold: texts and values with what Go's libraries made of them.
import { readFileSync } from 'node:fs';
import { fromBytes } from '#lib/go-string';
import { YamlError, setKey, type GoObject, type GoValue, type Node } from '#goyaml/index';

/** A result, or the text of the error. */
export type Recorded = string | { readonly err: string };

export function readTable<Row>(name: string): Row[] {
  const url = new URL(`../golden/goyaml/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Row[];
}

/** The result of a call, or the text of the YamlError it threw; any other error is a crash. */
export function outcome(call: () => string): Recorded {
  try {
    return call();
  } catch (error) {
    if (error instanceof YamlError) return { err: error.message };
    throw error;
  }
}

/** A Go value with its types: strings are base64 of their bytes. */
export type Tagged =
  | { readonly n: 1 }
  | { readonly s: string }
  | { readonly f: string }
  | { readonly i: string }
  | { readonly b: boolean }
  | { readonly l: readonly Tagged[] }
  | { readonly m: readonly (readonly [string, Tagged])[] };

function goString(base64: string): string {
  return fromBytes(Buffer.from(base64, 'base64'));
}

function goFloat(text: string): number {
  return text.endsWith('Inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}

export function untag(tagged: Tagged): GoValue {
  if ('s' in tagged) return goString(tagged.s);
  if ('f' in tagged) return goFloat(tagged.f);
  if ('i' in tagged) return BigInt(tagged.i);
  if ('b' in tagged) return tagged.b;
  if ('l' in tagged) return tagged.l.map(untag);
  if ('n' in tagged) return null;
  const object: GoObject = {};
  for (const [key, value] of tagged.m) setKey(object, goString(key), untag(value));
  return object;
}

/** A node as the tables have it; empty fields are left out. */
export interface RecordedNode {
  readonly k: string;
  readonly t?: string;
  readonly v?: string;
  readonly s?: number;
  readonly a?: string;
  readonly h?: string;
  readonly l?: string;
  readonly f?: string;
  readonly p: readonly [number, number];
  readonly c?: readonly RecordedNode[];
}

export function record(node: Node): RecordedNode {
  return {
    k: node.kind,
    ...(node.tag === '' ? {} : { t: node.tag }),
    ...(node.value === '' ? {} : { v: node.value }),
    ...(node.style === 0 ? {} : { s: node.style }),
    ...(node.anchor === '' ? {} : { a: node.anchor }),
    ...(node.headComment === '' ? {} : { h: node.headComment }),
    ...(node.lineComment === '' ? {} : { l: node.lineComment }),
    ...(node.footComment === '' ? {} : { f: node.footComment }),
    p: [node.line, node.column],
    ...(node.content.length === 0 ? {} : { c: node.content.map(record) }),
  };
}
