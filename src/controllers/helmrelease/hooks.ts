// Runs a chart's hooks: one after another by weight, each until it is done, cleaned up as its policies say.
import { sigsUnmarshal } from '#goyaml/index';
import type { HookEvent, RecordedHook } from '#helm/index';
import type { ResourceInfo } from '#kube/discovery';
import type { Unstructured } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import type { Clock } from '#lib/clock';
import { goDuration } from '#lib/duration-ms';
import { errorMessage } from '#lib/errors';
import { liveKindOf } from '#runtime/live-objects';
import type { HelmCluster } from './cluster.ts';
import { fieldManager } from './helmrelease.ts';
import { awaitObject } from './object-wait.ts';
import { helmTime } from './storage.ts';

export interface HookRun {
  readonly cluster: HelmCluster;
  /** Namespace of hooks that name none. */
  readonly namespace: string;
  /** Bound of each hook. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly note: (step: string) => void;
  readonly signal: AbortSignal;
  /** Ends the wait for a hook, which then counts as failed, and begins no other. */
  readonly unwanted: AbortSignal;
}

const beforeCreation = 'before-hook-creation';

/** Runs the hooks of an event; their last_run is written. Throws what made one fail. */
export async function runHooks(hooks: readonly RecordedHook[], event: HookEvent, run: HookRun): Promise<void> {
  const wanted = hooks
    .filter(({ events = [] }) => events.includes(event))
    .toSorted((a, b) => (a.weight ?? 0) - (b.weight ?? 0) || compareNames(a.name, b.name));
  const done: RecordedHook[] = [];
  for (const hook of wanted) {
    try {
      run.unwanted.throwIfAborted();
      await runHook(hook, event, run);
    } catch (error) {
      await cleanUp([hook], 'hook-failed', run);
      await cleanUp(done, 'hook-succeeded', run);
      throw error;
    }
    done.push(hook);
  }
  await cleanUp(done.toReversed(), 'hook-succeeded', run);
}

function compareNames(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function runHook(hook: RecordedHook, event: HookEvent, run: HookRun): Promise<void> {
  const { clock, cluster, signal } = run;
  const where = `${event} ${hook.path ?? ''}`;
  let target: HookTarget;
  try {
    target = await targetOf(hook, run);
  } catch (error) {
    throw new Error(`unable to build kubernetes object for ${event} hook ${hook.path ?? ''}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
  if (policies(hook).includes(beforeCreation)) await remove(target, run);
  hook.last_run = { started_at: helmTime(clock.now()), completed_at: '', phase: 'Running' };
  const subject = `${hook.kind ?? ''}/${hook.name ?? ''}`;
  run.note(`${event} hook ${subject} started, with timeout of ${goDuration(run.timeoutMs)}`);
  const finish = (phase: 'Succeeded' | 'Failed'): void => {
    run.note(`${event} hook ${subject} ${phase.toLowerCase()}`);
    hook.last_run = { ...hook.last_run, completed_at: helmTime(clock.now()), phase };
  };
  try {
    await cluster.client.create(target.resource, target.object, { fieldManager, signal });
  } catch (error) {
    finish('Failed');
    throw new Error(`warning: Hook ${where} failed: ${errorMessage(error)}`, { cause: error });
  }
  try {
    await untilDone(target, run);
  } catch (error) {
    finish('Failed');
    throw error;
  }
  finish('Succeeded');
}

interface HookTarget {
  readonly object: Unstructured;
  readonly resource: ResourceInfo;
}

async function targetOf({ manifest = '' }: RecordedHook, { cluster, namespace }: HookRun): Promise<HookTarget> {
  const object = sigsUnmarshal(manifest) as unknown as Unstructured;
  const resource = await cluster.discovery.resourceOf(object);
  const { namespace: own, ...metadata } = object.metadata;
  const placed = { ...object, metadata: { ...metadata, ...(resource.namespaced && { namespace: own || namespace }) } };
  return { object: placed, resource };
}

/** Jobs and Pods run; everything else is done when it is there. One that is deleted is done, too, as for Helm. */
async function untilDone({ object, resource }: HookTarget, run: HookRun): Promise<void> {
  const { kind } = object;
  if (kind !== 'Job' && kind !== 'Pod') return;
  const outcome = kind === 'Job' ? jobOutcome : podOutcome;
  let wasThere = false;
  const { name = '', namespace = '' } = object.metadata;
  const informer = run.cluster.informers.acquire(resource, { namespace, fieldSelector: `metadata.name=${name}` });
  try {
    await awaitObject(liveKindOf(informer), `${namespace}/${name}`, {
      timeoutMs: run.timeoutMs,
      signal: AbortSignal.any([run.signal, run.unwanted]),
      until: (live) => {
        if (live === undefined) return wasThere || undefined;
        wasThere = true;
        return outcome(live);
      },
    });
  } finally {
    informer.release();
  }
}

interface Statused {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  };
}

function jobOutcome(live: Unstructured): true | Error | undefined {
  for (const { type, status, reason = '' } of (live as Statused).status?.conditions ?? []) {
    if (status !== 'True') continue;
    if (type === 'Complete') return true;
    if (type === 'Failed') return new Error(`job ${live.metadata.name ?? ''} failed: ${reason}`);
  }
  return undefined;
}

function podOutcome(live: Unstructured): true | Error | undefined {
  const phase = (live as Statused).status?.phase;
  if (phase === 'Succeeded') return true;
  return phase === 'Failed' ? new Error(`pod ${live.metadata.name ?? ''} failed`) : undefined;
}

function policies({ delete_policies: own = [] }: RecordedHook): readonly string[] {
  return own.length === 0 ? [beforeCreation] : own;
}

async function cleanUp(hooks: readonly RecordedHook[], policy: string, run: HookRun): Promise<void> {
  for (const hook of hooks) {
    if (!policies(hook).includes(policy)) continue;
    const target = await targetOf(hook, run).catch(() => undefined);
    if (target !== undefined) await remove(target, run);
  }
}

/** Deletes the object and waits until it is gone. CRDs stay: with them would go all their objects. */
async function remove({ object, resource }: HookTarget, run: HookRun): Promise<void> {
  if (object.kind === 'CustomResourceDefinition') return;
  const { cluster, signal } = run;
  const { name = '', namespace } = object.metadata;
  let answer: Unstructured;
  try {
    answer = await cluster.client.delete(resource, { name, namespace }, { propagationPolicy: 'Background', signal });
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  // A Status says it is gone; the object itself, that its end only began.
  if (answer.kind === 'Status') return;
  const informer = cluster.informers.acquire(resource, {
    ...(namespace !== undefined && { namespace }),
    fieldSelector: `metadata.name=${name}`,
  });
  try {
    await informer.synced(signal);
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    await awaitObject(liveKindOf(informer), key, { ...run, until: (live) => (live === undefined ? true : undefined) });
  } finally {
    informer.release();
  }
}
