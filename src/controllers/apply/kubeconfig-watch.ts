// Objects that act on other clusters, woken when what leads there changes.
import type { Informer } from '#kube/informer';
import { keyOf, type KubeObject } from '#kube/object';
import { namedObjectId } from '#runtime/named-objects';
import { Priority, type WorkQueue } from '#runtime/queue';
import type { ClusterAccess } from './cluster-access.ts';
import { namedBy, type KubeConfigReference } from './kubeconfig.ts';

interface RemoteUser extends KubeObject {
  readonly spec: { readonly kubeConfig?: KubeConfigReference };
}

const byKubeConfig = 'kubeconfig';

/** Wakes the users of a configuration that changed, and leaves the clusters nobody uses any more. */
export function followKubeConfigs(
  queue: Pick<WorkQueue, 'add'>,
  users: Informer<RemoteUser>,
  clusters: Pick<ClusterAccess, 'leave' | 'listen'>,
): void {
  users.addIndex(byKubeConfig, (user) => configIds(user));
  const wake = (id: string, priority: number): void => {
    for (const user of users.store.byIndex(byKubeConfig, id)) queue.add(keyOf(user), priority);
  };
  clusters.listen({
    // A rotated credential is no reason to begin a wait for health anew.
    changed: (id) => wake(id, Priority.periodic),
    replaced: (id) => wake(id, Priority.change),
  });
  const leaveUnused = (user: RemoteUser): void => {
    for (const id of configIds(user)) {
      if (users.store.byIndex(byKubeConfig, id).length === 0) void clusters.leave(id).catch(() => undefined);
    }
  };
  users.addHandler({ update: leaveUnused, delete: leaveUnused });
}

function configIds({ metadata, spec }: RemoteUser): string[] {
  return spec.kubeConfig === undefined ? [] : [namedObjectId(namedBy(metadata.namespace ?? '', spec.kubeConfig))];
}
