// Brings the objects of a release into a cluster, and takes those out that it no longer has.
import { applyObject, type ApplyResult } from '#kube/apply/apply';
import { cleanupPatch, type CleanupRules } from '#kube/apply/managers';
import type { PatchSchemas } from '#kube/apply/patch-schema';
import type { ApplyOptions } from '#kube/client';
import type { Unstructured } from '#kube/object';
import { isNotFound, StatusError } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import pLimit from 'p-limit';
import type { Remembered } from '../apply/applier.ts';
import { type Cluster, LiveView } from '../apply/cluster.ts';
import { desiredHash, liveFingerprint } from '../apply/fingerprint.ts';
import type { ReadinessTarget } from '../apply/readiness.ts';
import { type ApplyMethod, writeClientSide } from './client-side.ts';
import { fieldManager } from './helmrelease.ts';
import { isOutage } from './outage.ts';
import {
  isKept,
  ownershipProblem,
  type ReleaseIdentity,
  type ReleaseItem,
  resolveObjects,
  withOwnership,
} from './release-objects.ts';

/** What objects are brought into, and how its kinds are patched. */
export type ApplierCluster = Cluster & { readonly patchSchemas: PatchSchemas };

export interface ReleaseApplierOptions {
  /** Objects of a kind written at once. */
  readonly concurrency: number;
  /** Told what became of each object. */
  readonly note?: (step: string) => void;
}

/** By inventory id. */
export type AppliedMemory = Map<string, Remembered>;

export interface ApplyRequest {
  readonly items: readonly ReleaseItem[];
  readonly release: ReleaseIdentity;
  readonly memory: AppliedMemory;
  readonly method: ApplyMethod;
  /** Refuse fields the server does not know. */
  readonly validate: boolean;
  readonly signal: AbortSignal;
}

export interface ApplyOutcome {
  /** What there is to wait for. */
  readonly targets: ReadinessTarget[];
  /** What was not there before. */
  readonly created: ReleaseItem[];
}

/** Some objects were refused; what was made before is in `outcome`. */
export class ReleaseApplyError extends Error {
  readonly outcome: ApplyOutcome;

  constructor(message: string, outcome: ApplyOutcome, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReleaseApplyError';
    this.outcome = outcome;
  }
}

/** Fields of releases that Helm, or Flux before server-side apply, wrote become ours to remove. */
const cleanup: CleanupRules = {
  fieldManager,
  takeovers: [
    { manager: fieldManager, operations: ['Update'] },
    { manager: 'helm', operations: ['Update', 'Apply'] },
  ],
};

export class ReleaseApplier {
  readonly #options: ReleaseApplierOptions;
  readonly #cluster: ApplierCluster;
  readonly #view: LiveView;

  constructor(cluster: ApplierCluster, options: ReleaseApplierOptions, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#options = options;
    this.#view = new LiveView(cluster, signal);
  }

  get view(): LiveView {
    return this.#view;
  }

  resolve(objects: readonly Unstructured[], release: ReleaseIdentity): Promise<ReleaseItem[]> {
    return resolveObjects(objects, release, this.#view);
  }

  /** Throws, naming the object, when one that is there already belongs to somebody else. */
  async checkOwnership(
    items: readonly ReleaseItem[],
    release: ReleaseIdentity,
    phase: 'install' | 'update',
  ): Promise<void> {
    await this.#view.lookUp(items);
    for (const { object, resource, key } of items) {
      const live = this.#view.existing(resource, key);
      const problem = live === undefined ? undefined : ownershipProblem(live, release);
      if (problem === undefined) continue;
      const { name = '', namespace = '' } = object.metadata;
      throw new Error(
        `Unable to continue with ${phase}: ${object.kind ?? ''} "${name}" in namespace "${namespace}" exists and ` +
          `cannot be imported into the current release: ${problem}`,
      );
    }
  }

  /** Applies kind by kind in the order given, objects of one kind together. Throws a ReleaseApplyError. */
  async apply(request: ApplyRequest): Promise<ApplyOutcome> {
    const outcome: ApplyOutcome = { targets: [], created: [] };
    for (const batch of batchesOf(request.items)) {
      const failures: string[] = [];
      let outage: unknown;
      const limit = pLimit(this.#options.concurrency);
      await Promise.all(
        batch.map((item) =>
          limit(async () => {
            if (request.signal.aborted) return;
            try {
              await this.#applyItem(item, request, outcome);
            } catch (error) {
              if (request.signal.aborted) return;
              if (isOutage(error)) outage = error;
              failures.push(errorMessage(error));
            }
          }),
        ),
      );
      request.signal.throwIfAborted();
      if (failures.length === 0) continue;
      throw new ReleaseApplyError(failures.toSorted().join(' && '), outcome, { cause: outage });
    }
    return outcome;
  }

  /** Deletes what is not kept by its annotation. Returns a line for each object that could not be deleted. */
  async remove(items: readonly ReleaseItem[], signal: AbortSignal): Promise<string[]> {
    const failures: string[] = [];
    for (const { resource, key, subject } of items) {
      try {
        const live = (await this.#view.owned(resource, key)) ?? (await this.#view.fetch(resource, key));
        if (live === undefined) continue;
        if (isKept(live)) {
          this.#note(`${subject} kept by its resource policy`);
          continue;
        }
        const { name = '', namespace } = live.metadata;
        await this.#cluster.client.delete(resource, { name, namespace }, { propagationPolicy: 'Background', signal });
        this.#note(`${subject} deleted`);
      } catch (error) {
        signal.throwIfAborted();
        if (isOutage(error)) throw error;
        if (!isNotFound(error)) failures.push(`${subject}: ${errorMessage(error)}`);
      }
    }
    return failures;
  }

  #note(step: string): void {
    this.#options.note?.(step);
  }

  async #applyItem(item: ReleaseItem, request: ApplyRequest, outcome: ApplyOutcome): Promise<void> {
    const { resource, key, subject, id } = item;
    const { memory, release } = request;
    const object = withOwnership(item.object, release);
    const desired = desiredHash(object);
    const owned = await this.#view.owned(resource, key);
    const known = memory.get(id);
    const target = (written: Unstructured): ReadinessTarget => ({
      subject,
      key,
      object: written,
      kind: () => this.#view.kind(resource),
    });
    if (owned !== undefined && known?.desired === desired && known.live === liveFingerprint(owned)) {
      outcome.targets.push(target(owned));
      return;
    }
    memory.delete(id);
    const { object: applied, action } = await this.#write(item, object, request);
    this.#note(`${subject} ${action}`);
    if (action === 'created') outcome.created.push(item);
    memory.set(id, { desired, live: liveFingerprint(applied) });
    outcome.targets.push(target(applied));
  }

  async #write(item: ReleaseItem, object: Unstructured, request: ApplyRequest): Promise<ApplyResult> {
    const { method, validate, signal } = request;
    const { client, patchSchemas: schemas } = this.#cluster;
    const options = { fieldManager, fieldValidation: validate ? 'Strict' : 'Ignore', signal } as const;
    const live = ({ resource, key }: ReleaseItem): Promise<Unstructured | undefined> => this.#view.fetch(resource, key);
    const clientSide = (): Promise<ApplyResult> =>
      writeClientSide(item, object, method, { client, schemas, live, options });
    if (method.side === 'client') return clientSide();
    try {
      return await this.#applyServerSide(item, object, { ...options, force: true });
    } catch (error) {
      // Server-side apply has no way to pass over a field that the kind does not have.
      if (!validate && isUndeclaredField(error)) return clientSide();
      const { kind = '', metadata } = object;
      const message = `cannot patch "${metadata.name ?? ''}" with kind ${kind}: ${errorMessage(error)}`;
      throw new Error(message, { cause: error });
    }
  }

  async #applyServerSide(item: ReleaseItem, object: Unstructured, options: ApplyOptions): Promise<ApplyResult> {
    const result = await applyObject(this.#cluster.client, item.resource, object, options);
    if (result.action === 'created') return result;
    const { signal } = options;
    const taken = await this.#takeOver(item, { object, applied: result.object, signal });
    return taken === undefined ? result : { ...result, object: taken };
  }

  /** Takes fields over from before server-side apply, then applies again: now what the manifest lacks goes away. */
  async #takeOver(
    { resource }: ReleaseItem,
    { object, applied, signal }: { object: Unstructured; applied: Unstructured; signal: AbortSignal | undefined },
  ): Promise<Unstructured | undefined> {
    const body = cleanupPatch(applied, cleanup);
    if (body.length === 0) return undefined;
    const { name = '', namespace } = applied.metadata;
    const { client } = this.#cluster;
    await client.patch(resource, { name, namespace }, { type: 'json', body }, { fieldManager, signal });
    return client.apply(resource, object, { fieldManager, force: true, signal });
  }
}

function isUndeclaredField(error: unknown): boolean {
  return error instanceof StatusError && error.message.includes('field not declared in schema');
}

/** Consecutive objects of one kind. */
function batchesOf(items: readonly ReleaseItem[]): ReleaseItem[][] {
  const batches: ReleaseItem[][] = [];
  for (const item of items) {
    const last = batches.at(-1);
    if (last?.[0]?.object.kind === item.object.kind) last!.push(item);
    else batches.push([item]);
  }
  return batches;
}
