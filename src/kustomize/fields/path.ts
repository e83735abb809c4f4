// Paths into objects: how they are split, and how they are followed.
import { Node, type NodeKind } from '#goyaml/index';
import { KustomizeError } from '../errors.ts';
import { become, entry, expectKind, field, isMissingOrNull, plainNode, setField } from './node.ts';

/** Splits at a delimiter that a backslash keeps; a leading delimiter is ignored. */
export function splitPath(path: string, delimiter: string): string[] {
  let parts = path.split(delimiter);
  if (parts.length > 1 && parts[0] === '') parts = parts.slice(1);
  const out = [parts[0] ?? ''];
  for (const part of parts.slice(1)) {
    const last = out[out.length - 1] ?? '';
    if (last.endsWith('\\')) out[out.length - 1] = last.slice(0, -1) + delimiter + part;
    else out.push(part);
  }
  return out;
}

/** As `splitPath`, with what stands in brackets kept in one piece; `[a.b]` without `=` is the key `a.b`. */
export function splitBracketedPath(path: string, delimiter = '.'): string[] {
  const parts = splitPath(path, delimiter);
  const out: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? '';
    if (!part.startsWith('[') || part.endsWith(']')) {
      out.push(part);
      continue;
    }
    const pieces = [part];
    while (i < parts.length - 1) {
      i++;
      pieces.push(parts[i] ?? '');
      if (parts[i]?.endsWith(']') === true) break;
    }
    const joined = pieces.join(delimiter);
    out.push(joined.includes('=') ? joined : joined.replaceAll(/^[[\]]+|[[\]]+$/g, ''));
  }
  return out;
}

/** `[key=value]` or `[=value]`. */
export function isListSelector(part: string): boolean {
  return part.startsWith('[') && part.endsWith(']');
}

const INTEGER = /^[+-]?\d+$/;

export function isIndex(part: string): boolean {
  return INTEGER.test(part) && Number(part) >= 0;
}

export function splitListSelector(part: string): { name: string; value: string } {
  const inner = part.slice(1, -1);
  const at = inner.indexOf('=');
  if (at < 0) throw new KustomizeError('list path element must contain fieldName=fieldValue for element to match');
  return { name: inner.slice(0, at), value: inner.slice(at + 1) };
}

/** The kind that a missing value gets, judged by the part of the path that follows. */
export function kindForNext(next: string | undefined, leaf: NodeKind): NodeKind {
  if (next === undefined || next === '') return leaf;
  return isListSelector(next) || isIndex(next) ? 'sequence' : 'mapping';
}

/** Follows a path of keys, indexes, `-` (the last one) and `[key=value]`; undefined when it leads nowhere. */
export function lookup(root: Node, path: readonly string[]): Node | undefined {
  let node: Node | undefined = root;
  for (const raw of path) {
    const part = raw.trim();
    if (part === '') continue;
    node = step(node, part);
    if (node === undefined) return undefined;
  }
  return node;
}

function step(node: Node, part: string): Node | undefined {
  if (INTEGER.test(part)) {
    const index = Number(part);
    if (index < 0) throw new KustomizeError(`array index ${index} cannot be negative`);
    expectKind(node, 'sequence');
    return node.content[index];
  }
  if (part === '-') {
    expectKind(node, 'sequence');
    return node.content.at(-1);
  }
  if (part === '*') throw new KustomizeError('wildcard is not supported in PathGetter');
  if (!isListSelector(part)) return field(node, part);
  const { name, value } = splitListSelector(part);
  expectKind(node, 'sequence');
  return node.content.find((item) =>
    name === '' ? item.value === value : item.kind === 'mapping' && entry(item, name)?.value === value,
  );
}

/** Follows a path of keys, making what is missing: maps on the way, `kind` at the end. */
export function lookupCreate(root: Node, kind: NodeKind, path: readonly string[]): Node {
  let node = root;
  for (const [i, name] of path.entries()) {
    const found = field(node, name);
    if (found === undefined) {
      const made = new Node(i === path.length - 1 ? kind : 'mapping');
      setField(node, name, made);
      node = made;
    } else node = found;
  }
  return node;
}

/** Sets the text of `metadata.<name>` and the like; what has no type gets it from its text. */
export function setPlain(root: Node, value: string, ...path: readonly string[]): void {
  const name = path.at(-1) ?? '';
  const parent = lookupCreate(root, 'mapping', path.slice(0, -1));
  if (isMissingOrNull(parent)) become(parent, new Node('mapping', '!!map'));
  setField(parent, name, plainNode(value));
}
