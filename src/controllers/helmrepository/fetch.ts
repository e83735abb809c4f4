// Second step: ask the server for the index, unless it says that it is the one in storage.
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { HelmRepository } from '#api/source/helmrepository';
import type { ArtifactStore } from '#artifact/store';
import { parseDigest } from '#artifact/digest';
import type { IndexTables } from '#helm/repository/index';
import { CodedError, errorMessage } from '#lib/errors';
import { timeLimit } from '#lib/time-limit';
import { deleteConditions, isTrue, setCondition } from '#runtime/conditions';
import type { Draft } from '#runtime/draft';
import { ReconcileError, StalledError, TransientError } from '#runtime/reconcile-error';
import type { StepContext } from '#runtime/source-reconciler';
import { artifactInStorage, artifactOutdated, fetchFailed } from '../source/conditions.ts';
import { connectionTo, timeoutOf, type ConnectionDependencies } from '../source/repository-connection.ts';

export type HelmRepositoryDraft = Draft<HelmRepository> & {
  status?: NonNullable<Draft<HelmRepository>['status']>;
};

/** What the steps of one run hand on. */
export interface RepositoryRun {
  /** `<algorithm>:<hex>` of the index wanted. */
  revision?: string;
  /** The downloaded index; undefined when the one in storage is the wanted one. */
  file?: string;
  /** Directory of this run, removed at its end. */
  directory?: string;
}

export interface FetchOptions extends ConnectionDependencies {
  readonly store: ArtifactStore;
  readonly tables: IndexTables;
  /** Where run directories are made. */
  readonly temporaryRoot: string;
  readonly maxIndexBytes: number;
}

export async function fetchIndex(
  context: StepContext<HelmRepositoryDraft>,
  run: RepositoryRun,
  options: FetchOptions,
): Promise<void> {
  const { object, now } = context;
  const timeout = timeLimit(timeoutOf(object));
  const signal = AbortSignal.any([context.signal, timeout]);
  try {
    await fetchWanted(context, run, { options, signal });
    deleteConditions(object, fetchFailed);
  } catch (error) {
    context.signal.throwIfAborted();
    const failure = failureOf(error, timeout.aborted);
    setCondition(
      object,
      { type: fetchFailed, status: 'True', reason: failure.reason, message: failure.message },
      now(),
    );
    throw failure;
  }
}

async function fetchWanted(
  { object, now, progress }: StepContext<HelmRepositoryDraft>,
  run: RepositoryRun,
  { options, signal }: { readonly options: FetchOptions; readonly signal: AbortSignal },
): Promise<void> {
  const { store, tables, temporaryRoot, maxIndexBytes: maxBytes } = options;
  const client = await connectionTo(object, options, signal);
  const artifact = object.status?.artifact;
  const current = artifact !== undefined && isTrue(object, artifactInStorage) ? artifact.revision : undefined;
  const repository = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
  const { url } = object.spec;
  const validators = current === undefined ? {} : await tables.validators(repository, { url, revision: current });
  run.directory = await mkdtemp(join(temporaryRoot, 'index-'));
  const target = join(run.directory, 'index.yaml');
  const algorithm = current === undefined ? store.algorithm : parseDigest(current).algorithm;
  const fetched = await client.fetchIndex({ target, maxBytes, algorithm, validators, signal });
  if (fetched.unchanged) {
    run.revision = current!;
    return;
  }
  run.revision = fetched.digest;
  await tables.remember(repository, { url, revision: fetched.digest, validators: fetched.validators });
  if (fetched.digest === current) return;
  run.file = target;
  if (artifact === undefined) return;
  const message = `new index revision '${fetched.digest}'`;
  setCondition(object, { type: artifactOutdated, status: 'True', reason: 'NewRevision', message }, now());
  progress(`building artifact: ${message}`);
}

function failureOf(error: unknown, timedOut: boolean): ReconcileError {
  if (error instanceof ReconcileError) return error;
  if (error instanceof CodedError && error.code === 'HELM_REPOSITORY_URL') {
    return new StalledError('URLInvalid', `invalid Helm repository URL: ${error.message}`, { cause: error });
  }
  const why = timedOut ? 'context deadline exceeded' : errorMessage(error);
  return new TransientError('Failed', `failed to fetch Helm repository index: ${why}`, { cause: error });
}
