// Waits until the aggregator serves our group: before that, kubectl does not know the resource.
import { Discovery } from '#kube/discovery';
import type { ResourceRef, Unstructured } from '#kube/object';
import { errorMessage } from '#lib/errors';
import type { ServeContext } from './context.ts';

const apiServices: ResourceRef = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  plural: 'apiservices',
  namespaced: false,
};
const pauseMs = 100;
const patienceMs = 10_000;
/** An available group that discovery does not list by then was looked at too early: a change makes it look again. */
const nudgeAfterMs = 1500;

export interface AggregatedGroup {
  readonly group: string;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Resolves when the group is available and listed, or with a warning when patience ends: the process works without. */
export async function untilServed(context: ServeContext, { group, version, signal }: AggregatedGroup): Promise<void> {
  const { client, clock, log, discovery } = context;
  // Of its own, and without memory: this is about what the server says right now.
  const fresh = new Discovery({ client, clock, ttlMs: 0 });
  const begun = clock.monotonic();
  let availableAt: number | undefined;
  let isNudged = false;
  let last = '';
  while (!signal.aborted && clock.monotonic() - begun < patienceMs) {
    try {
      last = await unavailability(client, `${version}.${group}`);
      if (last === '') {
        availableAt ??= clock.monotonic();
        // A version nobody fetched yet is listed too, without resources.
        if ((await fresh.all()).some((resource) => resource.group === group && resource.version === version)) {
          discovery.invalidate();
          return;
        }
        last = 'it is not in /apis';
        if (!isNudged && clock.monotonic() - availableAt > nudgeAfterMs) {
          isNudged = true;
          await nudge(client, `${version}.${group}`, clock.now());
        }
      }
    } catch (error) {
      last = errorMessage(error);
    }
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
  }
  if (!signal.aborted)
    log.info({ group, reason: last }, 'the aggregated API is not reachable through the API server yet');
}

/** Why the aggregator does not use the service; empty when it does. */
async function unavailability(client: ServeContext['client'], name: string): Promise<string> {
  const { status } = (await client.get(apiServices, { name })) as Unstructured & {
    status?: { conditions?: { type: string; status: string; message?: string }[] };
  };
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  return condition?.status === 'True' ? '' : (condition?.message ?? 'nobody looked yet');
}

async function nudge(client: ServeContext['client'], name: string, now: number): Promise<void> {
  const annotations = { 'artifacts.sluice.dev/served-since': new Date(now).toISOString() };
  await client.patch(apiServices, { name }, { type: 'merge', body: { metadata: { annotations } } });
}
