// Waits until objects whose deletion began are gone: told by their watch, or by asking where nobody watches.
import type { Unstructured } from '#kube/object';
import { delay } from '#lib/backoff';
import { systemClock } from '#lib/clock';
import { timeLimit } from '#lib/time-limit';
import type { LiveKind } from '#runtime/live-objects';
import type { LiveView } from '../apply/cluster.ts';
import { awaitObject } from './object-wait.ts';
import type { ReleaseItem } from './release-objects.ts';

export interface Doomed {
  readonly item: ReleaseItem;
  readonly kind: () => Promise<LiveKind | undefined>;
}

export interface EndOptions {
  readonly view: LiveView;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const askAgainMs = 1000;

/** Whether the answer to a deletion tells that the object is gone: some kinds answer with a Status, some with what was. */
export function isGone(answer: Unstructured): boolean {
  return answer.kind === 'Status' || answer.metadata.deletionTimestamp === undefined;
}

export async function awaitGone(doomed: readonly Doomed[], { view, timeoutMs, signal }: EndOptions): Promise<void> {
  const timeout = timeLimit(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  await Promise.all(
    doomed.map(async ({ item, kind }) => {
      const { resource, key, subject } = item;
      const live = await kind();
      try {
        if (live?.get(key) !== undefined) {
          await awaitObject(live, key, { timeoutMs, signal, until: isAbsent });
          return;
        }
        // The watch does not know it: it is not marked as ours, or gone already.
        while ((await view.fetch(resource, key)) !== undefined) await delay(askAgainMs, systemClock, either);
      } catch (error) {
        signal.throwIfAborted();
        throw new Error(`context deadline exceeded: ${subject} is still being deleted`, { cause: error });
      }
    }),
  );
}

function isAbsent(live: unknown): true | undefined {
  return live === undefined ? true : undefined;
}
