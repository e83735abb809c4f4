// JSON pointers, fragments and URLs: how one schema finds another.
import { quote as goQuote } from '#lib/go-quote';
import { isArray, isObject, type Json, SchemaError } from './json.ts';

export function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function appendToken(pointer: string, ...tokens: readonly string[]): string {
  return tokens.reduce((path, token) => `${path}/${escapeToken(token)}`, pointer);
}

/** Tokens as a pointer, as error texts show where a value is. */
export function toPointer(tokens: readonly string[]): string {
  return appendToken('', ...tokens);
}

/** url.PathEscape of each token of a pointer. */
export function encodePointer(pointer: string): string {
  return pointer
    .split('/')
    .map((token) => encodeURIComponent(token.toWellFormed()).replace(/%(?:24|26|2B|3A|3D|40)/g, decodeURIComponent))
    .join('/');
}

export function locationOf(url: string, pointer: string): string {
  return `${url}#${encodePointer(pointer)}`;
}

export interface Reference {
  readonly url: string;
  /** Decoded: empty, a JSON pointer, or the name of an anchor. */
  readonly fragment: string;
}

export function splitFragment(reference: string): Reference {
  const hash = reference.indexOf('#');
  if (hash < 0) return { url: reference, fragment: '' };
  try {
    return { url: reference.slice(0, hash), fragment: decodeURIComponent(reference.slice(hash + 1)) };
  } catch (cause) {
    throw new SchemaError(`error in parsing ${goQuote(reference)}: invalid URL escape`, { cause });
  }
}

/** Resolves a reference against the URL of the schema it stands in. */
export function joinUrl(base: string, reference: string): Reference {
  const { url, fragment } = splitFragment(reference);
  if (url === '') return { url: base, fragment };
  try {
    return { url: new URL(url, base).href, fragment };
  } catch (cause) {
    throw new SchemaError(`error in parsing ${goQuote(url)}: not a URL`, { cause });
  }
}

/** The value a pointer leads to. */
export function lookUp(document: Json, url: string, pointer: string): Json {
  let value: Json = document;
  for (const escaped of pointer.split('/').slice(1)) {
    if (/~(?![01])/.test(escaped)) throw new SchemaError(`invalid json-pointer ${goQuote(locationOf(url, pointer))}`);
    const token = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    const next = step(value, token);
    if (next === undefined) throw new SchemaError(`json-pointer in ${goQuote(locationOf(url, pointer))} not found`);
    value = next;
  }
  return value;
}

function step(value: Json, token: string): Json | undefined {
  if (isObject(value)) return value.get(token);
  return isArray(value) && /^[+]?\d{1,9}$/.test(token) ? value[Number(token)] : undefined;
}
