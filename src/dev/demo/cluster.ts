// What the demonstration asks of the cluster: kinds installed, objects applied, waits by watching.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { KubeClient } from '#kube/client';
import type { KubeObject, ObjectKey, ResourceRef, Unstructured } from '#kube/object';
import { customResourceDefinitions } from '#kube/resources';
import { DevError } from '../errors.ts';

const fieldManager = 'sluice-demo';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Applies every definition of the folder and waits until all are served. */
export async function installKinds(client: KubeClient, folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  const definitions = await Promise.all(
    files.map(async (name) => parse(await readFile(path.join(folder, name), 'utf8')) as KubeObject),
  );
  await Promise.all(
    definitions.map((object) => client.apply(customResourceDefinitions, object, { fieldManager, force: true })),
  );
  for (const { metadata } of definitions) {
    await untilObject(client, {
      ref: customResourceDefinitions,
      key: { name: metadata.name ?? '' },
      test: isEstablished,
      timeoutMs: 30_000,
    });
  }
  return definitions.length;
}

export interface Apply {
  readonly ref: ResourceRef;
  readonly object: KubeObject;
  readonly dryRun?: boolean;
}

export function apply(client: KubeClient, { ref, object, dryRun = false }: Apply): Promise<Unstructured> {
  return client.apply(ref, object, { fieldManager, force: true, dryRun, fieldValidation: 'Strict' });
}

export interface Awaited {
  readonly ref: ResourceRef;
  readonly key: ObjectKey;
  readonly test: (object: Unstructured) => boolean;
  readonly timeoutMs: number;
}

/** Watches an object until the test is true. */
export async function untilObject(client: KubeClient, awaited: Awaited): Promise<Unstructured> {
  const { ref, key, test, timeoutMs } = awaited;
  const signal = AbortSignal.timeout(timeoutMs);
  const scope = key.namespace === undefined ? {} : { namespace: key.namespace };
  let last: Unstructured | undefined;
  try {
    for (;;) {
      const events = await client.watch(ref, { ...scope, fieldSelector: `metadata.name=${key.name}`, signal });
      for await (const { object } of events) {
        last = object;
        if (test(object)) return object;
      }
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
    const state = last === undefined ? 'it is not there' : describe(conditionOf(last, 'Ready'));
    const message = `${ref.plural} ${key.name}: not as awaited within ${timeoutMs / 1000} s: ${state}`;
    throw new DevError('DEV_START_TIMEOUT', message, { cause });
  }
}

export function conditionOf(object: Unstructured, type: string): Condition | undefined {
  const status = object['status'] as { conditions?: readonly Condition[] } | undefined;
  return status?.conditions?.find((condition) => condition.type === type);
}

function isEstablished(object: Unstructured): boolean {
  return conditionOf(object, 'Established')?.status === 'True';
}

/** Ready for the generation that is there now. */
export function isReady(object: Unstructured): boolean {
  const status = object['status'] as { observedGeneration?: number } | undefined;
  return status?.observedGeneration === object.metadata.generation && conditionOf(object, 'Ready')?.status === 'True';
}

function describe(condition: Condition | undefined): string {
  if (condition === undefined) return 'it has no Ready condition';
  return `Ready is ${condition.status} (${condition.reason}): ${condition.message}`;
}
