// The release of a run: the one the spec wants, the one the status tells of, and what acts on either.
import { keyOf } from '#kube/object';
import { ActionLog } from './action-log.ts';
import type { ReleaseContext } from './action.ts';
import type { HelmCluster } from './cluster.ts';
import { releaseName, storageNamespace, type HelmReleaseDraft } from './helmrelease.ts';
import { watchForNewer } from './newer.ts';
import { ReleaseApplier } from './release-applier.ts';
import type { ReleaseId } from './release-index.ts';
import type { Run } from './run.ts';
import { latest } from './snapshot.ts';
import { ReleaseStorage } from './storage.ts';

export function wantedRelease(object: HelmReleaseDraft): ReleaseId {
  return { namespace: storageNamespace(object), name: releaseName(object) };
}

/** The release of the history; undefined when there never was one. */
export function recordedRelease({ status }: HelmReleaseDraft): ReleaseId | undefined {
  const { storageNamespace: namespace, history } = status ?? {};
  const snapshot = latest(history);
  return namespace && snapshot !== undefined ? { namespace, name: snapshot.name } : undefined;
}

export function storageOf({ object, deps, context }: Run, cluster: HelmCluster, id: ReleaseId): ReleaseStorage {
  const { releases, renderer, clock } = deps;
  return new ReleaseStorage(id, {
    client: cluster.client,
    heads: cluster.heads,
    cache: releases,
    cluster: cluster.client.config.server,
    madeFor: object.metadata.uid,
    unpack: (payload, signal) => renderer.unpack(payload, signal),
    clock,
    signal: context.signal,
  });
}

export function releaseContext(run: Run, cluster: HelmCluster, storage: ReleaseStorage): ReleaseContext {
  const { object, deps, gates, memory } = run;
  const { renderer, clock, options, cache } = deps;
  const { signal, log, onNews } = run.context;
  const steps = new ActionLog(() => clock.now());
  const applierOptions = { concurrency: options.concurrency, note: (step: string) => steps.note(step) };
  return {
    object,
    cluster,
    storage,
    applier: new ReleaseApplier(cluster, applierOptions, signal),
    renderer,
    applied: memory.applied,
    clock,
    log,
    steps,
    signal,
    ...watchForNewer(object, { now: () => cache.get(keyOf(object)), onNews }),
    event: (severity, reason, message, metadata) => gates.event(severity, reason, message, metadata),
  };
}
