// Second step: ask the server which commit is wanted now, and fetch it when it is not the one in storage.
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchPack, GitError, GitSession, resolveRef } from '#git/index';
import { durationMs } from '#lib/duration-ms';
import { timeLimit } from '#lib/time-limit';
import { deleteConditions, isTrue, setCondition } from '#runtime/conditions';
import type { StepContext } from '#runtime/source-reconciler';
import type { WorkerPool } from '#workers/pool';
import { artifactInStorage, artifactOutdated, fetchFailed } from '../source/conditions.ts';
import { checkoutFailure } from './checkout-failure.ts';
import { connectionsOf, type ConnectionDependencies, type Connections } from './connection.ts';
import type { GitRepositoryDraft, GitRun } from './git-repository.ts';
import { includesChanged } from './include.ts';
import { fetchSubmodules } from './submodules.ts';
import { needsVerification } from './verify.ts';

export interface CheckoutOptions extends ConnectionDependencies {
  /** Where run directories are made. */
  readonly temporaryRoot: string;
  readonly maxPackBytes: number;
}

type Context = StepContext<GitRepositoryDraft>;

export async function checkout(
  context: Context,
  run: GitRun,
  options: CheckoutOptions & { readonly pool: WorkerPool },
): Promise<void> {
  const { object, now } = context;
  const timeout = timeLimit(durationMs(object.spec.timeout, 60_000));
  const signal = AbortSignal.any([context.signal, timeout]);
  let connections: Connections | undefined;
  try {
    connections = await connectionsOf(object, options, signal);
    await fetchWanted(context, run, { ...options, connections, signal });
    deleteConditions(object, fetchFailed);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof GitError && error.code === 'GIT_AUTHENTICATION_REQUIRED') connections?.reject();
    const failure = checkoutFailure(error, {
      url: object.spec.url,
      listing: run.ref === undefined && listsFirst(object),
      timedOut: timeout.aborted,
    });
    const { reason, message } = failure;
    setCondition(object, { type: fetchFailed, status: 'True', reason, message }, now());
    throw failure;
  }
}

interface Fetch extends CheckoutOptions {
  readonly connections: Connections;
  readonly pool: WorkerPool;
  readonly signal: AbortSignal;
}

async function fetchWanted(context: Context, run: GitRun, fetch: Fetch): Promise<void> {
  const { object } = context;
  const { connections, maxPackBytes, signal } = fetch;
  const session = await GitSession.open(connections.to(object.spec.url), signal);
  try {
    const ref = await resolveRef(session, object.spec.ref ?? {}, signal);
    run.ref = ref;
    if (isCurrent(object, run)) return;
    announce(context, ref.revision);
    const directory = await mkdtemp(join(fetch.temporaryRoot, 'git-'));
    run.directory = directory;
    const file = join(directory, 'pack');
    await fetchPack(session, ref, { file, maxBytes: maxPackBytes, signal });
    run.pack = file;
    if (object.spec.recurseSubmodules !== true) return;
    const { namespace = '', name } = object.metadata;
    const root = { url: object.spec.url, pack: file, commit: ref.commit };
    run.submodules = await fetchSubmodules(root, { ...fetch, directory, owner: `${namespace}/${name}` });
  } finally {
    session.close();
  }
}

/** Whether the artifact in storage is the wanted one, made with the same settings. */
function isCurrent(object: GitRepositoryDraft, run: GitRun): boolean {
  return (
    object.status?.artifact?.revision === run.ref?.revision &&
    isTrue(object, artifactInStorage) &&
    !contentConfigChanged(object) &&
    !includesChanged(run, object) &&
    !needsVerification(object)
  );
}

function announce(context: Context, revision: string): void {
  const { object, now } = context;
  const current = object.status?.artifact;
  if (current?.revision === revision) return;
  const message = `new upstream revision '${revision}'`;
  if (current !== undefined) {
    setCondition(object, { type: artifactOutdated, status: 'True', reason: 'NewRevision', message }, now());
  }
  context.progress(`building artifact: ${message}`);
}

/** Flux lists references on their own, with another message, where it may find that nothing is new. */
function listsFirst({ spec: { ref = {} }, ...object }: GitRepositoryDraft): boolean {
  if (ref.commit) return false;
  if (ref.name) return true;
  const fast = isTrue(object, artifactInStorage) && object.status?.artifact !== undefined;
  return fast && (Boolean(ref.tag) || !ref.semver);
}

/** Whether a setting that shapes the archive differs from the one it was made with. */
export function contentConfigChanged({ spec, status }: GitRepositoryDraft): boolean {
  return (
    spec.ignore !== status?.observedIgnore ||
    (spec.recurseSubmodules ?? false) !== (status?.observedRecurseSubmodules ?? false) ||
    JSON.stringify(includeFields(spec.include)) !== JSON.stringify(includeFields(status?.observedInclude)) ||
    JSON.stringify(spec.sparseCheckout ?? []) !== JSON.stringify(status?.observedSparseCheckout ?? [])
  );
}

/** Field by field: the API server orders keys as it likes. */
function includeFields(includes: GitRepositoryDraft['spec']['include']): readonly unknown[] {
  return (includes ?? []).map(({ repository, fromPath = '', toPath = '' }) => [repository.name, fromPath, toPath]);
}
