// From the text of a file to the trees of its resources: documents split, lists taken apart, anchors expanded.
import { hash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { type Node, marshalJSON, nodeToValue, parseFirst } from '#goyaml/index';
import { KustomizeError, limitError, wrapError } from './errors.ts';
import { copyNode, entry, isMissingOrNull, isNilOrEmpty, valueOf } from './fields/node.ts';
import { expandAnchors } from './anchors.ts';
import { mapText } from './go-text.ts';

export interface DocumentLimits {
  readonly expandedNodes: number;
  readonly resources: number;
}

/** Parsed files by the digest of their text, shared by the builds of one worker. */
export class ParseCache {
  readonly #entries = new Map<string, { readonly nodes: readonly Node[]; readonly size: number }>();
  readonly #capacity: number;
  #size = 0;

  /** @param capacity characters of source text to keep parsed; 0 keeps nothing, which a single build does best with */
  constructor(capacity = 6 * 1024 * 1024) {
    this.#capacity = capacity;
  }

  get isOff(): boolean {
    return this.#capacity === 0;
  }

  get(key: string): readonly Node[] | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found.nodes;
  }

  set(key: string, nodes: readonly Node[], size: number): void {
    if (size > this.#capacity / 4) return;
    this.#entries.set(key, { nodes, size });
    this.#size += size;
    for (const [oldest, { size: freed }] of this.#entries) {
      if (this.#size <= this.#capacity) return;
      this.#entries.delete(oldest);
      this.#size -= freed;
    }
  }
}

/** The resources of a text, as trees that belong to the caller. */
export function readDocuments(source: string | Buffer, cache: ParseCache, limits: DocumentLimits): Node[] {
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  if (cache.isOff) return inlineLists(dropBad(parseAll(text, limits)), limits);
  const key = hash('sha256', text, 'base64');
  const known = cache.get(key);
  if (known !== undefined) return known.map(copyNode);
  const nodes = inlineLists(dropBad(parseAll(text, limits)), limits);
  cache.set(key, nodes.map(copyNode), text.length);
  return nodes;
}

function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new KustomizeError('MalformedYAMLError: yaml: invalid leading UTF-8 octet');
  return bytes.toString('utf8');
}

const SEPARATOR = /\n---[^\n]*\n/g;

/** kustomize splits by lines that start with `---`, wherever they stand, and reads one document of each piece. */
function splitDocuments(text: string): string[] {
  if (text === '') return [];
  const pieces: string[] = [];
  let from = 0;
  for (const match of text.matchAll(SEPARATOR)) {
    const after = match[0].slice(4).trim();
    if (after !== '' && !after.startsWith('#')) {
      throw new KustomizeError(`invalid document separator: ${match[0].trim()}`);
    }
    pieces.push(text.slice(from, match.index + 1));
    from = match.index + match[0].length;
  }
  pieces.push(text.slice(from));
  return pieces;
}

function parseAll(text: string, limits: DocumentLimits): Node[] {
  const pieces = splitDocuments(text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text);
  const nodes: Node[] = [];
  for (const piece of pieces) {
    const root = parseOne(piece);
    if (root === undefined || isMissingOrNull(root)) continue;
    const items = pieces.length === 1 ? listItems(root) : undefined;
    if (items === undefined) nodes.push(root);
    else nodes.push(...items);
  }
  if (nodes.length > limits.resources) throw limitError(`a file holds more than ${limits.resources} resources`);
  if (/[&*]|<</.test(text)) {
    const budget = { nodes: limits.expandedNodes };
    return nodes.map((node) => expandAnchors(node, budget));
  }
  return nodes;
}

function parseOne(piece: string): Node | undefined {
  try {
    return parseFirst(piece)?.content[0];
  } catch (error) {
    throw wrapError(error, 'MalformedYAMLError');
  }
}

/** The items of a lone List or ResourceList. */
function listItems(root: Node): readonly Node[] | undefined {
  if (root.kind !== 'mapping') return undefined;
  const kind = valueOf(entry(root, 'kind'));
  if (kind !== 'List' && kind !== 'ResourceList') return undefined;
  const items = entry(root, 'items');
  if (items === undefined && entry(root, 'functionConfig') === undefined) return undefined;
  return items?.content ?? [];
}

function dropBad(nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => {
    if (isNilOrEmpty(node)) return false;
    checkMetadata(node);
    return true;
  });
}

interface Meta {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

/** Every resource has a kind and, unless it is a list, a name. */
export function checkMetadata(node: Node): void {
  const metadata = node.kind === 'mapping' ? entry(node, 'metadata') : undefined;
  const top = (name: string): Node | undefined => (node.kind === 'mapping' ? present(entry(node, name)) : undefined);
  const inner = (name: string): Node | undefined =>
    metadata?.kind === 'mapping' ? present(entry(metadata, name)) : undefined;
  const parts = [
    top('apiVersion'),
    top('kind'),
    inner('name'),
    inner('namespace'),
    inner('labels'),
    inner('annotations'),
  ];
  if (parts.every((part) => part === undefined)) throw new KustomizeError('missing Resource metadata');
  const meta: Meta = {
    apiVersion: valueOf(parts[0]),
    kind: valueOf(parts[1]),
    name: parts[2]?.value ?? '',
    namespace: valueOf(parts[3]),
  };
  const text = (): string =>
    `{{${meta.apiVersion} ${meta.kind}} {{${meta.name} ${meta.namespace}} ` +
    `${mapText(texts(parts[4]))} ${mapText(texts(parts[5]))}}}`;
  if (meta.kind === '') throw new KustomizeError(`missing kind in object ${text()}`);
  if (meta.name === '' && !meta.kind.endsWith('List')) {
    throw new KustomizeError(`missing metadata.name in object ${text()}`);
  }
}

function present(node: Node | undefined): Node | undefined {
  return isNilOrEmpty(node) ? undefined : node;
}

function texts(node: Node | undefined): Record<string, string> {
  const out = Object.create(null) as Record<string, string>;
  const content = node?.kind === 'mapping' ? node.content : [];
  for (let i = 0; i < content.length; i += 2) out[content[i]?.value ?? ''] = valueOf(content[i + 1]);
  return out;
}

/** Kinds that end in `List` and have items give way to them; the items go to the end. */
function inlineLists(nodes: readonly Node[], limits: DocumentLimits): Node[] {
  if (!nodes.some((node) => isList(node))) return [...nodes];
  const queue = [...nodes];
  const out: Node[] = [];
  for (let i = 0; i < queue.length; i++) {
    if (queue.length > limits.resources) throw limitError(`a file holds more than ${limits.resources} resources`);
    const node = queue[i] as Node;
    const items = isList(node) ? entry(node, 'items') : undefined;
    if (items === undefined) {
      out.push(node);
      continue;
    }
    if (isMissingOrNull(items)) continue;
    if (items.kind !== 'sequence') {
      throw new KustomizeError(
        `expected array in ${entry(node, 'kind')?.value ?? ''}/items, but found ${goTypeOf(items)}`,
      );
    }
    for (const item of items.content) {
      const inner = parseOne(marshalJSON(nodeToValue(item)));
      if (inner !== undefined) queue.push(...dropBad([inner]));
    }
  }
  return out;
}

function isList(node: Node): boolean {
  return entry(node, 'kind')?.value.endsWith('List') === true;
}

function goTypeOf(node: Node): string {
  if (node.kind === 'mapping') return 'map[string]interface {}';
  const types: Readonly<Record<string, string>> = { '!!int': 'int', '!!float': 'float64', '!!bool': 'bool' };
  return types[node.tag] ?? 'string';
}
