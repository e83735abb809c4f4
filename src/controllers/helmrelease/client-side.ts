// Client-side apply as Helm 3 does it: create what is missing, patch the rest by what the last revision wanted, what
// this one wants, and what is there.
import type { ApplyResult } from '#kube/apply/apply';
import { mergePatch, strategicPatch } from '#kube/apply/three-way';
import type { KubeClient, Patch, WriteOptions } from '#kube/client';
import type { Unstructured } from '#kube/object';
import { isAlreadyExists } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import type { PatchSchemas } from '#kube/apply/patch-schema';
import { type ReleaseItem, writable } from './release-objects.ts';

/** How objects are brought into the cluster. */
export interface ApplyMethod {
  readonly side: 'server' | 'client';
  /** Objects of the revision whose state the cluster is in, by inventory id. */
  readonly originals: ReadonlyMap<string, Unstructured>;
  /** Replace objects in place of patching them. */
  readonly replaces: boolean;
}

export interface ClientSideContext {
  readonly client: KubeClient;
  readonly schemas: PatchSchemas;
  /** The object as it is now; undefined when it is not there. */
  readonly live: (item: ReleaseItem) => Promise<Unstructured | undefined>;
  readonly options: WriteOptions;
}

/** Brings `object`, which is the item's as it is written, into the cluster. Throws in Helm's words. */
export async function writeClientSide(
  item: ReleaseItem,
  object: Unstructured,
  { originals, replaces }: ApplyMethod,
  context: ClientSideContext,
): Promise<ApplyResult> {
  const original = originals.get(item.id);
  if (original === undefined) {
    const created = await create(item, object, context);
    if (created !== undefined) return created;
  }
  const live = await context.live(item);
  if (live === undefined) return (await create(item, object, context)) ?? raced(item);
  return replaces ? replace(item, object, live, context) : patch(item, { object, original, live }, context);
}

/** Undefined when it is there already. */
async function create(
  { resource, object: { kind = '', metadata } }: ReleaseItem,
  object: Unstructured,
  { client, options }: ClientSideContext,
): Promise<ApplyResult | undefined> {
  try {
    return { object: await client.create(resource, object, options), action: 'created' };
  } catch (error) {
    if (isAlreadyExists(error)) return undefined;
    const what = `failed to create resource: ${kind} "${metadata.name ?? ''}"`;
    throw new Error(`${what}: ${errorMessage(error)}`, { cause: error });
  }
}

function raced({ subject }: ReleaseItem): never {
  throw new Error(`failed to create resource: ${subject} comes and goes`);
}

async function replace(
  { resource }: ReleaseItem,
  object: Unstructured,
  live: Unstructured,
  { client, options }: ClientSideContext,
): Promise<ApplyResult> {
  const { resourceVersion } = live.metadata;
  const metadata = { ...object.metadata, ...(resourceVersion !== undefined && { resourceVersion }) };
  try {
    return { object: await client.update(resource, { ...object, metadata }, options), action: 'configured' };
  } catch (error) {
    throw new Error(`failed to replace object: ${errorMessage(error)}`, { cause: error });
  }
}

interface States {
  /** As it is written. */
  readonly object: Unstructured;
  readonly original: Unstructured | undefined;
  readonly live: Unstructured;
}

async function patch(item: ReleaseItem, states: States, context: ClientSideContext): Promise<ApplyResult> {
  const { client, options } = context;
  const { name = '', namespace } = states.object.metadata;
  try {
    const made = await patchOf(states, context.schemas);
    if (Object.keys(made.body as object).length === 0) return { object: states.live, action: 'unchanged' };
    return { object: await client.patch(item.resource, { name, namespace }, made, options), action: 'configured' };
  } catch (error) {
    const message = `cannot patch "${name}" with kind ${item.object.kind ?? ''}: ${errorMessage(error)}`;
    throw new Error(message, { cause: error });
  }
}

async function patchOf({ object, original, live }: States, schemas: PatchSchemas): Promise<Patch> {
  // What is taken over never had anything of ours that could be gone.
  const before = original === undefined ? object : writable(original);
  const type = await schemas.typeOf(object.apiVersion ?? '', object.kind ?? '');
  if (type !== undefined) {
    return { type: 'strategic', body: strategicPatch({ original: before, modified: object, live }, type) };
  }
  // Of other kinds Helm compares the manifests alone: what was changed by hand, and not in them, stays.
  const base = original === undefined ? live : before;
  return { type: 'merge', body: mergePatch({ original: before, modified: object, live: base }) };
}
