// ConfigMaps and Secrets whose changes count at once: those with the label that says so.
import type { Informer } from '#kube/informer';
import type { ResourceRef } from '#kube/object';
import { configMaps, secrets } from '#kube/resources';
import type { ServeContext } from './context.ts';

const labelSelector = 'reconcile.fluxcd.io/watch=Enabled';

/** By kind; the watches are shared by all who ask. */
export function watchedConfigs({ informers, flags, namespace }: ServeContext): Map<string, Informer> {
  const scope = flags.watchAllNamespaces ? {} : { namespace };
  const acquire = (ref: ResourceRef): Informer =>
    informers.acquire(ref, { ...scope, labelSelector, metadataOnly: true });
  return new Map([
    ['ConfigMap', acquire(configMaps)],
    ['Secret', acquire(secrets)],
  ]);
}
