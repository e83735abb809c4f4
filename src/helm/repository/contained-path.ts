// Paths that others name, kept below a directory: as Go's securejoin, `..` stops at the root.
import { lstatSync, realpathSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { RepositoryError } from './errors.ts';

/** `path` below `root`: absolute ones and those that climb start at the root. */
export function containedPath(root: string, path: string): string {
  return join(root, posix.normalize(`/${path}`));
}

/** The same for a path that must be there, its links followed; undefined when nothing is there. Throws when it leads out. */
export function existingPath(root: string, path: string): string | undefined {
  const wanted = containedPath(root, path);
  if (lstatSync(wanted, { throwIfNoEntry: false }) === undefined) return undefined;
  const [realRoot, real] = [realpathSync(root), realpathSync(wanted)];
  if (real === realRoot || real.startsWith(realRoot + sep)) return real;
  throw new RepositoryError('HELM_CHART_PACKAGE', `'${path}' leads out of the source`);
}
