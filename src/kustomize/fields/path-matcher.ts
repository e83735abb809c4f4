// All the places a replacement's field path leads to, made on the way when that is asked for.
import { Node, emitNode, type NodeKind } from '#goyaml/index';
import { GoRegexp } from '#lib/go-regexp';
import { KustomizeError } from '../errors.ts';
import { entry, expectKind, field, isNull, keyNode, plainNode, setField } from './node.ts';
import { isIndex, isListSelector, kindForNext, splitListSelector } from './path.ts';

/**
 * Keys, indexes, `*` (every element) and `[key=regex]`. With `create`, missing fields are made, an index equal to the
 * length appends, and a selector that finds nothing appends an element that it would find.
 */
export function matchPath(root: Node, path: readonly string[], create: NodeKind | undefined): readonly Node[] {
  return match(root, path, 0, create) ?? [];
}

/** Undefined when the path ends before its last part. */
function match(node: Node, path: readonly string[], at: number, create: NodeKind | undefined): Node[] | undefined {
  const part = path[at];
  if (part === undefined) return [node];
  if (isIndex(part)) return matchIndex(node, path, at, create);
  if (isListSelector(part)) return matchSelector(node, path, at, create);
  if (part === '*') return matchEvery(node, path, at, create);
  return matchField(node, path, at, create);
}

function matchEvery(node: Node, path: readonly string[], at: number, create: NodeKind | undefined): Node[] | undefined {
  expectKind(node, 'sequence');
  return collect(node.content, (item) => match(item, path, at + 1, create));
}

function matchField(node: Node, path: readonly string[], at: number, create: NodeKind | undefined): Node[] | undefined {
  const name = path[at] ?? '';
  let found = name === '' ? scalarSelf(node) : field(node, name);
  if (found === undefined) {
    if (create === undefined) return undefined;
    found = new Node(kindForNext(path[at + 1], create));
    setField(node, name, found);
  }
  return match(found, path, at + 1, create);
}

/** An empty part of a path stands for a scalar without text. */
function scalarSelf(node: Node): Node | undefined {
  expectKind(node, 'scalar');
  return !isNull(node) && node.value === '' ? node : undefined;
}

function matchIndex(node: Node, path: readonly string[], at: number, create: NodeKind | undefined): Node[] | undefined {
  const index = Number(path[at]);
  expectKind(node, 'sequence');
  if (index === node.content.length && create !== undefined) {
    node.content.push(new Node(kindForNext(path[at + 1], create)));
  }
  const item = node.content[index];
  if (item === undefined) {
    throw new KustomizeError(`index ${index} specified but only ${node.content.length} elements found`);
  }
  return match(item, path, at + 1, create);
}

function matchSelector(
  node: Node,
  path: readonly string[],
  at: number,
  create: NodeKind | undefined,
): Node[] | undefined {
  const { name, value } = splitListSelector(path[at] ?? '');
  expectKind(node, 'sequence');
  const search = (): Node[] | undefined => {
    const matches = textMatcher(value);
    return collect(node.content, (item) => {
      if (name === '') return matches(item) ? [item] : undefined;
      const fieldNode = item.kind === 'mapping' ? entry(item, name) : undefined;
      return fieldNode !== undefined && matches(fieldNode) ? match(item, path, at + 1, create) : undefined;
    });
  };
  const found = search();
  if (create === undefined || found !== undefined) return found;
  const text = plainNode(value);
  node.content.push(name === '' ? text : new Node('mapping', '', '', [keyNode(name), text]));
  const again = search();
  if (again === undefined) {
    // The pattern does not match its own text: kustomize would append for ever.
    throw new KustomizeError(`failed to create element for ${JSON.stringify(path[at])}`);
  }
  return again;
}

/** Undefined when nothing was found. */
function collect(items: readonly Node[], find: (item: Node) => Node[] | undefined): Node[] | undefined {
  let found: Node[] | undefined;
  for (const item of items) {
    const more = find(item);
    if (more === undefined) continue;
    if (found === undefined) found = more;
    else found.push(...more);
  }
  return found === undefined || found.length === 0 ? undefined : found;
}

/** Matches the YAML text of a node, trimmed. */
function textMatcher(pattern: string): (node: Node) => boolean {
  if (/^[\w-]*$/.test(pattern)) return (node) => textOf(node).includes(pattern);
  const regexp = new GoRegexp(pattern);
  return (node) => regexp.match(textOf(node));
}

function textOf(node: Node): string {
  if (node.kind === 'scalar' && node.style === 0 && /^[A-Za-z][\w./-]*$/.test(node.value)) return node.value;
  return emitNode(node).trim();
}
