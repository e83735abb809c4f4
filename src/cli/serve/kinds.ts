// The kinds of ours as the serving process watches and reconciles them.
import { kindOf } from '#api/scheme';
import type { ArtifactStore } from '#artifact/store';
import type { Informer } from '#kube/informer';
import type { KubeObject, ResourceRef } from '#kube/object';
import { resourceOf } from '#kube/resources';
import type { ControllerOptions } from '#runtime/controller';
import type { SourceObject, SourceReconcilerDependencies } from '#runtime/source-reconciler';
import type { ServeContext } from './context.ts';

/** The storage version's resource of a kind of ours. */
export function resourceOfKind(group: string, kind: string): ResourceRef {
  const definition = kindOf(group, kind);
  if (definition === undefined) throw new Error(`no kind ${kind} in ${group}`);
  return resourceOf(definition);
}

/** Joins the cache of the objects of a kind that this process reconciles. */
export function acquireKind<T extends KubeObject>(context: ServeContext, ref: ResourceRef): Informer<T> {
  const { watchLabelSelector } = context.flags;
  const selection = watchLabelSelector === '' ? {} : { labelSelector: watchLabelSelector };
  return context.informers.acquire<T>(ref, { ...selection, ...watchedNamespace(context) });
}

/** As {@link acquireKind}, for a kind that other objects refer to: with those that another shard reconciles. */
export function acquireReferenced<T extends KubeObject>(context: ServeContext, ref: ResourceRef): Informer<T> {
  return context.informers.acquire<T>(ref, watchedNamespace(context));
}

function watchedNamespace({ flags, namespace }: ServeContext): { namespace?: string } {
  return flags.watchAllNamespaces ? {} : { namespace };
}

/** What all controllers have in common. */
export function controllerOptions(
  context: ServeContext,
): Pick<ControllerOptions, 'concurrency' | 'minRetryDelay' | 'maxRetryDelay' | 'clock' | 'log' | 'metrics'> {
  const { clock, flags, log, metrics } = context;
  const { concurrent, minRetryDelay, maxRetryDelay } = flags;
  return { concurrency: concurrent, minRetryDelay, maxRetryDelay, clock, log, metrics };
}

/** What the reconcilers of all sources have in common. */
export function sourceDependencies<T extends SourceObject>(
  { client, clock, metrics, flags, recorder, store }: ServeContext,
  informer: Informer<T>,
): SourceReconcilerDependencies<T> & { readonly store: ArtifactStore } {
  return {
    client,
    cache: informer.store,
    clock,
    events: recorder('source-controller'),
    metrics,
    random: Math.random,
    jitterPercentage: flags.intervalJitterPercentage,
    store,
  };
}
