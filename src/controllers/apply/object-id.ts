// How applied objects are named: in inventories, in messages, and the order they are applied in.
import { parseApiVersion } from '#api/group-version';
import type { KubeObject, Unstructured } from '#kube/object';

/** Names an object for good: group and kind, not version. */
export interface ObjectId {
  readonly group: string;
  readonly kind: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/** One line of an inventory, as Flux stores it. */
export interface InventoryEntry {
  /** `<namespace>_<name>_<group>_<kind>`. */
  readonly id: string;
  /** Version without group. */
  readonly v: string;
}

/** Names of these kinds may hold colons, which are written `__`. */
const colonKinds = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);

export function objectIdOf(object: KubeObject): ObjectId {
  const { namespace = '', name = '' } = object.metadata;
  return { group: parseApiVersion(object.apiVersion ?? '').group, kind: object.kind ?? '', namespace, name };
}

export function formatObjectId({ group, kind, namespace, name }: ObjectId): string {
  const encoded = group === 'rbac.authorization.k8s.io' && colonKinds.has(kind) ? name.replaceAll(':', '__') : name;
  return `${namespace}_${encoded}_${group}_${kind}`;
}

/** Undefined for what no object can be called. */
export function parseObjectId(text: string): ObjectId | undefined {
  const first = text.indexOf('_');
  const last = text.lastIndexOf('_');
  const middle = text.lastIndexOf('_', last - 1);
  if (first < 0 || middle <= first) return undefined;
  const name = text.slice(first + 1, middle).replaceAll('__', ':');
  if (name.includes('_')) return undefined;
  return { namespace: text.slice(0, first), name, group: text.slice(middle + 1, last), kind: text.slice(last + 1) };
}

export function inventoryEntry(object: KubeObject): InventoryEntry {
  return { id: formatObjectId(objectIdOf(object)), v: parseApiVersion(object.apiVersion ?? '').version };
}

/** `Kind/namespace/name`, or `Kind/name`: how Flux's messages name an object. */
export function subjectOf({ kind, namespace, name }: Pick<ObjectId, 'kind' | 'namespace' | 'name'>): string {
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

const firstKinds = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const lastKinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const weights: ReadonlyMap<string, number> = new Map([
  ...firstKinds.map((kind, i): [string, number] => [kind, i - firstKinds.length]),
  ...lastKinds.map((kind, i): [string, number] => [kind, i + 1]),
]);

/** Smaller is applied sooner and deleted later. */
export function kindWeight(kind: string): number {
  return weights.get(kind) ?? 0;
}

/** The order within a stage: by weight, then group, kind, namespace, name. */
export function compareApplyOrder(a: ObjectId, b: ObjectId): number {
  return (
    kindWeight(a.kind) - kindWeight(b.kind) ||
    compareText(a.group, b.group) ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Definitions others need, classes, the kinds that are to come first of what is left, and that. */
export const stages = ['definitions', 'classes', 'custom', 'rest'] as const;
export type Stage = (typeof stages)[number];

/** `custom`: kinds as `group/Kind`, or `Kind` in the core group. */
export function stageOf(object: Unstructured, custom: readonly string[] = []): Stage {
  const { group, kind } = objectIdOf(object);
  const isDefinition =
    (kind.toLowerCase() === 'customresourcedefinition' && group === 'apiextensions.k8s.io') ||
    (kind === 'Namespace' && group === '') ||
    (kind === 'ClusterRole' && group === 'rbac.authorization.k8s.io');
  if (isDefinition) return 'definitions';
  if (kind.endsWith('Class')) return 'classes';
  return custom.includes(group === '' ? kind : `${group}/${kind}`) ? 'custom' : 'rest';
}
