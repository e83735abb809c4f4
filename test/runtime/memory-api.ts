// An API server of one object, in memory: optimistic locking, merge patches, generations, and faults on demand.
import type { KubeClient } from '#kube/client';
import type { KubeObject } from '#kube/object';
import { StatusError } from '#kube/status-error';
import { isPlainObject } from '#runtime/merge-patch';

export interface RecordedPatch {
  readonly subresource: string | undefined;
  readonly body: Record<string, unknown>;
  readonly fieldManager: string | undefined;
}

export class MemoryApi<T extends KubeObject> {
  object: T | undefined;
  readonly patches: RecordedPatch[] = [];
  /** Called before each patch is judged: somebody else's chance. */
  beforePatch: (() => void) | undefined;
  #version: number;

  constructor(object: T) {
    this.#version = 100;
    this.object = { ...object, metadata: { ...object.metadata, resourceVersion: '100' } };
  }

  /** What somebody else does to the object. */
  change(change: (object: T) => void): void {
    const next = structuredClone(this.object!);
    change(next);
    this.#store(next);
  }

  get client(): Pick<KubeClient, 'get' | 'patch'> {
    return {
      get: (() => (this.object === undefined ? Promise.reject(refusal(404, 'NotFound')) : this.#copy())) as never,
      patch: ((...args: Parameters<KubeClient['patch']>) => this.#patch(args)) as never,
    };
  }

  async #patch([_ref, _key, patch, options]: Parameters<KubeClient['patch']>): Promise<T> {
    await Promise.resolve();
    this.beforePatch?.();
    const body = patch.body as Record<string, unknown> & { metadata?: { resourceVersion?: string } };
    if (this.object === undefined) throw refusal(404, 'NotFound');
    const version = body.metadata?.resourceVersion;
    if (version !== undefined && version !== this.object.metadata.resourceVersion) throw refusal(409, 'Conflict');
    this.patches.push({
      subresource: options?.subresource,
      body: structuredClone(body),
      fieldManager: options?.fieldManager,
    });
    const before = this.object as T & { status?: unknown };
    const merged = merge(before, body) as T & { status?: unknown };
    // A subresource takes its own part only, the object everything but.
    const next =
      options?.subresource === 'status'
        ? ({ ...before, ...(merged.status !== undefined && { status: merged.status }) } as T)
        : ({ ...merged, ...('status' in before && { status: before.status }) } as T);
    this.#store(next);
    if (next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0) {
      this.object = undefined;
    }
    return structuredClone({ ...next, metadata: { ...next.metadata, resourceVersion: String(this.#version) } });
  }

  #store(next: T): void {
    this.#version++;
    this.object = { ...next, metadata: { ...next.metadata, resourceVersion: String(this.#version) } };
  }

  async #copy(): Promise<T> {
    await Promise.resolve();
    return structuredClone(this.object!);
  }
}

export function refusal(code: number, reason: string): StatusError {
  return new StatusError({ kind: 'Status', code, reason, message: `${reason}: refused by the test` });
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isPlainObject(patch)) return structuredClone(patch);
  const result: Record<string, unknown> = isPlainObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}
