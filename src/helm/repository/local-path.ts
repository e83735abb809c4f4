// Where a dependency that names no repository is: in the same source as the chart.
import { posix } from 'node:path';
import type { Dependency } from '../chart/chart.ts';

export function isLocal({ repository }: Pick<Dependency, 'repository'>): boolean {
  return repository === '' || repository.startsWith('file://');
}

/** Where the dependency of the chart at `chart` is, below `root` whatever it says. */
export function localPath(dependency: Pick<Dependency, 'name' | 'repository'>, chart: string): string {
  const { name, repository } = dependency;
  const reference = repository === '' ? `charts/${name}` : repository.slice('file://'.length);
  return posix.normalize(`/${chart}/${reference}`);
}
