// An object of the cluster as a document.
import { isObject, setKey, type GoObject, type GoValue } from '#goyaml/index';
import { metadataKey, metadataOf } from '../metadata.ts';
import { Branch, Comment, isList, Time, type TreeValue } from '../tree.ts';
import type { EncryptedTree } from './store.ts';

export function readObject(object: GoObject): EncryptedTree {
  return { metadata: metadataOf(object[metadataKey]), branches: [branchOf(object).without(metadataKey)] };
}

export function writeObject({ entries }: Branch): GoObject {
  const object: GoObject = {};
  for (const { key, value } of entries) setKey(object, key, plain(value));
  return object;
}

function branchOf(object: GoObject): Branch {
  return new Branch(Object.entries(object).map(([key, value]) => ({ key, value: treeOf(value) })));
}

function treeOf(value: GoValue): TreeValue {
  if (isObject(value)) return branchOf(value);
  return Array.isArray(value) ? value.map(treeOf) : value;
}

function plain(value: TreeValue): GoValue {
  if (value instanceof Branch) return writeObject(value);
  if (isList(value)) return value.filter((item) => !(item instanceof Comment)).map(plain);
  if (value instanceof Time || value instanceof Comment) return value.text;
  // Integers as kustomize hands them out: only those beyond 2^53 are bigints.
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
