// A chart's CustomResourceDefinitions, which Helm installs before everything else and never deletes.
import type { GroupVersionKind } from '#api/group-version';
import { NoMatchError } from '#kube/discovery';
import type { Unstructured } from '#kube/object';
import { delay } from '#lib/backoff';
import { isAlreadyExists, isNotFound } from '#kube/status-error';
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

/** Creates, or creates and updates; returns the kinds that came, once they are served. */
export async function applyCrds(
  objects: readonly Unstructured[],
  { context, policy }: CrdRequest,
): Promise<GroupVersionKind[]> {
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
    context.steps.note(`${item.subject} ${written === undefined ? 'is there already' : 'applied'}`);
    if (written === undefined) continue;
    targets.push({ subject: item.subject, key: item.key, object: written, kind: () => view.kind(item.resource) });
  }
  if (targets.length === 0) return [];
  await awaitReady(targets, { timeoutMs: establishedTimeoutMs, failFast: true, signal });
  // The whole of it: templates ask for the list of all that is served.
  cluster.discovery.invalidate();
  const kinds = targets.flatMap(({ object: definition }) => kindsOf(definition));
  for (const kind of kinds) await untilServed(kind, context);
  return kinds;
}

interface Definition {
  readonly spec?: {
    readonly group?: string;
    readonly names?: { readonly kind?: string };
    readonly versions?: readonly { readonly name?: string; readonly served?: boolean }[];
  };
}

function kindsOf(definition: Unstructured): GroupVersionKind[] {
  const { group = '', names, versions = [] } = (definition as Definition).spec ?? {};
  return versions
    .filter(({ served }) => served === true)
    .map(({ name = '' }) => ({ group, version: name, kind: names?.kind ?? '' }));
}

const servedTimeoutMs = 10_000;
const askAgainMs = 50;

/** A definition is established a moment before its kind can be used, and nothing tells of that moment. */
async function untilServed(kind: GroupVersionKind, { cluster, clock, signal }: ReleaseContext): Promise<void> {
  const deadline = clock.monotonic() + servedTimeoutMs;
  for (;;) {
    try {
      await cluster.discovery.resourceFor(kind);
      return;
    } catch (error) {
      if (!(error instanceof NoMatchError) || clock.monotonic() > deadline) throw error;
    }
    await delay(askAgainMs, clock, signal);
  }
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
  const exists = (): Promise<boolean> =>
    cluster.client.get(resource, { name, namespace: metadata.namespace }, { metadataOnly: true, signal }).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false;
        throw error;
      },
    );
  try {
    // Definitions are large, and nearly always there: a look costs less than an attempt.
    if (policy === 'Create' && (await exists())) return undefined;
    if (policy === 'CreateReplace')
      return await cluster.client.apply(resource, body, { fieldManager, force: true, signal });
    return await cluster.client.create(resource, body, { fieldManager, signal });
  } catch (error) {
    if (policy === 'Create' && isAlreadyExists(error)) return undefined;
    const what = policy === 'Create' ? 'create' : 'update';
    throw new Error(`failed to ${what} CustomResourceDefinition ${name}: ${errorMessage(error)}`, { cause: error });
  }
}
