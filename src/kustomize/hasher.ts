// The suffix that names of generated resources get from their content.
import { createHash } from 'node:crypto';
import { type GoValue, type Node, emitNode, marshalJSON, nodeToValue } from '#goyaml/index';
import { entry, isNull } from './fields/node.ts';
import type { Resource } from './resource.ts';

/** Ten characters without vowels or what looks like them. */
export function contentHash(resource: Resource): string {
  const hex = createHash('sha256')
    .update(Buffer.from(encode(resource.root, resource.kind)))
    .digest('hex');
  return hex.slice(0, 10).replaceAll(/[013ae]/g, (digit) => LETTERS[digit] ?? digit);
}

const LETTERS: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

function encode(root: Node, kind: string): string {
  const data = valueAt(root, 'data');
  // The name was meant to count, but upstream looks for it in the wrong place.
  if (kind === 'ConfigMap') return marshalJSON({ kind, name: '', data, ...mapsOnly(root, 'binaryData') });
  if (kind === 'Secret') {
    return marshalJSON({ kind, type: valueAt(root, 'type'), name: '', data, ...mapsOnly(root, 'stringData') });
  }
  // Upstream hashes its own memory layout here; any stable text does.
  return emitNode(root);
}

function valueAt(root: Node, name: string): GoValue {
  const node = entry(root, name);
  if (node === undefined) return '';
  if (node.kind === 'scalar') return node.value;
  const value = nodeToValue(node, { integers: 'number' });
  return typeof value === 'object' && !Array.isArray(value) ? value : null;
}

function mapsOnly(root: Node, name: string): Record<string, GoValue> {
  const node = entry(root, name);
  return node === undefined || isNull(node) || node.kind === 'scalar' ? {} : { [name]: valueAt(root, name) };
}
