// What wakes the controller of a kind whatever the kind is: its own objects.
import type { Informer } from '#kube/informer';
import { keyOf, type KubeObject } from '#kube/object';
import { needsReconcile, requestedAnew } from './predicates.ts';
import { Priority, type WorkQueue } from './queue.ts';

/** Queues objects as they come, change and go; those people ask for go first, those found at the start last. */
export function watchObjects<T extends KubeObject>(queue: WorkQueue, informer: Informer<T>): void {
  informer.addHandler({
    add: (object, initial) => queue.add(keyOf(object), initial ? Priority.periodic : Priority.request),
    update: (before, after) => {
      if (!needsReconcile(before, after)) return;
      queue.add(keyOf(after), requestedAnew(before, after) ? Priority.request : Priority.change);
    },
    delete: (object) => queue.add(keyOf(object)),
  });
}
