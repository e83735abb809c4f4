// What an apply or a prune did to each object.
import type { InventoryEntry } from './object-id.ts';

export type ChangeAction = 'created' | 'configured' | 'unchanged' | 'skipped' | 'deleted';

export interface Change {
  /** `Kind/namespace/name`. */
  readonly subject: string;
  readonly entry: InventoryEntry;
  readonly action: ChangeAction;
}

/** Of an apply, what made a difference. */
export function differences(changes: readonly Change[]): Change[] {
  return changes.filter(({ action }) => action === 'created' || action === 'configured');
}

/** One line an object. */
export function changeLog(changes: readonly Change[]): string {
  return changes.map(({ subject, action }) => `${subject} ${action}`).join('\n');
}
