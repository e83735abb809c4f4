// Second step: ask the server which commit is wanted now, and fetch it when it is not the one in storage.
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitRepository } from '#api/source/gitrepository';
import { fetchPack, GitError, GitSession, publicUrl, resolveRef, type ResolvedRef } from '#git/index';
import { durationMs } from '#lib/duration-ms';
import { errorMessage } from '#lib/errors';
import { deleteConditions, isTrue, setCondition } from '#runtime/conditions';
import type { Draft } from '#runtime/draft';
import { ReconcileError, TransientError } from '#runtime/reconcile-error';
import type { StepContext } from '#runtime/source-reconciler';
import { artifactInStorage, artifactOutdated, fetchFailed } from '../source/conditions.ts';
import { connectionTo, type ConnectionDependencies } from './connection.ts';

export type GitRepositoryDraft = Draft<GitRepository> & { status?: NonNullable<Draft<GitRepository>['status']> };

/** What the steps of one run hand on. */
export interface GitRun {
  ref?: ResolvedRef;
  /** The fetched pack; undefined when the commit in storage is the wanted one. */
  pack?: string;
  /** Directory of this run, removed at its end. */
  directory?: string;
  /** First line of the commit's message, once archived. */
  subject?: string;
}

export interface CheckoutOptions extends ConnectionDependencies {
  /** Where run directories are made. */
  readonly temporaryRoot: string;
  readonly maxPackBytes: number;
}

export async function checkout(
  context: StepContext<GitRepositoryDraft>,
  run: GitRun,
  options: CheckoutOptions,
): Promise<void> {
  const { object, now } = context;
  const timeout = AbortSignal.timeout(durationMs(object.spec.timeout, 60_000));
  const signal = AbortSignal.any([context.signal, timeout]);
  try {
    const session = await openSession(object, options, signal);
    try {
      await fetchWanted(context, run, { session, options, signal });
    } finally {
      session.close();
    }
    deleteConditions(object, fetchFailed);
  } catch (error) {
    context.signal.throwIfAborted();
    const failure = checkoutFailure(error, object.spec.url, timeout.aborted);
    setCondition(
      object,
      { type: fetchFailed, status: 'True', reason: failure.reason, message: failure.message },
      now(),
    );
    throw failure;
  }
}

async function openSession(
  object: GitRepositoryDraft,
  options: CheckoutOptions,
  signal: AbortSignal,
): Promise<GitSession> {
  return GitSession.open(await connectionTo(object, options, signal), signal);
}

async function fetchWanted(
  context: StepContext<GitRepositoryDraft>,
  run: GitRun,
  fetch: { readonly session: GitSession; readonly options: CheckoutOptions; readonly signal: AbortSignal },
): Promise<void> {
  const { object, now } = context;
  const { session, options, signal } = fetch;
  run.ref = await resolveRef(session, object.spec.ref ?? {}, signal);
  const current = object.status?.artifact;
  const sameRevision = current?.revision === run.ref.revision;
  if (sameRevision && isTrue(object, artifactInStorage) && !contentConfigChanged(object)) return;
  if (current !== undefined && !sameRevision) {
    const message = `new upstream revision '${run.ref.revision}'`;
    setCondition(object, { type: artifactOutdated, status: 'True', reason: 'NewRevision', message }, now());
    context.progress(`building artifact: ${message}`);
  }
  run.directory = await mkdtemp(join(options.temporaryRoot, 'git-'));
  const file = join(run.directory, 'pack');
  await fetchPack(session, run.ref, { file, maxBytes: options.maxPackBytes, signal });
  run.pack = file;
}

/** Whether a setting that shapes the archive differs from the one it was made with. */
export function contentConfigChanged({ spec, status }: GitRepositoryDraft): boolean {
  return (
    spec.ignore !== status?.observedIgnore ||
    (spec.recurseSubmodules ?? false) !== (status?.observedRecurseSubmodules ?? false) ||
    JSON.stringify(spec.include ?? []) !== JSON.stringify(status?.observedInclude ?? []) ||
    JSON.stringify(spec.sparseCheckout ?? []) !== JSON.stringify(status?.observedSparseCheckout ?? [])
  );
}

function checkoutFailure(error: unknown, url: string, timedOut: boolean): ReconcileError {
  if (error instanceof ReconcileError) return error;
  if (timedOut) return operationFailed(`unable to clone '${publicUrl(url)}': context deadline exceeded`, error);
  if (error instanceof GitError && error.code === 'GIT_EMPTY_REPOSITORY') {
    return new TransientError('EmptyGitRepository', error.message, { cause: error });
  }
  return operationFailed(`unable to clone '${publicUrl(url)}': ${errorMessage(error)}`, error);
}

function operationFailed(message: string, cause: unknown): TransientError {
  return new TransientError('GitOperationFailed', `failed to checkout and determine revision: ${message}`, { cause });
}
