// Which old artifacts of an object may go: those past their time, then the oldest beyond the number to keep.
import type { StoredFile } from './storage.ts';

export interface Retention {
  /** ms a file is kept after it stopped being current, so that a slow reader can finish. Flux: 60 s. */
  readonly ttl: number;
  /** Files kept per object, the current one included. Flux: 2. */
  readonly records: number;
}

/**
 * The files to remove, current one never among them. A file's age counts from its modification; files younger than
 * the ttl go too when there are more than `records`.
 */
export function garbage(
  files: readonly StoredFile[],
  currentPath: string | undefined,
  retention: Retention,
  now: number,
): StoredFile[] {
  const old = files.filter((file) => file.path !== currentPath).toSorted((a, b) => a.modified - b.modified);
  const expired = old.filter((file) => now - file.modified > retention.ttl);
  const excess = files.length - expired.length - retention.records;
  if (excess <= 0) return expired;
  const rest = old.filter((file) => !expired.includes(file));
  return [...expired, ...rest.slice(0, excess)];
}
