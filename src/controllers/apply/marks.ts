// Labels and annotations by which people steer what happens to a managed object.
import type { KubeObject } from '#kube/object';

const group = 'kustomize.toolkit.fluxcd.io';
export const ownerNameLabel = `${group}/name`;
export const ownerNamespaceLabel = `${group}/namespace`;

/** Whether a label or annotation of the group has the value, case ignored. */
function marked(object: KubeObject | undefined, key: string, value: string): boolean {
  const wanted = value.toLowerCase();
  const full = `${group}/${key}`;
  const { labels, annotations } = object?.metadata ?? {};
  return labels?.[full]?.toLowerCase() === wanted || annotations?.[full]?.toLowerCase() === wanted;
}

/** Not to be applied: said by the manifest, or by the object in the cluster. */
export function applyDisabled(desired: KubeObject, live: KubeObject | undefined): boolean {
  for (const object of [desired, live]) {
    if (marked(object, 'reconcile', 'disabled') || marked(object, 'ssa', 'Ignore')) return true;
  }
  return live !== undefined && marked(desired, 'ssa', 'IfNotPresent');
}

/** Fields of other tools stay theirs. */
export function keepsOtherManagers(desired: KubeObject, live: KubeObject | undefined): boolean {
  return marked(desired, 'ssa', 'Merge') || marked(live, 'ssa', 'Merge');
}

/** May be deleted and made anew when a field of it cannot be changed. */
export function mayRecreate(desired: KubeObject, live: KubeObject | undefined): boolean {
  return marked(desired, 'force', 'enabled') || marked(live, 'force', 'enabled');
}

/** Not to be deleted. */
export function pruneDisabled(live: KubeObject): boolean {
  return marked(live, 'prune', 'disabled') || marked(live, 'reconcile', 'disabled') || marked(live, 'ssa', 'Ignore');
}

/** `namespace/name` of the Kustomization the labels name. */
export function ownerKeyOf(live: KubeObject): string {
  const labels = live.metadata.labels ?? {};
  return `${labels[ownerNamespaceLabel] ?? ''}/${labels[ownerNameLabel] ?? ''}`;
}

export function ownedBy(live: KubeObject, owner: { readonly namespace: string; readonly name: string }): boolean {
  const labels = live.metadata.labels ?? {};
  return labels[ownerNameLabel] === owner.name && labels[ownerNamespaceLabel] === owner.namespace;
}
