// The GitRepository controller: its steps in order, and what it tells about their outcome.
import { rm } from 'node:fs/promises';
import { gitRepository } from '#api/source/gitrepository';
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
import { archive, type ArchiveDependencies } from './archive.ts';
import { checkout, type CheckoutOptions } from './checkout.ts';
import { gitRepositoryConditions, gitRepositoryFailures } from './conditions.ts';
import type { GitRepositoryDraft, GitRun } from './git-repository.ts';
import { findIncludes } from './include.ts';
import { beginVerification, verify } from './verify.ts';

export interface GitRepositoryDependencies
  extends SourceReconcilerDependencies<GitRepositoryDraft>, ArchiveDependencies {
  readonly checkout: CheckoutOptions;
  /** How soon to look again at a missing include, ms. */
  readonly requeueDependencyMs: number;
}

export const gitRepositories = resourceOf(gitRepository);

export function gitRepositoryReconciler(deps: GitRepositoryDependencies): Reconcile {
  const { store } = deps;
  const kind: SourceKind<GitRepositoryDraft, GitRun> = {
    kind: gitRepository.kind,
    ref: gitRepositories,
    conditions: gitRepositoryConditions,
    fieldManager: 'source-controller',
    interval: ({ spec }) => durationMs(spec.interval, 60_000),
    begin: () => ({ includes: [] }),
    dispose: async ({ directory }) => {
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    },
    steps: [
      (context) => reconcileStorage(context, store, gitRepository.kind),
      beginVerification,
      (context, run) =>
        findIncludes(context, run, { repositories: deps.cache, requeueDependencyMs: deps.requeueDependencyMs }),
      (context, run) => checkout(context, run, { ...deps.checkout, pool: deps.pool }),
      (context, run) => verify(context, run, deps),
      (context, run) => archive(context, run, deps),
    ],
    notify,
    finalize: (object) => store.removeOwner(artifactOwner(gitRepository.kind, object)),
  };
  return sourceReconciler(kind, deps);
}

/** A new artifact is an event; so is the end of a failure when the artifact stayed the same. */
function notify(context: StepContext<GitRepositoryDraft>, before: GitRepositoryDraft, run: GitRun): void {
  const { object, events } = context;
  const news = artifactNews(object, before, gitRepositoryFailures);
  if (news === undefined) return;
  const { artifact, isNew } = news;
  const what = run.subject === undefined ? artifact.revision : shortened(run.subject);
  events.record(object, {
    severity: 'info',
    reason: isNew ? 'NewArtifact' : 'Succeeded',
    message: `stored artifact for commit '${what}'`,
    metadata: artifactMetadata(artifact),
  });
}

function shortened(subject: string): string {
  const characters = Array.from(subject);
  return characters.length <= 50 ? subject : `${characters.slice(0, 50).join('')}...`;
}
