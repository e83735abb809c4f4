// The HelmRepository controller: its steps in order, and what it tells about their outcome.
import { rm } from 'node:fs/promises';
import { helmRepository } from '#api/source/helmrepository';
import { withoutPassword } from '#helm/repository/index';
import { resourceOf } from '#kube/resources';
import { durationMs } from '#lib/duration-ms';
import type { Reconcile } from '#runtime/controller';
import {
  sourceReconciler,
  type SourceKind,
  type SourceReconcilerDependencies,
  type StepContext,
} from '#runtime/source-reconciler';
import { artifactNews } from '../source/artifact-news.ts';
import { artifactMetadata, artifactOwner } from '../source/artifact-owner.ts';
import { reconcileStorage } from '../source/storage-step.ts';
import { helmRepositoryConditions, helmRepositoryFailures } from './conditions.ts';
import { fetchIndex, type FetchOptions, type HelmRepositoryDraft, type RepositoryRun } from './fetch.ts';
import { humanSize } from './human-size.ts';
import { cleanStatic, isStatic } from './static-repository.ts';
import { storeIndex } from './store-index.ts';

export interface HelmRepositoryDependencies
  extends SourceReconcilerDependencies<HelmRepositoryDraft>, Omit<FetchOptions, 'client'> {}

export const helmRepositories = resourceOf(helmRepository);

const fieldManager = 'source-controller';

export function helmRepositoryReconciler(deps: HelmRepositoryDependencies): Reconcile {
  const { store, tables } = deps;
  const kind: SourceKind<HelmRepositoryDraft, RepositoryRun> = {
    kind: helmRepository.kind,
    ref: helmRepositories,
    conditions: helmRepositoryConditions,
    fieldManager,
    // Zero and nothing are one minute, as everywhere else in Flux for this kind.
    interval: ({ spec }) => durationMs(spec.interval, 60_000) || 60_000,
    begin: () => ({}),
    dispose: async ({ directory }) => {
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    },
    steps: [
      (context) => reconcileStorage(context, store, helmRepository.kind),
      (context, run) => fetchIndex(context, run, deps),
      (context, run) => storeIndex(context, run, deps),
    ],
    notify,
    finalize: async (object) => {
      const owner = artifactOwner(helmRepository.kind, object);
      await tables.remove(owner);
      await store.removeOwner(owner);
    },
  };
  const reconcile = sourceReconciler(kind, deps);
  return async (key, context) => {
    const object = deps.cache.get(key);
    if (object === undefined || !isStatic(object)) return reconcile(key, context);
    await cleanStatic(object, { client: deps.client, ref: helmRepositories, store, tables, fieldManager });
    return {};
  };
}

/** A new artifact is an event; so is the end of a failure when the artifact stayed the same. */
function notify(context: StepContext<HelmRepositoryDraft>, before: HelmRepositoryDraft): void {
  const { object, events } = context;
  const news = artifactNews(object, before, helmRepositoryFailures);
  if (news === undefined) return;
  const { artifact, isNew } = news;
  events.record(object, {
    severity: 'info',
    reason: isNew ? 'NewArtifact' : 'Succeeded',
    message: `stored fetched index of size ${humanSize(artifact.size ?? 0)} from '${withoutPassword(object.spec.url)}'`,
    metadata: artifactMetadata(artifact),
  });
}
