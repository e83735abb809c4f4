// `type: oci`: nothing to fetch and nothing to report. An object that was of the other type once loses what it had.
import { FINALIZER } from '#api/meta';
import type { ArtifactStore } from '#artifact/store';
import type { IndexTables } from '#helm/repository/index';
import type { KubeClient } from '#kube/client';
import type { ResourceRef } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import { artifactOwner } from '../source/artifact-owner.ts';
import type { HelmRepositoryDraft } from './fetch.ts';

export interface StaticDependencies {
  readonly client: Pick<KubeClient, 'patch'>;
  readonly ref: ResourceRef;
  readonly store: ArtifactStore;
  readonly tables: IndexTables;
  readonly fieldManager: string;
}

export function isStatic({ spec }: Pick<HelmRepositoryDraft, 'spec'>): boolean {
  return spec.type === 'oci';
}

/** Whether an object of `type: oci` still has what only the other type needs. */
function needsCleaning({ metadata, status }: HelmRepositoryDraft): boolean {
  return (metadata.finalizers ?? []).includes(FINALIZER) || Object.keys(status ?? {}).length > 0;
}

export async function cleanStatic(object: HelmRepositoryDraft, deps: StaticDependencies): Promise<void> {
  const isDeleted = object.metadata.deletionTimestamp !== undefined;
  if (object.spec.suspend === true && !isDeleted) return;
  if (!needsCleaning(object)) return;
  const { client, ref, store, tables, fieldManager } = deps;
  const owner = artifactOwner('HelmRepository', object);
  await store.removeOwner(owner);
  await tables.remove(owner);
  const { name, namespace, resourceVersion } = object.metadata;
  const key = { name, namespace };
  try {
    // Field by field: without a status at all the default of the schema would come back.
    const status = Object.fromEntries(Object.keys(object.status ?? {}).map((field) => [field, null]));
    if (Object.keys(status).length > 0) {
      await client.patch(ref, key, { type: 'merge', body: { status } }, { fieldManager, subresource: 'status' });
    }
    const finalizers = (object.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    if (finalizers.length === (object.metadata.finalizers ?? []).length) return;
    const metadata = { finalizers, ...(Object.keys(status).length === 0 && { resourceVersion }) };
    await client.patch(ref, key, { type: 'merge', body: { metadata } }, { fieldManager });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
