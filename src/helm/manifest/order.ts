// The order kinds are installed and uninstalled in.
import { compareStrings } from '#lib/go-string';
import type { HelmMajor } from '../chart/files-to-chart.ts';

const install = [
  'PriorityClass',
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodSecurityPolicy',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'SecretList',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleList',
  'ClusterRoleBinding',
  'ClusterRoleBindingList',
  'Role',
  'RoleList',
  'RoleBinding',
  'RoleBindingList',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'IngressClass',
  'Ingress',
  'APIService',
] as const;

// Not the reverse of the above: services go early.
const uninstall = [
  'APIService',
  'Ingress',
  'IngressClass',
  'Service',
  'CronJob',
  'Job',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'Pod',
  'DaemonSet',
  'RoleBindingList',
  'RoleBinding',
  'RoleList',
  'Role',
  'ClusterRoleBindingList',
  'ClusterRoleBinding',
  'ClusterRoleList',
  'ClusterRole',
  'CustomResourceDefinition',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'StorageClass',
  'ConfigMap',
  'SecretList',
  'Secret',
  'ServiceAccount',
  'PodDisruptionBudget',
  'PodSecurityPolicy',
  'LimitRange',
  'ResourceQuota',
  'NetworkPolicy',
  'Namespace',
  'PriorityClass',
] as const;

/** Ranks of kinds; a kind that is not in it comes after all others, by name. */
export type KindOrder = ReadonlyMap<string, number>;

function ranks(kinds: readonly string[]): KindOrder {
  return new Map(kinds.map((kind, rank) => [kind, rank]));
}

const installOrders: Readonly<Record<HelmMajor, KindOrder>> = {
  3: ranks(install),
  4: ranks([...install, 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']),
};

const uninstallOrders: Readonly<Record<HelmMajor, KindOrder>> = {
  3: ranks(uninstall),
  4: ranks(['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', ...uninstall]),
};

export function installOrder(helm: HelmMajor = 3): KindOrder {
  return installOrders[helm];
}

export function uninstallOrder(helm: HelmMajor = 3): KindOrder {
  return uninstallOrders[helm];
}

/** Sorts by kind; what is equal stays in its order. */
export function sortByKind<T>(items: readonly T[], order: KindOrder, kindOf: (item: T) => string): T[] {
  return items.toSorted((a, b) => {
    const kindA = kindOf(a);
    const kindB = kindOf(b);
    const rankA = order.get(kindA);
    const rankB = order.get(kindB);
    if (rankA === undefined && rankB === undefined) return compareStrings(kindA, kindB);
    return (rankA ?? Number.POSITIVE_INFINITY) - (rankB ?? Number.POSITIVE_INFINITY);
  });
}
