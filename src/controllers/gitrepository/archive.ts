// Last step: the fetched commit, with what it includes, becomes the object's artifact.
import type { Readable } from 'node:stream';
import type { Artifact } from '#api/source/shared';
import { archiveJob, type ArchiveInput, type ArchiveOutput, type Include } from '#git/index';
import type { ArtifactStore } from '#artifact/store';
import type { UnpackCache, Unpacked } from '#artifact/unpack-cache';
import { errorMessage } from '#lib/errors';
import { deleteConditions, setCondition } from '#runtime/conditions';
import { TransientError } from '#runtime/reconcile-error';
import type { StepContext } from '#runtime/source-reconciler';
import { JobError, type WorkerPool } from '#workers/pool';
import { artifactOwner } from '../source/artifact-owner.ts';
import {
  artifactInStorage,
  artifactOutdated,
  fetchFailed,
  storageOperationFailed,
  succeeded,
} from '../source/conditions.ts';
import { checkoutFailure } from './checkout-failure.ts';
import type { GitRepositoryDraft, GitRun } from './git-repository.ts';

export interface ArchiveDependencies {
  readonly store: ArtifactStore;
  readonly pool: WorkerPool;
  /** Unpacked artifacts, for what is included. */
  readonly unpacked: UnpackCache;
  /** The bytes of an artifact, wherever it is. */
  readonly open: (artifact: Artifact, signal: AbortSignal) => Promise<Readable>;
}

type Context = StepContext<GitRepositoryDraft>;

export async function archive(context: Context, run: GitRun, deps: ArchiveDependencies): Promise<void> {
  const { object, now, signal } = context;
  const { ref } = run;
  if (ref === undefined) return;
  if (run.pack !== undefined) {
    const leases: Unpacked[] = [];
    try {
      object.status!.artifact = await store(context, run, await includesOf(context, run, deps, leases), deps);
    } catch (error) {
      signal.throwIfAborted();
      throw archiveFailure(context, error);
    } finally {
      for (const lease of leases) lease.release();
    }
    observeContentConfig(object, run);
  }
  const message = `stored artifact for revision '${ref.revision}'`;
  setCondition(object, { type: artifactInStorage, status: 'True', reason: succeeded, message }, now());
  deleteConditions(object, artifactOutdated, storageOperationFailed);
}

async function store(
  context: Context,
  run: GitRun,
  includes: readonly Include[],
  deps: ArchiveDependencies,
): Promise<Artifact> {
  const { object, signal } = context;
  const { namespace = '', name } = object.metadata;
  const ref = run.ref!;
  const { ignore, sparseCheckout } = object.spec;
  return deps.store.put(artifactOwner('GitRepository', object), {
    file: `${ref.commit}.tar.gz`,
    revision: ref.revision,
    produce: async (target) => {
      const input: ArchiveInput = {
        pack: run.pack!,
        commit: ref.commit,
        target,
        algorithm: deps.store.algorithm,
        includes,
        ...(ignore !== undefined && { ignore }),
        ...(sparseCheckout !== undefined && { sparse: sparseCheckout }),
        ...(run.submodules !== undefined && { submodules: run.submodules }),
      };
      const output = await deps.pool.run<ArchiveOutput>(archiveJob, input, { signal, owner: `${namespace}/${name}` });
      run.subject = output.subject;
      return output;
    },
  });
}

async function includesOf(
  { signal }: Context,
  run: GitRun,
  { unpacked, open }: ArchiveDependencies,
  leases: Unpacked[],
): Promise<Include[]> {
  const includes: Include[] = [];
  for (const { name, fromPath, toPath, artifact } of run.includes) {
    const lease = await unpacked.acquire(artifact.digest, () => open(artifact, signal));
    leases.push(lease);
    includes.push({ name, fromPath, toPath, directory: lease.directory });
  }
  return includes;
}

/** Notes what the artifact was made with, so that a change of it makes a new one. */
function observeContentConfig(object: GitRepositoryDraft, run: GitRun): void {
  const { spec } = object;
  const status = object.status!;
  const included = run.includes.map(({ artifact }) => artifact);
  assign(status, 'observedIgnore', spec.ignore);
  assign(status, 'observedInclude', spec.include);
  assign(status, 'observedRecurseSubmodules', spec.recurseSubmodules === true ? true : undefined);
  assign(status, 'observedSparseCheckout', spec.sparseCheckout);
  assign(status, 'includedArtifacts', included.length === 0 ? undefined : included);
}

function assign<T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value === undefined) delete target[key];
  else target[key] = value;
}

function archiveFailure(context: Context, error: unknown): TransientError {
  const { object, now } = context;
  const fetchFailure = failureOfFetch(object, error);
  const type = fetchFailure === undefined ? storageOperationFailed : fetchFailed;
  const failure = fetchFailure ?? storageFailure(error);
  const { reason, message } = failure;
  setCondition(object, { type, status: 'True', reason, message }, now());
  return failure;
}

/** The pack is read here first: what is wrong with it is a failure of the fetch. */
function failureOfFetch(object: GitRepositoryDraft, error: unknown): TransientError | undefined {
  if (!(error instanceof JobError)) return undefined;
  if (error.code === 'GIT_SPARSE_MISSING') {
    const message = `failed to sparse checkout directories : ${error.message}`;
    return new TransientError('GitOperationFailed', message, { cause: error });
  }
  if (!error.code.startsWith('GIT_') || error.code === 'GIT_INCLUDE') return undefined;
  return checkoutFailure(error, { url: object.spec.url, listing: false, timedOut: false });
}

function storageFailure(error: unknown): TransientError {
  if (error instanceof JobError && error.code === 'GIT_INCLUDE') {
    return new TransientError('CopyFailure', error.message, { cause: error });
  }
  const message = `unable to archive artifact to storage: ${errorMessage(error)}`;
  return new TransientError('ArchiveOperationFailed', message, { cause: error });
}
