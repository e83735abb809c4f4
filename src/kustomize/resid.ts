// Identities of resources: group, version and kind, name, and the namespace that counts.
import type { GroupVersionKind } from '#api/group-version';

export type Gvk = GroupVersionKind;

/** Parts of a Gvk; an absent or empty one stands for anything. */
export type GvkSelector = Partial<Gvk>;

export interface ResId extends Gvk {
  readonly name: string;
  /** As written; empty when there is none. */
  readonly namespace: string;
  /** Known for certain to live outside of namespaces. */
  readonly clusterScoped: boolean;
}

const NOT_A_NAMESPACE = '_non_namespaceable_';
const DEFAULT_NAMESPACE = 'default';

/** `Kind.version.group` with placeholders for what is empty. */
export function gvkText(gvk: GvkSelector): string {
  return `${gvk.kind || '[noKind]'}.${gvk.version || '[noVer]'}.${gvk.group || '[noGrp]'}`;
}

/** `Kind.version.group/name.namespace`. */
export function idText(id: GvkSelector & { readonly name?: string; readonly namespace?: string }): string {
  return `${gvkText(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`;
}

/** The namespace that counts: none and `default` are one, everything cluster-scoped shares a bucket. */
export function effectiveNamespace(id: Pick<ResId, 'namespace' | 'clusterScoped'>): string {
  if (id.clusterScoped) return NOT_A_NAMESPACE;
  return id.namespace === '' ? DEFAULT_NAMESPACE : id.namespace;
}

export function isSelected(gvk: Gvk, selector: GvkSelector): boolean {
  return (
    (!selector.kind || selector.kind === gvk.kind) &&
    (!selector.group || selector.group === gvk.group) &&
    (!selector.version || selector.version === gvk.version)
  );
}

export function sameGvk(a: Gvk, b: Gvk): boolean {
  return a.kind === b.kind && a.version === b.version && a.group === b.group;
}

/** Equal keys: equal identities. */
export function idKey(id: ResId): string {
  return `${id.kind}\n${id.name}\n${effectiveNamespace(id)}\n${id.version}\n${id.group}`;
}

/** A selector of exact values, as replacements use it: empty stands for anything. */
export interface IdSelector extends GvkSelector {
  readonly name?: string;
  readonly namespace?: string;
}

export function isSelectedBy(id: ResId, selector: IdSelector): boolean {
  return (
    (!selector.name || selector.name === id.name) &&
    (!selector.namespace ||
      effectiveNamespace({ namespace: selector.namespace, clusterScoped: false }) === effectiveNamespace(id)) &&
    isSelected(id, selector)
  );
}

export function isEmptySelector(selector: IdSelector): boolean {
  return !selector.group && !selector.version && !selector.kind && !selector.name && !selector.namespace;
}
