// Writes one object's finalizers and status back: few patches, none when nothing changed, safe against other writers.
import type { Condition } from '#api/meta';
import type { KubeClient } from '#kube/client';
import type { KubeObject, ObjectKey, ObjectMeta, ResourceRef } from '#kube/object';
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
      this.#writing = this.#writing.then(async () => void (await this.#writeStatus())).catch(() => undefined);
    });
  }

  /**
   * Writes the working copy's status now, where a run must not go on before it is on record. Counts as the one
   * intermediate state. Throws when the object is gone or cannot be written.
   */
  async record(): Promise<void> {
    this.#cancelAnnouncement?.();
    this.#announced = true;
    await this.#writing;
    if (!(await this.#writeStatus())) throw new Error('the object is gone');
  }

  /** Adds a finalizer unless it is there. */
  async ensureFinalizer(name: string): Promise<void> {
    await this.#changeFinalizers((finalizers) => (finalizers.includes(name) ? undefined : [...finalizers, name]));
  }

  /** Removes a finalizer if it is there. An object that is gone already is fine. */
  async removeFinalizer(name: string): Promise<void> {
    this.#cancelAnnouncement?.();
    await this.#writing;
    try {
      await this.#changeFinalizers((finalizers) =>
        finalizers.includes(name) ? finalizers.filter((finalizer) => finalizer !== name) : undefined,
      );
    } catch (error) {
      if (!isNotFound(error) && (await this.#live()) !== undefined) throw error;
    }
  }

  /** `change` gives the finalizers there should be; undefined when they are right. */
  async #changeFinalizers(change: (finalizers: readonly string[]) => readonly string[] | undefined): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const wanted = change(this.object.metadata.finalizers ?? []);
      if (wanted === undefined) return;
      try {
        await this.#writeFinalizers(wanted);
        return;
      } catch (error) {
        if (!isConflict(error) || attempt >= maxConflicts) throw error;
        const live = await this.#live();
        if (live === undefined) throw error;
        this.#adopt(live.metadata);
        this.#base.metadata = live.metadata;
      }
    }
  }

  /** Leaves the status as it is on the server, or was announced before. */
  async discard(): Promise<void> {
    this.#cancelAnnouncement?.();
    this.#announced = true;
    await this.#writing;
  }

  /** Writes the status of the working copy, if it differs from the server's. */
  async flush(): Promise<void> {
    this.#cancelAnnouncement?.();
    this.#announced = true;
    await this.#writing;
    await this.#writeStatus();
  }

  /** False when the object is gone. */
  async #writeStatus(): Promise<boolean> {
    const { client, ref, fieldManager } = this.#options;
    for (let attempt = 1; ; attempt++) {
      this.#settleTransitionTimes();
      const patch = mergePatch({ status: this.#base.status ?? {} }, { status: this.object.status ?? {} });
      if (patch === undefined) return true;
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
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        if (!isConflict(error) || attempt >= maxConflicts) throw error;
        const live = await this.#live();
        if (live === undefined) return false;
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
    this.#adopt(live.metadata);
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
    this.#adopt(written.metadata);
    this.#options.onWritten?.(written);
  }

  /** The generation and the request this run works on stay: what came meanwhile is the next run's. */
  #adopt(metadata: ObjectMeta): void {
    const { generation, annotations } = this.object.metadata;
    const { annotations: _newer, ...rest } = structuredClone(metadata);
    this.object.metadata = {
      ...rest,
      ...(generation !== undefined && { generation }),
      ...(annotations && { annotations }),
    };
  }

  /** The object as the server has it; undefined when it is gone, or another one by the same name. */
  async #live(): Promise<T | undefined> {
    try {
      const live = await this.#options.client.get<T>(this.#options.ref, this.#key());
      return live.metadata.uid === this.object.metadata.uid ? live : undefined;
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
