// The files that a kustomization, and those below it, make Secrets and patches of: what may have to be decrypted first.
import { sigsUnmarshal } from '#goyaml/index';
import { errorMessage } from '#lib/errors';
import path from 'node:path';
import { KustomizeError } from './errors.ts';
import { joinPath } from './files/file-system.ts';
import type { RootedFiles } from './files/rooted.ts';
import { decodeStruct } from './go-struct.ts';
import { FILE_NAMES } from './kustomization/read.ts';
import * as shapes from './kustomization/shapes.ts';
import type { Kustomization } from './kustomization/types.ts';

export interface FileReference {
  /** From the root of the files; it cannot lead out. */
  readonly path: string;
  /** What the file becomes: the value of a Secret's key, variables of a Secret, or a patch. */
  readonly use: { readonly key: string } | 'variables' | 'patch';
}

/** Follows `resources` and `components` that are directories. Throws for one without a single kustomization file. */
export function fileReferences(files: RootedFiles, directory: string): FileReference[] {
  /** By path: the first use decides. */
  const references = new Map<string, FileReference>();
  const visited = new Set<string>();
  const visit = (at: string): void => {
    if (visited.has(at) || !files.isDirectory(joinPath(files.root, at))) return;
    visited.add(at);
    const kustomization = read(files, at);
    for (const reference of referencesOf(kustomization, at)) {
      if (!references.has(reference.path)) references.set(reference.path, reference);
    }
    for (const below of [...(kustomization.resources ?? []), ...(kustomization.components ?? [])]) {
      visit(path.posix.resolve('/', at, below));
    }
  };
  visit(path.posix.resolve('/', directory));
  return [...references.values()];
}

function referencesOf({ secretGenerator = [], patches = [] }: Kustomization, at: string): FileReference[] {
  const below = (name: string): string => path.posix.resolve('/', at, name);
  return [
    ...secretGenerator.flatMap(({ files = [], envs = [] }): FileReference[] => [
      ...files.map((file) => {
        const [key = '', ...rest] = file.split('=');
        return { path: below(rest.length === 0 ? key : rest.join('=')), use: { key } };
      }),
      ...envs.map((file) => ({ path: below(file), use: 'variables' as const })),
    ]),
    ...patches
      .flatMap(({ path: file = '' }) => (file === '' || isRemote(file) ? [] : [file]))
      .map((file) => ({ path: below(file), use: 'patch' as const })),
  ];
}

function isRemote(text: string): boolean {
  return URL.canParse(text) && new URL(text).host !== '';
}

/** Fields of other types than they should have are refused; unknown ones are the build's to judge. */
function read(files: RootedFiles, at: string): Kustomization {
  const directory = joinPath(files.root, at);
  const found = FILE_NAMES.filter((name) => exists(files, joinPath(directory, name)));
  const [name, second] = found;
  if (name === undefined) throw new KustomizeError('no kustomization file found');
  if (second !== undefined) throw new KustomizeError('found multiple kustomization files');
  const file = joinPath(directory, name);
  if (files.isDirectory(file)) throw new KustomizeError(`expected ${name} to be a regular file`);
  try {
    return decodeStruct(sigsUnmarshal(files.read(file).toString('utf8')), shapes.kustomization, { strict: false });
  } catch (error) {
    const message = `failed to unmarshal kustomization file from '${joinPath(at, name)}': ${errorMessage(error)}`;
    throw new KustomizeError(message, { cause: error });
  }
}

function exists(files: RootedFiles, name: string): boolean {
  try {
    files.locate(name);
    return true;
  } catch {
    return false;
  }
}
