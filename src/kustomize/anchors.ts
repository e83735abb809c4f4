// Replaces aliases by copies of what they stand for, and merge keys by what they merge; within bounds.
import type { Node } from '#goyaml/index';
import { KustomizeError, limitError } from './errors.ts';
import { clearField, copyNode, entry } from './fields/node.ts';

const MERGE_TAG = '!!merge';

interface Budget {
  /** Nodes that may still be made. */
  nodes: number;
}

/** The tree without aliases and anchors. */
export function expandAnchors(node: Node, budget: Budget): Node {
  return expand(node, budget, new Set());
}

function expand(node: Node, budget: Budget, open: Set<Node>): Node {
  if (open.has(node)) throw new KustomizeError(`anchor '${node.anchor}' value contains itself`);
  switch (node.kind) {
    case 'scalar':
      node.anchor = '';
      return node;
    case 'alias':
      return expandAlias(node, budget, open);
    default:
      open.add(node);
      node.anchor = '';
      if (node.kind === 'mapping') merge(node, budget);
      for (let i = 0; i < node.content.length; i++) {
        node.content[i] = expand(node.content[i] as Node, budget, open);
      }
      open.delete(node);
      return node;
  }
}

function expandAlias(node: Node, budget: Budget, open: Set<Node>): Node {
  const target = node.alias;
  if (target === undefined) throw new KustomizeError(`yaml: unknown anchor '${node.value}' referenced`);
  const expanded = expand(target, budget, open);
  spend(budget, expanded);
  return copyNode(expanded);
}

function spend(budget: Budget, node: Node): void {
  budget.nodes--;
  if (budget.nodes < 0) throw limitError('the expansion of anchors makes the document too large');
  for (const child of node.content) spend(budget, child);
}

/** Own keys win over merged ones, earlier maps of a list over later ones. */
function merge(node: Node, budget: Budget): void {
  const value = mergeValue(node);
  if (value === undefined) return;
  const sources = mergeSources(value);
  clearField(node, '<<');
  const own = new Set<string>();
  for (let i = 0; i < node.content.length; i += 2) own.add(node.content[i]?.value ?? '');
  const added = new Map<string, number>();
  for (const source of sources) {
    for (let i = 0; i < source.content.length; i += 2) {
      const key = source.content[i] as Node;
      const item = entry(source, key.value) ?? source.content[i + 1];
      if (item === undefined || own.has(key.value)) continue;
      spend(budget, item);
      const at = added.get(key.value);
      if (at === undefined) {
        added.set(key.value, node.content.length);
        node.content.push(copyNode(key), copyNode(item));
      } else {
        node.content[at] = copyNode(key);
        node.content[at + 1] = copyNode(item);
      }
    }
  }
}

function mergeValue(node: Node): Node | undefined {
  let found: Node | undefined;
  for (let i = 0; i < node.content.length; i += 2) {
    if (node.content[i]?.tag !== MERGE_TAG) continue;
    if (found !== undefined) throw new KustomizeError('duplicate merge key');
    found = node.content[i + 1];
  }
  return found;
}

function mergeSources(value: Node): Node[] {
  switch (value.kind) {
    case 'mapping':
      return [value];
    case 'alias':
      if (value.alias?.kind !== 'mapping') {
        throw new KustomizeError('invalid map merge: received alias for a non-map value');
      }
      return [value.alias];
    case 'sequence':
      return value.content.toReversed().flatMap((item) => {
        if (item.kind === 'sequence') throw new KustomizeError('invalid map merge: received a nested sequence');
        return mergeSources(item);
      });
    default:
      throw new KustomizeError('map merge requires map or sequence of maps as the value');
  }
}
