// Applies a set of objects stage by stage. No general dry-run: what the server refuses stops the stage, by name.
import type { CleanupRules } from '#kube/apply/managers';
import { keyOf, type KubeObject, type Unstructured } from '#kube/object';
import { isConflict, isNotFound, reasonOf } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import pLimit from 'p-limit';
import type { Change } from './change-set.ts';
import { type Cluster, LiveView } from './cluster.ts';
import { desiredHash, liveFingerprint } from './fingerprint.ts';
import { ignoredPaths, type IgnoreRule } from './ignore-rules.ts';
import { cleanupRules, ItemWriter, type Item } from './item-writer.ts';
import { applyDisabled } from './marks.ts';
import { compareApplyOrder, inventoryEntry, kindWeight, objectIdOf, stageOf, stages, subjectOf } from './object-id.ts';
import { awaitReady, type ReadinessTarget } from './readiness.ts';

export interface ApplierOptions {
  /** Objects applied at once. */
  readonly concurrency: number;
  /** Managers whose fields are taken over, beside kubectl's. */
  readonly overrideManagers?: readonly string[];
  /** Kinds, as `group/Kind` or `Kind`, to apply before what is neither definition nor class. */
  readonly customStageKinds?: readonly string[];
}

/** What is remembered of an applied object, so that an unchanged one needs no request. */
export interface Remembered {
  readonly desired: string;
  readonly live: string;
}

export interface ApplyRequest {
  readonly cluster: Cluster;
  readonly objects: readonly Unstructured[];
  /** spec.force. */
  readonly force: boolean;
  /** Fields that others may set once an object is there. */
  readonly ignore: readonly IgnoreRule[];
  /** Ask the server about a whole stage before anything of it is written. */
  readonly dryRunFirst: boolean;
  /** By inventory id; updated as objects are applied. */
  readonly memory: Map<string, Remembered>;
  readonly signal: AbortSignal;
}

export interface ApplyOutcome {
  readonly changes: Change[];
  /** Applied objects with the version the server gave them: what there is to wait for. */
  readonly targets: ReadinessTarget[];
}

/** Some objects were refused. What was applied before is in `outcome`. */
export class ApplyError extends Error {
  readonly outcome: ApplyOutcome;

  constructor(message: string, outcome: ApplyOutcome) {
    super(message);
    this.name = 'ApplyError';
    this.outcome = outcome;
  }
}

const stageTimeoutMs = 60_000;

export class Applier {
  readonly #options: ApplierOptions;
  readonly #cleanup: CleanupRules;

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#cleanup = cleanupRules(options.overrideManagers ?? []);
  }

  /** Applies all objects, or throws an {@link ApplyError} naming those that were refused. */
  async apply(request: ApplyRequest): Promise<ApplyOutcome> {
    const outcome: ApplyOutcome = { changes: [], targets: [] };
    for (const stage of stages) {
      const objects = request.objects.filter((object) => stageOf(object, this.#options.customStageKinds) === stage);
      if (objects.length === 0) continue;
      const run = new StageRun(request, outcome, this.#options, this.#cleanup);
      const applied = await run.apply(objects);
      if (stage === 'definitions' || stage === 'classes') await this.#settleStage(request, outcome, applied);
    }
    return outcome;
  }

  /** Definitions have to be in effect before anything can use them. */
  async #settleStage(request: ApplyRequest, outcome: ApplyOutcome, applied: readonly ReadinessTarget[]): Promise<void> {
    for (const { object } of applied) {
      if (object.kind !== 'CustomResourceDefinition') continue;
      const group = (object['spec'] as { group?: string } | undefined)?.group;
      request.cluster.discovery.invalidate(group);
    }
    try {
      await awaitReady(applied, { timeoutMs: stageTimeoutMs, failFast: false, signal: request.signal });
    } catch (error) {
      request.signal.throwIfAborted();
      throw new ApplyError(errorMessage(error), outcome);
    }
  }
}

/** One stage of one apply. */
class StageRun {
  readonly #request: ApplyRequest;
  readonly #outcome: ApplyOutcome;
  readonly #options: ApplierOptions;
  readonly #view: LiveView;
  readonly #writer: ItemWriter;

  constructor(request: ApplyRequest, outcome: ApplyOutcome, options: ApplierOptions, cleanup: CleanupRules) {
    const { cluster, force, signal } = request;
    this.#request = request;
    this.#outcome = outcome;
    this.#options = options;
    this.#view = new LiveView(cluster, signal);
    this.#writer = new ItemWriter({ cluster, view: this.#view, force, cleanup, signal });
  }

  async apply(objects: readonly Unstructured[]): Promise<ReadinessTarget[]> {
    const items = await this.#resolve(objects);
    if (this.#request.dryRunFirst) await this.#all(items, async (item) => void (await this.#writer.dryRun(item)));
    const targets: ReadinessTarget[] = [];
    const known = this.#outcome.changes.length;
    // Kinds go one after another where order matters to the server (a quota before what it limits), objects together.
    try {
      for (const tier of tiersOf(items)) {
        await this.#all(tier, async (item) => {
          const target = await this.#applyItem(item);
          if (target !== undefined) targets.push(target);
        });
      }
    } finally {
      this.#inOrder(items, known);
    }
    this.#outcome.targets.push(...targets);
    return targets;
  }

  /** Objects of a tier end in any order; inventories and logs tell of them in the order of application. */
  #inOrder(items: readonly Item[], from: number): void {
    const positions = new Map(items.map(({ subject }, i) => [subject, i]));
    const ours = this.#outcome.changes.splice(from);
    ours.sort((a, b) => (positions.get(a.subject) ?? 0) - (positions.get(b.subject) ?? 0));
    this.#outcome.changes.push(...ours);
  }

  async #resolve(objects: readonly Unstructured[]): Promise<Item[]> {
    const items: Item[] = [];
    const failures: string[] = [];
    for (const object of objects.toSorted((a, b) => compareApplyOrder(objectIdOf(a), objectIdOf(b)))) {
      try {
        items.push(await this.#itemOf(object));
      } catch (error) {
        this.#request.signal.throwIfAborted();
        failures.push(`${subjectOf(objectIdOf(object))} apply failed: ${errorMessage(error)}`);
      }
    }
    if (failures.length > 0) throw new ApplyError(failures.join('\n'), this.#outcome);
    const unknown: Item[] = [];
    for (const item of items) {
      if ((await this.#view.owned(item.resource, item.key)) === undefined) unknown.push(item);
    }
    await this.#view.lookUp(unknown);
    return items;
  }

  async #itemOf(object: Unstructured): Promise<Item> {
    const resource = await this.#view.resourceOf(object);
    let placed = object;
    if (!resource.namespaced && object.metadata.namespace !== undefined) {
      // The server ignores a namespace here; left in, it would split the inventory's id from the object's.
      const { namespace: _namespace, ...metadata } = object.metadata;
      placed = { ...object, metadata };
    }
    const subject = subjectOf(objectIdOf(placed));
    if (resource.namespaced && !placed.metadata.namespace)
      throw new Error(`${subject} namespace not specified: set metadata.namespace or spec.targetNamespace`);
    return {
      object: placed,
      resource,
      key: keyOf(placed),
      subject,
      ignored: ignoredPaths(this.#request.ignore, placed),
    };
  }

  /** Runs `work` on all items, a few at a time; all refusals together become one error. */
  async #all(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
    const limit = pLimit(this.#options.concurrency);
    const failures: string[] = [];
    await Promise.all(
      items.map((item) =>
        limit(async () => {
          if (this.#request.signal.aborted) return;
          try {
            await work(item);
          } catch (error) {
            if (!this.#request.signal.aborted) failures.push(refusal(item, error));
          }
        }),
      ),
    );
    this.#request.signal.throwIfAborted();
    if (failures.length > 0) throw new ApplyError(failures.toSorted().join('\n'), this.#outcome);
  }

  async #applyItem(item: Item): Promise<ReadinessTarget | undefined> {
    const { object, resource, key, ignored } = item;
    const { memory } = this.#request;
    const entry = inventoryEntry(object);
    const owned = await this.#view.owned(resource, key);
    const live: KubeObject | undefined = owned ?? this.#view.existing(resource, key);
    if (applyDisabled(object, live)) {
      this.#note(item, 'skipped');
      return undefined;
    }
    const desired = desiredHash(object, ignored);
    const known = memory.get(entry.id);
    if (owned !== undefined && known?.desired === desired && known.live === liveFingerprint(owned)) {
      this.#note(item, 'unchanged');
      return this.#target(item, owned);
    }
    memory.delete(entry.id);
    const { applied, action } = await this.#writer.write(item, live);
    memory.set(entry.id, { desired, live: liveFingerprint(applied) });
    this.#note(item, action);
    return this.#target(item, applied);
  }

  #target({ resource, key, subject }: Item, object: Unstructured): ReadinessTarget {
    return { subject, key, object, kind: () => this.#view.kind(resource) };
  }

  #note({ object, subject }: Item, action: Change['action']): void {
    this.#outcome.changes.push({ subject, entry: inventoryEntry(object), action });
  }
}

/** Consecutive items of the same weight. */
function tiersOf(items: readonly Item[]): Item[][] {
  const tiers = new Map<number, Item[]>();
  for (const item of items) {
    const weight = kindWeight(item.object.kind ?? '');
    const tier = tiers.get(weight);
    if (tier === undefined) tiers.set(weight, [item]);
    else tier.push(item);
  }
  return [...tiers.values()];
}

function refusal({ subject }: Item, error: unknown): string {
  if (isNotFound(error)) return `${subject} not found: ${errorMessage(error)}`;
  const reason = isConflict(error) ? reasonOf(error) || 'Conflict' : reasonOf(error);
  return `${subject} apply failed${reason === '' ? '' : ` (${reason})`}: ${errorMessage(error)}`;
}
