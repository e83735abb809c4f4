// The kinds of ours as the serving process watches and reconciles them.
import { kindOf } from '#api/scheme';
import { storageVersion } from '#api/kind';
import type { Informer } from '#kube/informer';
import type { KubeObject, ResourceRef } from '#kube/object';
import type { ControllerOptions } from '#runtime/controller';
import type { ServeContext } from './context.ts';

/** The storage version's resource of a kind of ours. */
export function resourceOfKind(group: string, kind: string): ResourceRef {
  const definition = kindOf(group, kind);
  if (definition === undefined) throw new Error(`no kind ${kind} in ${group}`);
  return { group, version: storageVersion(definition).name, plural: definition.plural, namespaced: true };
}

/** Joins a kind's cache, restricted as the flags say. */
export function acquireKind<T extends KubeObject>(context: ServeContext, ref: ResourceRef): Informer<T> {
  const { flags, namespace } = context;
  return context.informers.acquire<T>(ref, {
    ...(flags.watchLabelSelector !== '' && { labelSelector: flags.watchLabelSelector }),
    ...(!flags.watchAllNamespaces && { namespace }),
  });
}

/** What all controllers have in common. */
export function controllerOptions(
  context: ServeContext,
): Pick<ControllerOptions, 'concurrency' | 'minRetryDelay' | 'maxRetryDelay' | 'clock' | 'log' | 'metrics'> {
  const { clock, flags, log, metrics } = context;
  const { concurrent, minRetryDelay, maxRetryDelay } = flags;
  return { concurrency: concurrent, minRetryDelay, maxRetryDelay, clock, log, metrics };
}
