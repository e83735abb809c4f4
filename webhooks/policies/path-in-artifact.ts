// The path of a Kustomization, looked up in what its source holds right now.
import { fieldsAt } from '../fields.ts';
import { warn, type Rule } from '../rule.ts';
import { nearest } from './missing-references.ts';

interface SourceReference {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export const pathInArtifact: Rule = {
  id: 'path-in-artifact',
  kinds: ['Kustomization'],
  why: 'A path that is not in the source fails every run until somebody reads the status.',
  check({ object, snapshot }) {
    const path = normalized(fieldsAt(object, 'spec.path')[0]?.value);
    const source = fieldsAt(object, 'spec.sourceRef')[0]?.value as SourceReference | undefined;
    if (path === '' || source === undefined) return [];
    const namespace = source.namespace || (object.metadata.namespace ?? '');
    const files = snapshot.files(source.kind, namespace, source.name);
    if (files === undefined || hasDirectory(files, path)) return [];
    const near = nearestDirectory(path, directoriesOf(files));
    const hint = near === undefined ? '' : `; the nearest directory is './${near}'`;
    const subject = `${source.kind} '${namespace}/${source.name}'`;
    return [warn('spec.path', `'./${path}' is not in the current artifact of ${subject}${hint}`)];
  },
};

function normalized(path: unknown): string {
  if (typeof path !== 'string') return '';
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** The files are sorted: one binary search finds the first below the directory. */
function hasDirectory(files: readonly string[], path: string): boolean {
  const prefix = `${path}/`;
  let low = 0;
  let high = files.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (files[middle]! < prefix) low = middle + 1;
    else high = middle;
  }
  return files[low]?.startsWith(prefix) ?? false;
}

function directoriesOf(files: readonly string[]): Set<string> {
  const directories = new Set<string>();
  for (const file of files) {
    for (let slash = file.lastIndexOf('/'); slash > 0; slash = file.lastIndexOf('/', slash - 1)) {
      const directory = file.slice(0, slash);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  return directories;
}

/** The longest leading part that exists, or else the directory with the most similar name. */
function nearestDirectory(path: string, directories: ReadonlySet<string>): string | undefined {
  const similar = nearest(path, [...directories]);
  if (similar !== undefined) return similar;
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const parent = path.slice(0, slash);
    if (directories.has(parent)) return parent;
  }
  return undefined;
}
