// What goes into an artifact: a commit's files, those of its submodules and of other artifacts, in walking order.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GitError } from './errors.ts';
import type { PackFile } from './pack-file.ts';
import { parseCommit, walkTree } from './tree.ts';

export interface TreeNode {
  readonly path: string;
  readonly type: 'file' | 'executable' | 'directory' | 'symlink';
  /** Bytes of a file. */
  readonly read: () => Buffer;
}

export interface Include {
  /** Name of the other object, for messages. */
  readonly name: string;
  /** Directory with the unpacked artifact. */
  readonly directory: string;
  /** What of it to take; the whole when empty. */
  readonly fromPath: string;
  readonly toPath: string;
}

const nothing = Buffer.alloc(0);

/** The nodes of a commit, in walking order; those of a submodule with its path before their own. */
export function commitNodes(pack: PackFile, commit: string, prefix = ''): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (const { path, mode, hash } of walkTree(pack, parseCommit(pack.read(commit, 'commit')).tree)) {
    const read = mode === 'file' || mode === 'executable' ? () => pack.read(hash, 'blob') : () => nothing;
    nodes.push({ path: prefix + path, type: mode === 'submodule' ? 'directory' : mode, read });
  }
  return nodes;
}

/** Nodes below the directories, and the directories above them. Throws GIT_SPARSE_MISSING for one that is not there. */
export function sparseNodes(nodes: readonly TreeNode[], wanted: readonly string[]): TreeNode[] {
  const paths = wanted.map((path) => confined(path));
  const known = new Set(nodes.map(({ path }) => path));
  for (const [i, path] of paths.entries()) {
    if (path !== '' && !known.has(path)) {
      throw new GitError(
        'GIT_SPARSE_MISSING',
        `sparse checkout dir '${wanted[i]}' does not exist in repository: no such file or directory`,
      );
    }
  }
  const chosen = nodes.filter((node) => paths.some((path) => path === '' || isWithin(node.path, path)));
  const above = new Set(chosen.flatMap(({ path }) => parentsOf(path)));
  const kept = new Set(chosen);
  return nodes.filter((node) => kept.has(node) || above.has(node.path));
}

/** Puts what is included in its place. Throws GIT_INCLUDE when the place is taken or there is nothing to include. */
export function withInclude(nodes: readonly TreeNode[], include: Include): TreeNode[] {
  const { name, directory, fromPath, toPath } = include;
  const fail = (why: string): GitError =>
    new GitError('GIT_INCLUDE', `failed to copy '${name}' include from ${fromPath} to ${toPath}: ${why}`);
  const target = confined(toPath);
  const source = join(directory, confined(fromPath));
  const stat = statSync(source, { throwIfNoEntry: false });
  if (stat === undefined) throw fail('no such file or directory');
  const taken = new Map(nodes.map((node) => [node.path, node]));
  const inPlace = nodes.some(({ path }) => target === '' || path.startsWith(`${target}/`));
  if (inPlace) throw fail('file exists');
  for (const parent of parentsOf(target)) {
    const node = taken.get(parent);
    if (node !== undefined && node.type !== 'directory') throw fail('not a directory');
  }
  const existing = taken.get(target);
  if (existing !== undefined && (existing.type === 'directory') !== stat.isDirectory()) throw fail('file exists');
  const added = stat.isDirectory() ? directoryNodes(source, target) : [fileNode(source, target, stat.mode)];
  const parents = parentsOf(target).filter((path) => !taken.has(path));
  const rest = nodes.filter(({ path }) => path !== target);
  return [...rest, ...parents.map(directoryNode), ...added];
}

/** As Go's filepath.Walk meets them: by path, part by part, in byte order. */
export function inWalkingOrder(nodes: readonly TreeNode[]): TreeNode[] {
  const keyed = nodes.map((node) => ({ node, key: Buffer.from(node.path.replaceAll('/', '\0')) }));
  return keyed.toSorted((a, b) => Buffer.compare(a.key, b.key)).map(({ node }) => node);
}

function directoryNodes(directory: string, path: string): TreeNode[] {
  const nodes: TreeNode[] = path === '' ? [] : [directoryNode(path)];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const own = path === '' ? entry.name : `${path}/${entry.name}`;
    const source = join(directory, entry.name);
    if (entry.isDirectory()) nodes.push(...directoryNodes(source, own));
    else if (entry.isFile()) nodes.push(fileNode(source, own, statSync(source).mode));
  }
  return nodes;
}

function fileNode(source: string, path: string, mode: number): TreeNode {
  return { path, type: (mode & 0o100) === 0 ? 'file' : 'executable', read: () => readFileSync(source) };
}

function directoryNode(path: string): TreeNode {
  return { path, type: 'directory', read: () => nothing };
}

/** A path that cannot leave the root it is meant below: what would lead out ends at the root. */
function confined(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('/'));
}
