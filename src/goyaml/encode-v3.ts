// go-yaml v3's encoder over plain values, by way of a node tree.
import { keepsOrder } from '#lib/field-order';
import { emitNode } from './emit-node.ts';
import { yamlFloat } from './encode-v2.ts';
import { Node } from './node.ts';
import type { EmitOptions } from './options.ts';
import { stringForm } from './scalar-style.ts';
import { sortedKeys } from './sort-keys.ts';
import type { GoValue } from './value.ts';

function stringNode(value: string): Node {
  const { text, tag, style } = stringForm(value, 'v3');
  const node = new Node('scalar', tag, text);
  node.style = style;
  return node;
}

/** The tree yaml.v3 would write for a value; keys of maps in its natural order. */
export function valueToNode(value: GoValue): Node {
  switch (typeof value) {
    case 'string':
      return stringNode(value);
    case 'number':
      return new Node('scalar', '', yamlFloat(value));
    case 'bigint':
    case 'boolean':
      return new Node('scalar', '', String(value));
    default:
  }
  if (value === null) {
    return new Node('scalar', '', 'null');
  }
  if (Array.isArray(value)) {
    return new Node('sequence', '', '', value.map(valueToNode));
  }
  const keys = keepsOrder(value) ? Object.keys(value) : sortedKeys(value, 'v3');
  const content = keys.flatMap((key) => [stringNode(key), valueToNode(value[key] as GoValue)]);
  return new Node('mapping', '', '', content);
}

/** go-yaml v3's encoder over a Go value; Helm's toYamlPretty is `{indent: 2, sequences: 'wide'}`. */
export function encodeV3(value: GoValue, options: EmitOptions = {}): string {
  return emitNode(valueToNode(value), options);
}
