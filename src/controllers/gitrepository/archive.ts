// Last step: the fetched commit becomes the object's artifact.
import { archiveJob, type ArchiveInput, type ArchiveOutput } from '#git/index';
import type { ArtifactStore } from '#artifact/store';
import { errorMessage } from '#lib/errors';
import { deleteConditions, setCondition } from '#runtime/conditions';
import { TransientError } from '#runtime/reconcile-error';
import type { StepContext } from '#runtime/source-reconciler';
import type { WorkerPool } from '#workers/pool';
import { artifactOwner } from '../source/artifact-owner.ts';
import { artifactInStorage, artifactOutdated, storageOperationFailed, succeeded } from '../source/conditions.ts';
import type { GitRepositoryDraft, GitRun } from './checkout.ts';

export interface ArchiveDependencies {
  readonly store: ArtifactStore;
  readonly pool: WorkerPool;
}

export async function archive(
  context: StepContext<GitRepositoryDraft>,
  run: GitRun,
  { store, pool }: ArchiveDependencies,
): Promise<void> {
  const { object, now, signal } = context;
  const { pack, ref } = run;
  if (ref === undefined) return;
  if (pack !== undefined) {
    try {
      const { namespace = '', name } = object.metadata;
      object.status!.artifact = await store.put(artifactOwner('GitRepository', object), {
        file: `${ref.commit}.tar.gz`,
        revision: ref.revision,
        produce: async (target) => {
          const input: ArchiveInput = {
            pack,
            commit: ref.commit,
            target,
            algorithm: store.algorithm,
            ...(object.spec.ignore !== undefined && { ignore: object.spec.ignore }),
          };
          const output = await pool.run<ArchiveOutput>(archiveJob, input, { signal, owner: `${namespace}/${name}` });
          run.subject = output.subject;
          return output;
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      throw archiveFailed(context, error);
    }
    observeContentConfig(object);
  }
  const message = `stored artifact for revision '${ref.revision}'`;
  setCondition(object, { type: artifactInStorage, status: 'True', reason: succeeded, message }, now());
  deleteConditions(object, artifactOutdated, storageOperationFailed);
}

/** Notes the settings the artifact was made with, so that a change of them makes a new one. */
function observeContentConfig(object: GitRepositoryDraft): void {
  const { spec } = object;
  const status = object.status!;
  assign(status, 'observedIgnore', spec.ignore);
  assign(status, 'observedInclude', spec.include);
  assign(status, 'observedRecurseSubmodules', spec.recurseSubmodules === true ? true : undefined);
  assign(status, 'observedSparseCheckout', spec.sparseCheckout);
}

function assign<T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value === undefined) delete target[key];
  else target[key] = value;
}

function archiveFailed(context: StepContext<GitRepositoryDraft>, error: unknown): TransientError {
  const reason = 'ArchiveOperationFailed';
  const message = `unable to archive artifact to storage: ${errorMessage(error)}`;
  const { object, now } = context;
  setCondition(object, { type: storageOperationFailed, status: 'True', reason, message }, now());
  return new TransientError(reason, message, { cause: error });
}
