// Reading and editing of node trees with kyaml's rules: what counts as missing, which style an edit keeps.
import { Node, decodeV2, emitNode, plainTag, type NodeKind } from '#goyaml/index';
import { KustomizeError } from '../errors.ts';

export const NULL_TAG = '!!null';
const STRING_TAG = '!!str';

const KIND_NAMES: Readonly<Record<NodeKind, string>> = {
  document: 'DocumentNode',
  mapping: 'MappingNode',
  sequence: 'SequenceNode',
  scalar: 'ScalarNode',
  alias: 'AliasNode',
};

/** A node of the wrong kind; `actual` for callers that word it differently. */
export class WrongKindError extends KustomizeError {
  readonly actual: NodeKind;

  constructor(expected: NodeKind, node: Node) {
    let text = `wrong node kind: expected ${KIND_NAMES[expected]} but got ${KIND_NAMES[node.kind]}`;
    try {
      text += `: node contents:\n${emitNode(node)}`;
    } catch {
      // A node that cannot be written is named by its kind only.
    }
    super(text);
    this.actual = node.kind;
  }
}

export function isMissingOrNull(node: Node | undefined): boolean {
  return node === undefined || node.tag === NULL_TAG;
}

export function isNull(node: Node | undefined): boolean {
  return node !== undefined && node.tag === NULL_TAG;
}

export function isNilOrEmpty(node: Node | undefined): boolean {
  if (node === undefined || node.tag === NULL_TAG) return true;
  return (node.kind === 'mapping' || node.kind === 'sequence') && node.content.length === 0;
}

export function isString(node: Node): boolean {
  return node.kind === 'scalar' && (node.tag === STRING_TAG || node.tag === '');
}

/** Passes what is missing or null: it has no kind yet. */
export function expectKind(node: Node | undefined, kind: NodeKind): void {
  if (node !== undefined && node.tag !== NULL_TAG && node.kind !== kind) throw new WrongKindError(kind, node);
}

/** The first entry of that name, whatever the node is. */
export function entry(node: Node | undefined, name: string): Node | undefined {
  if (node === undefined) return undefined;
  const content = node.content;
  for (let i = 0; i < content.length; i += 2) {
    if (content[i]?.value === name) return content[i + 1];
  }
  return undefined;
}

/** The field of a map; nothing of a null; an error of anything else. */
export function field(node: Node | undefined, name: string): Node | undefined {
  if (node === undefined || node.tag === NULL_TAG) return undefined;
  if (node.kind !== 'mapping') throw new WrongKindError('mapping', node);
  return entry(node, name);
}

/** The text of a node; empty when it is missing or null. */
export function valueOf(node: Node | undefined): string {
  return node === undefined || node.tag === NULL_TAG ? '' : node.value;
}

export function stringNode(value: string, style = 0): Node {
  const node = new Node('scalar', STRING_TAG, value);
  node.style = style;
  return node;
}

/** A key as it reads when it is written plain: `1` or `true` are no strings then. */
export function keyNode(name: string): Node {
  return new Node('scalar', plainTag(name, 'v3'), name);
}

/** A scalar whose type its text decides. */
export function plainNode(value: string): Node {
  return new Node('scalar', '', value);
}

/** Makes `target` what `source` is, in place; collections are shared, not copied. */
export function become(target: Node, source: Node): void {
  if (target === source) return;
  target.kind = source.kind;
  target.tag = source.tag;
  target.value = source.value;
  target.style = source.style;
  target.anchor = source.anchor;
  target.alias = source.alias;
  target.content = source.content;
  target.line = source.line;
  target.column = source.column;
}

export function copyNode(node: Node): Node {
  const content = node.content;
  const length = content.length;
  let copied: Node[];
  if (length === 0) copied = [];
  else {
    copied = Array.from<Node>({ length });
    for (let i = 0; i < length; i++) copied[i] = copyNode(content[i] as Node);
  }
  const copy = new Node(node.kind, node.tag, node.value, copied);
  copy.style = node.style;
  copy.line = node.line;
  copy.column = node.column;
  if (node.anchor !== '') copy.anchor = node.anchor;
  if (node.alias !== undefined) copy.alias = node.alias;
  return copy;
}

/** Removes the first entry of that name. */
export function clearField(node: Node, name: string): Node | undefined {
  expectKind(node, 'mapping');
  const content = node.content;
  for (let i = 0; i < content.length; i += 2) {
    if (content[i]?.value === name) {
      const removed = content[i + 1];
      content.splice(i, 2);
      return removed;
    }
  }
  return undefined;
}

/**
 * Sets a field. An existing value keeps its node and its style; a new plain string that YAML 1.1 would read as
 * something else is quoted. A null clears the field unless `keepNull`.
 */
export function setField(node: Node, name: string, value: Node | undefined, keepNull = false): void {
  if (value !== undefined) quoteForYaml11(value);
  if (value === undefined || (value.tag === NULL_TAG && !keepNull)) {
    clearField(node, name);
    return;
  }
  const existing = field(node, name);
  if (existing === undefined) {
    node.content.push(keyNode(name), value);
    return;
  }
  value.style = existing.style;
  become(existing, value);
}

/** Sets a scalar in place; text and tag come from outside, the style stays. */
export function setScalar(node: Node, value: string, tag: string): void {
  expectKind(node, 'scalar');
  if (tag === NULL_TAG) return;
  node.kind = 'scalar';
  node.value = value;
  node.tag = tag;
  node.content = [];
}

function quoteForYaml11(node: Node): void {
  if (node.style === 0 && isString(node) && isYaml11NonString(node.value)) node.style = 2;
}

/** Plain words that no YAML 1.1 reader takes for anything but a string. */
const SAFE_WORD = /^[A-Za-z][A-Za-z0-9._/-]*$/;
const KEYWORDS: ReadonlySet<string> = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null']);

function isYaml11NonString(value: string): boolean {
  if (value === '' || value.includes('\n')) return false;
  if (SAFE_WORD.test(value)) return KEYWORDS.has(value.toLowerCase()) && readsAsNonString(value);
  return readsAsNonString(value);
}

function readsAsNonString(value: string): boolean {
  try {
    return typeof decodeV2(value) !== 'string';
  } catch {
    return false;
  }
}
