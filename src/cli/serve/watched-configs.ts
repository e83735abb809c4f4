// ConfigMaps and Secrets whose changes count at once: those with the label that says so.
import type { Informer } from '#kube/informer';
import type { ResourceRef } from '#kube/object';
import type { ServeContext } from './context.ts';

const labelSelector = 'reconcile.fluxcd.io/watch=Enabled';

/** By kind; the watches are shared by all who ask. */
export function watchedConfigs({ informers, flags, namespace }: ServeContext): Map<string, Informer> {
  const scope = flags.watchAllNamespaces ? {} : { namespace };
  const acquire = (plural: string): Informer => {
    const ref: ResourceRef = { group: '', version: 'v1', plural, namespaced: true };
    return informers.acquire(ref, { ...scope, labelSelector, metadataOnly: true });
  };
  return new Map([
    ['ConfigMap', acquire('configmaps')],
    ['Secret', acquire('secrets')],
  ]);
}
