// A chart's CustomResourceDefinitions, which Helm installs before everything else and never deletes.
import type { Unstructured } from '#kube/object';
import { isAlreadyExists } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import { LiveView } from '../apply/cluster.ts';
import { awaitReady, type ReadinessTarget } from '../apply/readiness.ts';
import type { ReleaseContext } from './action.ts';
import { fieldManager, namespaceOf, originNameLabel, originNamespaceLabel } from './helmrelease.ts';
import { resolveObjects, type ReleaseItem } from './release-objects.ts';

export interface CrdRequest {
  readonly context: ReleaseContext;
  readonly policy: 'Create' | 'CreateReplace';
}

const establishedTimeoutMs = 60_000;

/** Creates, or creates and updates; tells whether anything was. Returns once all that is new is served. */
export async function applyCrds(objects: readonly Unstructured[], { context, policy }: CrdRequest): Promise<boolean> {
  const { object, cluster, signal } = context;
  const labels = { [originNameLabel]: object.metadata.name, [originNamespaceLabel]: namespaceOf(object) };
  const labelled = objects.map((each) => ({
    ...each,
    metadata: { ...each.metadata, labels: { ...each.metadata.labels, ...labels } },
  }));
  const view = new LiveView(cluster, signal);
  const namespace = object.spec.targetNamespace || namespaceOf(object);
  const items = await resolveObjects(labelled, { name: object.metadata.name, namespace }, view);
  const targets: ReadinessTarget[] = [];
  for (const item of items) {
    const written = await write(item, context, policy);
    if (written === undefined) continue;
    targets.push({ subject: item.subject, key: item.key, object: written, kind: () => view.kind(item.resource) });
  }
  if (targets.length === 0) return false;
  await awaitReady(targets, { timeoutMs: establishedTimeoutMs, failFast: true, signal });
  // The whole of it: templates ask for the list of all that is served.
  cluster.discovery.invalidate();
  return true;
}

/** The object as it was written; undefined when it was there and is to stay as it is. */
async function write(
  { object, resource }: ReleaseItem,
  { cluster, signal }: ReleaseContext,
  policy: CrdRequest['policy'],
): Promise<Unstructured | undefined> {
  const name = object.metadata.name ?? '';
  const { creationTimestamp: _created, ...metadata } = object.metadata;
  const body: Unstructured = { ...object, metadata };
  delete body['status'];
  try {
    if (policy === 'CreateReplace')
      return await cluster.client.apply(resource, body, { fieldManager, force: true, signal });
    return await cluster.client.create(resource, body, { fieldManager, signal });
  } catch (error) {
    if (policy === 'Create' && isAlreadyExists(error)) return undefined;
    const what = policy === 'Create' ? 'create' : 'update';
    throw new Error(`failed to ${what} CustomResourceDefinition ${name}: ${errorMessage(error)}`, { cause: error });
  }
}
