// One pass over a release in memory, and what came of it in the words of the tables.
import type { SnapshotDraft } from '#controllers/helmrelease/snapshot';
import type { ReleaseStatus } from '#helm/index';
import {
  type Failure,
  type RecordOptions,
  ReleaseInMemory,
  revision,
  type Setting,
} from '#test/controllers/helmrelease/release-in-memory';

export type Stored = RecordOptions & {
  readonly status: ReleaseStatus;
  readonly known?: Partial<SnapshotDraft> | false;
};

export interface Stage extends Setting {
  /** Oldest first; in the history unless it says not. */
  readonly stored?: readonly Stored[];
  readonly fails?: Readonly<Record<string, Failure>>;
  readonly forced?: boolean;
}

/** Written as `Type=Status Reason`. */
function condition(text: string): object {
  const [, type = '', status = '', reason = ''] = /^(\w+)=(\w+) (\w+)$/.exec(text)!;
  return { type, status, reason, message: 'before', lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 };
}

export const conditions = (...texts: readonly string[]): object => ({ conditions: texts.map(condition) });

export function retries(action: 'install' | 'upgrade', count: number, more: object = {}): object {
  return { [action]: { remediation: { retries: count, ...more } } };
}

export const retrying = (action: 'install' | 'upgrade', more: object = {}): object => ({
  [action]: { strategy: { name: 'RetryOnFailure', ...more } },
});

/** What a pass came to, in the words of the tables. */
export async function pass(release: ReleaseInMemory): Promise<string> {
  const next = await release.run().then(
    (outcome) => {
      if (outcome.next === 'stop') return `stop ${outcome.message}`;
      return outcome.next === 'retry' ? `retry ${outcome.afterMs}` : outcome.next;
    },
    (error: Error) => `throws ${error.message}`,
  );
  return [...release.ran, next].join(', ');
}

/** `Type=Status Reason`. */
export const conditionsOf = ({ object }: ReleaseInMemory): string[] =>
  object.status!.conditions!.map(({ type, status, reason }) => `${type}=${status} ${reason}`);

/** Failures, those of installations, those of upgrades. */
export const countsOf = ({ object: { status } }: ReleaseInMemory): string =>
  [status!.failures, status!.installFailures, status!.upgradeFailures].map((count) => count ?? 0).join(' ');

/** `version status test=phase`, newest first. */
export function historyOf({ object }: ReleaseInMemory): string {
  return (object.status!.history ?? [])
    .map(({ version, status, testHooks = {} }) => {
      const tests = Object.entries(testHooks).map(([of, { phase }]) => ` ${of}=${phase ?? ''}`);
      return `${version} ${status}${tests.join('')}`;
    })
    .join(', ');
}

export function message(release: ReleaseInMemory, type: string): string | undefined {
  return release.object.status!.conditions!.find((each) => each.type === type)?.message;
}

export function staged({ stored = [], fails = {}, forced = false, ...setting }: Stage): ReleaseInMemory {
  const release = new ReleaseInMemory(setting);
  for (const [at, { status, known, ...options }] of stored.entries()) {
    release.store(revision(at + 1, status, options), known === false ? undefined : (known ?? {}));
  }
  for (const [action, failure] of Object.entries(fails)) release.fails.set(action, failure);
  if (forced) release.request('now', 'forceAt');
  return release;
}
