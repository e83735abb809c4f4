// ConfigMaps and Secrets that objects name: a change of one wakes those that name it.
import type { Informer } from '#kube/informer';
import { keyOf, type KubeObject } from '#kube/object';
import type { WorkQueue } from './queue.ts';

/** `usersOf` gives the objects that name a config, by its `Kind/namespace/name`. */
export function followConfigs(
  queue: Pick<WorkQueue, 'add'>,
  configs: ReadonlyMap<string, Informer>,
  usersOf: (key: string) => readonly KubeObject[],
): void {
  for (const [kind, config] of configs) {
    const wake = (object: KubeObject): void => {
      for (const user of usersOf(`${kind}/${keyOf(object)}`)) queue.add(keyOf(user));
    };
    config.addHandler({
      add: (object, initial) => {
        if (!initial) wake(object);
      },
      update: (_before, after) => wake(after),
      delete: wake,
    });
  }
}
