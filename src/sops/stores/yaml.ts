// YAML, comments included: SOPS encrypts those too.
import {
  emitDocuments,
  isObject,
  Node,
  nodeToValue,
  parseDocuments,
  plainTag,
  QUOTED,
  resolvePlain,
  valueToNode,
  type GoValue,
} from '#goyaml/index';
import { explained, SopsError } from '../errors.ts';
import { metadataKey, metadataOf } from '../metadata.ts';
import { Branch, Comment, isList, Time, type Item, type TreeValue } from '../tree.ts';
import type { EncryptedTree, Store } from './store.ts';

const layout = { indent: 4, sequences: 'wide' } as const;
/** Nodes of a document, each alias counted with all it stands for. */
const maxNodes = 1_000_000;

export const yamlStore: Store = {
  read: readYaml,
  write(branches) {
    const documents = branches.map((branch) => new Node('document', '', '', [branchNode(branch)]));
    return emitDocuments(documents, layout);
  },
};

function readYaml(text: string): EncryptedTree {
  const failed = 'Error unmarshalling input yaml';
  const documents = explained('SOPS_FORMAT', failed, () => parseDocuments(text, { comments: true }));
  const first = documents[0];
  const value = first && explained('SOPS_FORMAT', failed, () => nodeToValue(first, { integers: 'bigint' }));
  const metadata = metadataOf(isObject(value) ? value[metadataKey] : undefined);
  const branches = documents.map((document) => new YamlTree().document(document).without(metadataKey));
  return { metadata, branches };
}

class YamlTree {
  #nodes = 0;

  document(document: Node): Branch {
    return new Branch(this.#items(document, false));
  }

  /** `told`: the node's comments stand in the list already. */
  #items(node: Node, told: boolean): Item[] {
    const items = this.#content(node);
    return told ? items : [...comments(node.headComment, node.lineComment), ...items, ...comments(node.footComment)];
  }

  #content(node: Node): Item[] {
    this.#count();
    switch (node.kind) {
      case 'document':
        return node.content.flatMap((child) => this.#items(child, false));
      case 'alias':
        return node.alias === undefined ? [] : this.#items(node.alias, false);
      case 'sequence':
        throw unsupported('sequences');
      case 'scalar':
        if (node.tag === '!!null') return [];
        throw unsupported('values');
      default:
        return this.#pairs(node.content);
    }
  }

  #pairs(content: readonly Node[]): Item[] {
    const items: Item[] = [];
    for (let at = 0; at < content.length; at += 2) {
      const [key, value] = [content[at]!, content[at + 1]!];
      const told = value.kind === 'scalar' || value.kind === 'alias';
      items.push(...comments(key.headComment, key.lineComment));
      if (told) items.push(...comments(value.headComment, value.lineComment));
      items.push({ key: keyOf(key), value: this.#value(value, told) });
      if (told) items.push(...comments(value.footComment));
      items.push(...comments(key.footComment));
    }
    return items;
  }

  #value(node: Node, told: boolean): TreeValue {
    this.#count();
    switch (node.kind) {
      case 'mapping':
        return new Branch(this.#items(node, told));
      case 'sequence':
        return this.#list(node, told);
      case 'alias':
        return node.alias === undefined ? null : this.#value(node.alias, false);
      default:
        return scalarOf(node);
    }
  }

  #list(node: Node, told: boolean): TreeValue[] {
    const values = node.content.flatMap((item) => [
      ...comments(item.headComment, item.lineComment),
      this.#value(item, true),
      ...comments(item.footComment),
    ]);
    return told ? values : [...comments(node.headComment, node.lineComment), ...values, ...comments(node.footComment)];
  }

  #count(): void {
    if (++this.#nodes > maxNodes) throw new SopsError('SOPS_FORMAT', `the document has more than ${maxNodes} nodes`);
  }
}

function unsupported(what: string): SopsError {
  const message = `Error unmarshaling input YAML: YAML documents that are ${what} are not supported`;
  return new SopsError('SOPS_FORMAT', message);
}

function comments(...texts: readonly string[]): Comment[] {
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .map((line) => new Comment(line.slice(1)));
}

function keyOf(node: Node): string {
  const key = scalarOf(node.kind === 'alias' && node.alias !== undefined ? node.alias : node);
  if (typeof key === 'string') return key;
  throw new SopsError('SOPS_FORMAT', 'Tree contains a non-string key. Only string keys are supported');
}

function scalarOf(node: Node): TreeValue {
  const isPlain = node.kind === 'scalar' && (node.style & QUOTED) === 0;
  if (isPlain && plainTag(node.value, 'v3') === '!!timestamp' && node.tag === '!!timestamp') {
    return new Time((resolvePlain(node.value, 'v3', true)!.value as { text: string }).text);
  }
  if (node.tag === '!!merge') return node.value;
  const value: GoValue = explained('SOPS_FORMAT', 'Error unmarshaling input YAML', () =>
    nodeToValue(node, { integers: 'bigint' }),
  );
  return typeof value === 'object' && value !== null ? null : value;
}

function branchNode(branch: Branch): Node {
  const mapping = new Node('mapping');
  let pending: string[] = [];
  for (const item of branch.items) {
    if (item instanceof Comment) {
      pending.push(item.text);
      continue;
    }
    // What stands before the first key belongs to the whole.
    if (mapping.content.length === 0) pending = addHead(mapping, pending);
    const key = item.key === '<<' ? new Node('scalar', '!!merge', item.key) : valueToNode(item.key);
    pending = addHead(key, pending);
    mapping.content.push(key, treeNode(item.value));
  }
  addTail(mapping, mapping.content.at(-2), pending);
  return mapping;
}

function listNode(list: readonly TreeValue[]): Node {
  const sequence = new Node('sequence');
  let pending: string[] = [];
  for (const value of list) {
    if (value instanceof Comment) {
      pending.push(value.text);
      continue;
    }
    if (sequence.content.length === 0) pending = addHead(sequence, pending);
    const node = treeNode(value);
    pending = addHead(node, pending);
    sequence.content.push(node);
  }
  addTail(sequence, sequence.content.at(-1), pending);
  return sequence;
}

function treeNode(value: TreeValue): Node {
  if (value instanceof Branch) return branchNode(value);
  if (isList(value)) return listNode(value);
  if (value instanceof Time) return new Node('scalar', '', value.text);
  return valueToNode(value instanceof Comment ? value.text : value);
}

/** Returns what is pending then: nothing. */
function addHead(node: Node, pending: readonly string[]): string[] {
  if (pending.length > 0) node.headComment = [commentText(pending), node.headComment].filter(Boolean).join('\n');
  return [];
}

function addTail(whole: Node, last: Node | undefined, pending: readonly string[]): void {
  if (pending.length === 0) return;
  if (last === undefined) addHead(whole, pending);
  else last.footComment = [last.footComment, commentText(pending)].filter(Boolean).join('\n');
}

function commentText(lines: readonly string[]): string {
  return lines.map((line) => `#${line}`).join('\n');
}
