// The latest outcomes in status.history: runs with the same manifests and the same end are counted together.
import type { KustomizationStatus } from '#api/kustomize/kustomization';
import { timestamp } from '#lib/timestamp';
import type { Draft } from '#runtime/draft';

export type HistoryEntry = NonNullable<Draft<KustomizationStatus>['history']>[number];

export interface Outcome {
  readonly digest: string;
  readonly status: string;
  readonly at: number;
  /** Go duration text. */
  readonly duration: string;
  readonly metadata: Readonly<Record<string, string>>;
}

const maxEntries = 5;

/** The history with one more outcome, newest first. */
export function withOutcome(history: readonly HistoryEntry[] | undefined, outcome: Outcome): HistoryEntry[] {
  const entries = history ?? [];
  const at = timestamp(outcome.at);
  const same = entries.find(
    (entry) => entry.digest === outcome.digest && entry.lastReconciledStatus === outcome.status,
  );
  const entry: HistoryEntry = {
    digest: outcome.digest,
    firstReconciled: same?.firstReconciled ?? at,
    lastReconciled: at,
    lastReconciledDuration: outcome.duration,
    lastReconciledStatus: outcome.status,
    metadata: { ...outcome.metadata },
    totalReconciliations: (same?.totalReconciliations ?? 0) + 1,
  };
  return [entry, ...entries.filter((other) => other !== same)].slice(0, maxEntries);
}
