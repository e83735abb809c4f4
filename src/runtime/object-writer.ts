// Writes one object's finalizers and status back: few patches, none when nothing changed, safe against other writers.
import type { Condition } from '#api/meta';
import type { KubeClient } from '#kube/client';
import type { KubeObject, ObjectKey, ResourceRef } from '#kube/object';
import { isConflict, isNotFound } from '#kube/status-error';
import type { Clock } from '#lib/clock';
import { mergePatch, sameJson } from './merge-patch.ts';

/** What the writer needs of an object. */
export interface WritableObject extends KubeObject {
  status?: { conditions?: Condition[] };
}

export interface ObjectWriterOptions<T extends WritableObject> {
  readonly client: Pick<KubeClient, 'get' | 'patch'>;
  readonly ref: ResourceRef;
  /** A draft: the writer and the reconcile share it. */
  readonly object: T;
  readonly fieldManager: string;
  /** Condition types that are ours: on a conflict ours win, all others stay as the server has them. */
  readonly ownedConditions: readonly string[];
  readonly clock: Clock;
  /** ms an announced state waits before it is shown, in case the run ends sooner. @default 3000 */
  readonly announceDelay?: number;
  /** Told of each state the server confirmed. */
  readonly onWritten?: (object: T) => void;
}

const maxConflicts = 5;

/**
 * One reconcile's pen. A run writes its status at most twice: once on the way if it takes long ({@link announce}),
 * once at the end ({@link flush}).
 */
export class ObjectWriter<T extends WritableObject> {
  /** The working copy. */
  readonly object: T;
  readonly #options: ObjectWriterOptions<T>;
  /** As the server has it, as far as we know. */
  #base: T;
  #announced = false;
  #cancelAnnouncement: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ObjectWriterOptions<T>) {
    this.#options = options;
    this.object = options.object;
    this.#base = structuredClone(options.object);
  }

  /**
   * The state of the working copy is worth showing if the run lasts: it is written once after `delay`. Later calls
   * only change what will be written, until then; a run shows one intermediate state at most.
   */
  announce(delay = this.#options.announceDelay ?? 3000): void {
    if (this.#announced) return;
    this.#cancelAnnouncement?.();
    this.#cancelAnnouncement = this.#options.clock.after(delay, () => {
      this.#announced = true;
      // A failed announcement loses nothing: the final write says more, and reports its own failure.
      this.#writing = this.#writing.then(() => this.#writeStatus()).catch(() => undefined);
    });
  }

  /** Adds a finalizer unless it is there. */
  async ensureFinalizer(name: string): Promise<void> {
    const finalizers = this.object.metadata.finalizers ?? [];
    if (finalizers.includes(name)) return;
    await this.#writeFinalizers([...finalizers, name]);
  }

  /** Removes a finalizer if it is there. An object that is gone already is fine. */
  async removeFinalizer(name: string): Promise<void> {
    this.#cancelAnnouncement?.();
    await this.#writing;
    for (let attempt = 1; ; attempt++) {
      const finalizers = this.object.metadata.finalizers ?? [];
      if (!finalizers.includes(name)) return;
      try {
        await this.#writeFinalizers(finalizers.filter((finalizer) => finalizer !== name));
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error) || attempt >= maxConflicts) throw error;
        const live = await this.#live();
        if (live === undefined) return;
        this.object.metadata = structuredClone(live.metadata);
        this.#base.metadata = live.metadata;
      }
    }
  }

  /** Writes the status of the working copy, if it differs from the server's. */
  async flush(): Promise<void> {
    this.#cancelAnnouncement?.();
    this.#announced = true;
    await this.#writing;
    await this.#writeStatus();
  }

  async #writeStatus(): Promise<void> {
    const { client, ref, fieldManager } = this.#options;
    for (let attempt = 1; ; attempt++) {
      this.#settleTransitionTimes();
      const patch = mergePatch({ status: this.#base.status ?? {} }, { status: this.object.status ?? {} });
      if (patch === undefined) return;
      try {
        const { resourceVersion } = this.#base.metadata;
        const body = { metadata: { resourceVersion }, ...patch };
        const written = await client.patch<T>(
          ref,
          this.#key(),
          { type: 'merge', body },
          { fieldManager, subresource: 'status' },
        );
        this.#confirm(written);
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error) || attempt >= maxConflicts) throw error;
        const live = await this.#live();
        if (live === undefined) return;
        this.#rebase(live);
      }
    }
  }

  /** A condition that went somewhere and came back before anybody saw it has not moved. */
  #settleTransitionTimes(): void {
    const before = this.#base.status?.conditions ?? [];
    const after = this.object.status?.conditions;
    if (after === undefined) return;
    this.object.status!.conditions = after.map((condition) => {
      const old = before.find(({ type }) => type === condition.type);
      const moved =
        old === undefined ||
        old.status !== condition.status ||
        old.reason !== condition.reason ||
        old.message !== condition.message;
      return moved ? condition : { ...condition, lastTransitionTime: old.lastTransitionTime };
    });
  }

  /** Takes the server's state as the new base, and carries our changes over to it. */
  #rebase(live: T): void {
    const owned = this.#options.ownedConditions;
    const ours = (this.object.status?.conditions ?? []).filter(({ type }) => owned.includes(type));
    const theirs = (live.status?.conditions ?? []).filter(({ type }) => !owned.includes(type));
    const status: Record<string, unknown> = { ...(live.status as Record<string, unknown> | undefined) };
    const base = (this.#base.status ?? {}) as Record<string, unknown>;
    for (const [field, value] of Object.entries(this.object.status ?? {})) {
      if (!sameJson(base[field], value)) status[field] = value;
    }
    for (const field of Object.keys(base)) {
      if (!(field in (this.object.status ?? {}))) delete status[field];
    }
    status['conditions'] = [...ours, ...theirs];
    this.object.status = status;
    this.object.metadata = structuredClone(live.metadata);
    this.#base = live;
  }

  async #writeFinalizers(finalizers: readonly string[]): Promise<void> {
    const { client, ref, fieldManager } = this.#options;
    const { resourceVersion } = this.#base.metadata;
    const body = { metadata: { resourceVersion, finalizers } };
    const written = await client.patch<T>(ref, this.#key(), { type: 'merge', body }, { fieldManager });
    const status = this.object.status;
    this.#confirm(written);
    if (status !== undefined) this.object.status = status;
  }

  #confirm(written: T): void {
    this.#base = written;
    // The generation this run works on stays: what came meanwhile is the next run's.
    const { generation } = this.object.metadata;
    this.object.metadata = structuredClone(written.metadata);
    if (generation !== undefined) this.object.metadata.generation = generation;
    this.#options.onWritten?.(written);
  }

  async #live(): Promise<T | undefined> {
    try {
      return await this.#options.client.get<T>(this.#options.ref, this.#key());
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #key(): ObjectKey {
    const { name = '', namespace } = this.object.metadata;
    return { name, namespace };
  }
}
