// Tags as yaml.v3 writes them: none where the text says it, else the shortest form.
import { hasInvalidBytes } from './binary.ts';
import { yamlError } from './errors.ts';
import { QUOTED, Style, type Node } from './node.ts';
import { longTag, plainTag, shortTag } from './resolve.ts';
import type { Writer } from './writer.ts';

const URI_CHARACTER = /[0-9A-Za-z_;/?:@&=+$,.~*'()[\]-]/;

/** The tag a scalar is written with, and whether its text must be kept from meaning something else. */
export function scalarTag(node: Node): { tag: string; forceQuotes: boolean } {
  const { tag } = node;
  if (tag === '' || (node.style & Style.tagged) !== 0) {
    return { tag, forceQuotes: false };
  }
  const short = shortTag(tag);
  if (hasInvalidBytes(node.value)) {
    if (short === '!!binary') {
      throw yamlError('explicitly tagged !!binary data must be base64-encoded');
    }
    throw yamlError(`cannot marshal invalid UTF-8 data as ${short}`);
  }
  if (short === '!!str' && (node.style & QUOTED) !== 0) {
    return { tag: '', forceQuotes: false };
  }
  // A merge key does not resolve to its own tag, so upstream writes `!!merge <<`.
  if (short !== '!!merge' && plainTag(node.value, 'v3') === short) {
    return { tag: '', forceQuotes: false };
  }
  return short === '!!str' ? { tag: '', forceQuotes: true } : { tag, forceQuotes: false };
}

function splitTag(tag: string): [handle: string, suffix: string] {
  const long = longTag(tag);
  const standard = 'tag:yaml.org,2002:';
  if (long.startsWith('!')) {
    return ['!', long.slice(1)];
  }
  return long.startsWith(standard) ? ['!!', long.slice(standard.length)] : ['', long];
}

/** How much a tag adds to the length of a key. */
export function tagLength(tag: string): number {
  return splitTag(tag).join('').length;
}

function escapeUri(text: string): string {
  let out = '';
  for (const char of text) {
    if (URI_CHARACTER.test(char)) {
      out += char;
      continue;
    }
    for (const byte of Buffer.from(char, 'utf8')) {
      out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    }
  }
  return out;
}

/** Writes a tag, if there is one. */
export function writeTag(writer: Writer, tag: string): void {
  if (tag === '') {
    return;
  }
  const [handle, suffix] = splitTag(tag);
  if (handle === '') {
    writer.writeWord(`!<${escapeUri(suffix)}>`);
    return;
  }
  writer.writeWord(handle);
  if (suffix !== '') {
    writer.writeTight(escapeUri(suffix));
  }
}
