// Last step: the fetched index becomes the object's artifact, as JSON, and a table that charts are looked up in.
import { parseDigest } from '#artifact/digest';
import type { ArtifactStore } from '#artifact/store';
import type { IndexTables } from '#helm/repository/index';
import { CodedError, errorMessage } from '#lib/errors';
import { deleteConditions, setCondition } from '#runtime/conditions';
import { TransientError } from '#runtime/reconcile-error';
import type { StepContext } from '#runtime/source-reconciler';
import { artifactOwner } from '../source/artifact-owner.ts';
import {
  artifactInStorage,
  artifactOutdated,
  fetchFailed,
  storageOperationFailed,
  succeeded,
} from '../source/conditions.ts';
import { linkArtifact } from '../source/link.ts';
import type { HelmRepositoryDraft, RepositoryRun } from './fetch.ts';

export interface StoreDependencies {
  readonly store: ArtifactStore;
  readonly tables: IndexTables;
}

export async function storeIndex(
  context: StepContext<HelmRepositoryDraft>,
  run: RepositoryRun,
  deps: StoreDependencies,
): Promise<void> {
  const { object, now, signal } = context;
  const { file, revision } = run;
  if (revision === undefined) return;
  const { store, tables } = deps;
  const owner = artifactOwner('HelmRepository', object);
  if (file !== undefined) {
    try {
      object.status!.artifact = await store.put(owner, {
        file: `index-${parseDigest(revision).hex}.yaml`,
        revision,
        produce: async (target) => {
          const request = { source: file, target, algorithm: store.algorithm };
          const { digest, size } = await tables.store(owner, request, signal);
          return { digest, size, files: [] };
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      throw storeFailed(context, error);
    }
  }
  await linkArtifact(context, { store, owner, name: 'index.yaml', renewed: file !== undefined });
  const message = `stored artifact: revision '${revision}'`;
  setCondition(object, { type: artifactInStorage, status: 'True', reason: succeeded, message }, now());
  deleteConditions(object, artifactOutdated, storageOperationFailed);
}

/** An index that cannot be read is the server's fault, anything else is the storage's. */
function storeFailed({ object, now }: StepContext<HelmRepositoryDraft>, error: unknown): TransientError {
  const code = error instanceof CodedError ? error.code : '';
  const isUnreadable = code.startsWith('HELM_') || code.startsWith('JOB_') || code === 'YAML_TYPE';
  const [type, reason, what] = isUnreadable
    ? [fetchFailed, 'IndexationFailed', 'failed to load Helm repository from index YAML']
    : [storageOperationFailed, 'ArchiveOperationFailed', 'unable to save artifact to storage'];
  const message = `${what}: ${errorMessage(error)}`;
  setCondition(object, { type, status: 'True', reason, message }, now());
  return new TransientError(reason, message, { cause: error });
}
