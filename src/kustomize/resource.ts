// One resource under construction: its node tree, and beside it what the build must remember of it.
import { parseApiVersion } from '#api/group-version';
import type { Node } from '#goyaml/index';
import { copyNode, entry, isNilOrEmpty, setField, clearField, stringNode } from './fields/node.ts';
import { lookupCreate, setPlain } from './fields/path.ts';
import { effectiveNamespace, type Gvk, type ResId } from './resid.ts';
import type { Schema } from './schema/schema.ts';
import * as state from './resource-state.ts';

export type Behavior = 'unspecified' | 'create' | 'replace' | 'merge';

/** The name, effective namespace and kind that a resource had before a step changed one of them. */
export interface FormerId {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
}

/**
 * kustomize keeps this state in annotations of the object; here it lives beside the tree, so that no step has to
 * write, parse and strip it. Where the annotations would show (JSON patches, error texts) they are made on demand.
 */
export class Resource {
  /** Undefined once a patch has deleted the resource. */
  node: Node | undefined;
  former: readonly FormerId[] = [];
  prefixes: readonly string[] = [];
  suffixes: readonly string[] = [];
  behavior: Behavior = 'unspecified';
  needsHash = false;
  allowNameChange = false;
  allowKindChange = false;
  /** Names of the vars that read a field of this resource. */
  varNames: readonly string[] = [];
  /** Texts of the ids of the resources found to refer to this one. */
  referredBy: string[] = [];
  /** Where it stands in the list that an index was made of. */
  position = 0;
  readonly #schema: Schema;

  constructor(node: Node, schema: Schema) {
    this.node = node;
    this.#schema = schema;
    state.takeFromAnnotations(this, node);
  }

  copy(): Resource {
    const copy = new Resource(copyNode(this.root), this.#schema);
    copy.former = this.former;
    copy.prefixes = this.prefixes;
    copy.suffixes = this.suffixes;
    copy.behavior = this.behavior;
    copy.needsHash = this.needsHash;
    copy.allowNameChange = this.allowNameChange;
    copy.allowKindChange = this.allowKindChange;
    copy.varNames = this.varNames;
    copy.referredBy = [...this.referredBy];
    return copy;
  }

  /** The tree; only for resources that were not deleted. */
  get root(): Node {
    if (this.node === undefined) throw new TypeError('a deleted resource was used');
    return this.node;
  }

  get isEmpty(): boolean {
    return isNilOrEmpty(this.node);
  }

  get kind(): string {
    return entry(this.node, 'kind')?.value ?? '';
  }

  get apiVersion(): string {
    return entry(this.node, 'apiVersion')?.value ?? '';
  }

  get name(): string {
    return this.#metadataText('name');
  }

  get namespace(): string {
    return this.#metadataText('namespace');
  }

  get gvk(): Gvk {
    const { group, version } = parseApiVersion(this.apiVersion);
    return { group, version, kind: this.kind };
  }

  /** What the resource is now. */
  get id(): ResId {
    const apiVersion = this.apiVersion;
    const kind = this.kind;
    const { group, version } = parseApiVersion(apiVersion);
    return {
      group,
      version,
      kind,
      name: this.name,
      namespace: this.namespace,
      clusterScoped: this.#schema.isClusterScoped(apiVersion, kind),
    };
  }

  /** What the resource was, oldest first. Group and version are always today's. */
  get formerIds(): readonly ResId[] {
    if (this.former.length === 0) return NONE;
    const { group, version } = parseApiVersion(this.apiVersion);
    return this.former.map(({ name, namespace, kind }) => ({
      group,
      version,
      kind,
      name,
      namespace,
      clusterScoped: false,
    }));
  }

  /** What the resource was when it was read. */
  get originalId(): ResId {
    return this.formerIds[0] ?? this.id;
  }

  /** Remembers what the resource is, before a step changes it. */
  rememberId(): void {
    const id = this.id;
    if (id.name === '' || id.kind === '') return;
    this.former = [...this.former, { name: id.name, namespace: effectiveNamespace(id), kind: id.kind }];
  }

  addPrefix(prefix: string): void {
    if (prefix !== '') this.prefixes = [...this.prefixes, prefix];
  }

  addSuffix(suffix: string): void {
    if (suffix !== '') this.suffixes = [...this.suffixes, suffix];
  }

  setName(name: string): void {
    setPlain(this.root, name, 'metadata', 'name');
  }

  setKind(kind: string): void {
    setPlain(this.root, kind, 'kind');
  }

  setApiVersion(apiVersion: string): void {
    setPlain(this.root, apiVersion, 'apiVersion');
  }

  setNamespace(namespace: string): void {
    if (namespace !== '') {
      setPlain(this.root, namespace, 'metadata', 'namespace');
      return;
    }
    const metadata = entry(this.node, 'metadata');
    if (metadata !== undefined) clearField(metadata, 'namespace');
  }

  get annotations(): Map<string, string> {
    return this.#metadataMap('annotations');
  }

  get labels(): Map<string, string> {
    return this.#metadataMap('labels');
  }

  setAnnotations(annotations: ReadonlyMap<string, string>): void {
    this.#setMetadataMap('annotations', annotations);
  }

  setLabels(labels: ReadonlyMap<string, string>): void {
    this.#setMetadataMap('labels', labels);
  }

  #metadataText(name: string): string {
    const metadata = entry(this.node, 'metadata');
    if (isNilOrEmpty(metadata)) return '';
    const node = entry(metadata, name);
    return isNilOrEmpty(node) ? '' : (node?.value ?? '');
  }

  #metadataMap(name: string): Map<string, string> {
    const content = entry(entry(this.node, 'metadata'), name)?.content ?? [];
    const map = new Map<string, string>();
    for (let i = 0; i < content.length; i += 2) map.set(content[i]?.value ?? '', content[i + 1]?.value ?? '');
    return map;
  }

  /** As kustomize does: all values become strings, an empty map goes away. */
  #setMetadataMap(name: string, map: ReadonlyMap<string, string>): void {
    const metadata = lookupCreate(this.root, 'mapping', ['metadata']);
    clearField(metadata, name);
    if (map.size === 0) return;
    const target = lookupCreate(metadata, 'mapping', [name]);
    for (const [key, value] of map) setField(target, key, stringNode(value));
  }
}

const NONE: readonly ResId[] = [];

/** Do two resources come through the same layers? `lenient`: one that came through none fits any. */
export function sameAffixes(a: Resource, b: Resource, lenient: boolean): boolean {
  return fits(a.prefixes, b.prefixes, lenient) && fits(a.suffixes, b.suffixes, lenient);
}

function fits(a: readonly string[], b: readonly string[], lenient: boolean): boolean {
  const [short, long] = a.length > b.length ? [b, a] : [a, b];
  if (short.length === 0) return lenient || long.length === 0;
  const offset = long.length - short.length;
  return short.every((affix, i) => long[i + offset] === affix);
}
