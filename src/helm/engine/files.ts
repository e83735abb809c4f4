// `.Files`: the files of a chart that are neither templates nor metadata, with the methods templates call on them.
import {
  BYTES,
  type Dict,
  dictGet,
  dictSet,
  GoError,
  GoMap,
  type GoMethod,
  type GoType,
  newDict,
  STRING,
  STRINGS,
} from '#gotemplate/index';
import { sigsMarshal } from '#goyaml/index';
import { compileGlob } from './glob.ts';
import { fromBytes, sortStrings, toValid } from '#lib/go-string';
import { nilData, type RawFile } from '../chart/archive.ts';
import { baseName } from '../chart/metadata.ts';

const methods = new Map<string, GoMethod>();
const filesType: GoType = { name: 'engine.files', kind: 'map', elem: BYTES, methods };

const empty = new Uint8Array(0);

function bytesOf(files: GoMap, name: string): Uint8Array | undefined {
  const data = dictGet(files.entries, name);
  return data instanceof Uint8Array ? data : undefined;
}

methods.set('GetBytes', {
  params: [STRING],
  result: BYTES,
  fn: (files: GoMap, name: string) => bytesOf(files, name) ?? empty,
});
methods.set('Get', {
  params: [STRING],
  result: STRING,
  fn: (files: GoMap, name: string) => fromBytes(bytesOf(files, name) ?? empty),
});
methods.set('Glob', { params: [STRING], result: filesType, fn: globFiles });
methods.set('AsConfig', { params: [], result: STRING, fn: (files: GoMap) => asMap(files, fromBytes) });
methods.set('AsSecrets', {
  params: [],
  result: STRING,
  fn: (files: GoMap) =>
    asMap(files, (data) => Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64')),
});
methods.set('Lines', { params: [STRING], result: STRINGS, fn: linesOf });

function globFiles(files: GoMap, pattern: string): GoMap {
  const matches = compile(pattern);
  const found = newDict();
  for (const name of Object.keys(files.entries)) {
    if (matches(name)) dictSet(found, name, files.entries[name]);
  }
  return new GoMap(filesType, found);
}

/** A pattern that does not compile matches everything, as upstream. */
function compile(pattern: string): (name: string) => boolean {
  try {
    return compileGlob(pattern);
  } catch {
    return () => true;
  }
}

/** A YAML map by base name; of two files with one name the last by path stays. */
function asMap(files: GoMap, textOf: (data: Uint8Array) => string): string {
  if (files.isNil) return '';
  const out: Record<string, string> = {};
  for (const path of sortStrings(Object.keys(files.entries))) {
    const data = bytesOf(files, path);
    if (data !== undefined) dictSet(out, baseName(path), toValid(textOf(data)));
  }
  return sigsMarshal(out).replace(/\n$/, '');
}

function linesOf(files: GoMap, name: string): string[] {
  const data = bytesOf(files, name);
  if (data === undefined || data === nilData) return [];
  // An empty file that was read from a directory trips upstream up.
  if (data.length === 0) throw new GoError('runtime error: index out of range [-1]');
  return fromBytes(data).replace(/\n$/, '').split('\n');
}

/** `.Files` over these files. */
export function filesObject(files: readonly RawFile[]): GoMap {
  const entries: Dict = newDict();
  for (const { name, data } of files) dictSet(entries, name, data);
  return new GoMap(filesType, entries);
}
