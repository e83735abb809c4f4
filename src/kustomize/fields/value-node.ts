// Trees made of plain values, as kustomize gets them by writing a value as YAML and reading it again.
import {
  Node,
  Style,
  emitNode,
  formatFloatG,
  needsQuotes,
  nodeToValue,
  parseFirst,
  plainTag,
  type GoObject,
  type GoValue,
} from '#goyaml/index';
import { stringNode } from './node.ts';

/** Numbers are float64 here, whatever they were: so JSON decodes them. */
export function nodeOfValue(value: GoValue): Node {
  switch (typeof value) {
    case 'string':
      return stringNode(value, value.includes('\n') ? 8 : needsQuotes(value, 'v3') ? 2 : 0);
    case 'boolean':
      return new Node('scalar', '!!bool', String(value));
    case 'number':
    case 'bigint': {
      const text = formatFloatG(Number(value));
      return new Node('scalar', plainTag(text, 'v3'), text);
    }
    default:
      return value === null ? new Node('scalar', '!!null', 'null') : collectionNode(value);
  }
}

function collectionNode(value: GoValue[] | { [key: string]: GoValue }): Node {
  if (Array.isArray(value)) return new Node('sequence', '!!seq', '', value.map(nodeOfValue));
  const content: Node[] = [];
  for (const [key, item] of Object.entries(value)) content.push(stringNode(key), nodeOfValue(item));
  return new Node('mapping', '!!map', '', content);
}

/**
 * The plain values of a resource, as they come out when its tree is written and read once more. Below the top, keys
 * must be strings: JSON has no others.
 */
export function valueOfNode(root: Node): GoObject {
  settle(root, false);
  return nodeToValue(root, { keys: 'strings-only' }) as GoObject;
}

/**
 * kustomize writes everything as YAML once before it reads the values, and not all that yaml.v3 writes does it read
 * back the same: folded text changes, and times within brackets come out as quoted text.
 */
function settle(node: Node, inFlow: boolean): void {
  if (node.kind === 'scalar') {
    if ((node.style & Style.folded) !== 0) settleFolded(node);
    else if (inFlow && node.tag === '!!timestamp' && node.style === 0 && node.value.includes(':')) node.tag = '!!str';
    return;
  }
  const flow = inFlow || (node.style & Style.flow) !== 0;
  for (const child of node.content) settle(child, flow);
}

function settleFolded(node: Node): void {
  if (node.value.includes('\n')) {
    const written = emitNode(new Node('sequence', '!!seq', '', [node]));
    node.value = parseFirst(written)?.content[0]?.content[0]?.value ?? node.value;
  }
  node.style = Style.literal;
}
