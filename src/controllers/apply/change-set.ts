// What an apply or a prune did to each object.
import type { InventoryEntry } from './object-id.ts';

export type ChangeAction = 'created' | 'configured' | 'unchanged' | 'skipped' | 'deleted';

export interface Change {
  /** `Kind/namespace/name`. */
  readonly subject: string;
  readonly entry: InventoryEntry;
  readonly action: ChangeAction;
}

/** One line an object that was made or changed; empty when nothing was. */
export function changeLog(changes: readonly Change[]): string {
  return changes
    .filter(({ action }) => action === 'created' || action === 'configured')
    .map(({ subject, action }) => `${subject} ${action}`)
    .join('\n');
}
