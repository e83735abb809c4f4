// Commits and trees as data, and the walk over a tree in the order archives need.
import { GitError } from './errors.ts';
import type { PackFile } from './pack-file.ts';

export interface Commit {
  readonly tree: string;
  readonly message: string;
  readonly author: string;
  readonly committer: string;
  /** Seconds since the Unix epoch. */
  readonly committedAt: number;
}

export function parseCommit(data: Buffer): Commit {
  const text = data.toString('utf8');
  const blank = text.indexOf('\n\n');
  const header = blank < 0 ? text : text.slice(0, blank);
  const field = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(header)?.[1] ?? '';
  const tree = field('tree');
  if (!/^[0-9a-f]{40}$/.test(tree)) throw new GitError('GIT_PACK_CORRUPT', 'a commit has no tree');
  const committer = field('committer');
  return {
    tree,
    message: blank < 0 ? '' : text.slice(blank + 2),
    author: field('author'),
    committer,
    committedAt: Number(/ (\d+) [+-]\d{4}$/.exec(committer)?.[1] ?? 0),
  };
}

export type TreeMode = 'file' | 'executable' | 'directory' | 'symlink' | 'submodule';

export interface TreeEntry {
  /** Full path with forward slashes. */
  readonly path: string;
  readonly mode: TreeMode;
  readonly hash: string;
}

export interface WalkLimits {
  readonly maxEntries: number;
  readonly maxDepth: number;
}

const defaultLimits: WalkLimits = { maxEntries: 1_000_000, maxDepth: 256 };

/** Every entry below a tree, each directory before what is in it, names in byte order. */
export function* walkTree(
  pack: PackFile,
  tree: string,
  limits: WalkLimits = defaultLimits,
): Generator<TreeEntry, void, undefined> {
  let seen = 0;
  // A stack of directories under way, so that a deep tree costs no stack frames.
  const stack: { readonly entries: readonly TreeEntry[]; next: number }[] = [
    { entries: readTree(pack.read(tree, 'tree'), ''), next: 0 },
  ];
  while (stack.length > 0) {
    const frame = stack.at(-1)!;
    const entry = frame.entries[frame.next++];
    if (entry === undefined) {
      stack.pop();
      continue;
    }
    if (++seen > limits.maxEntries)
      throw new GitError('GIT_TOO_LARGE', `the tree has more than ${limits.maxEntries} entries`);
    yield entry;
    if (entry.mode !== 'directory') continue;
    if (stack.length >= limits.maxDepth)
      throw new GitError('GIT_TOO_LARGE', `the tree is deeper than ${limits.maxDepth}`);
    stack.push({ entries: readTree(pack.read(entry.hash, 'tree'), `${entry.path}/`), next: 0 });
  }
}

function readTree(data: Buffer, prefix: string): TreeEntry[] {
  const entries: { readonly name: Buffer; readonly entry: TreeEntry }[] = [];
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const nul = data.indexOf(0, space);
    if (space < 0 || nul < 0 || nul + 21 > data.length) throw new GitError('GIT_PACK_CORRUPT', 'a tree is cut short');
    const name = data.subarray(space + 1, nul);
    const mode = modeOf(data.toString('latin1', at, space));
    entries.push({
      name,
      entry: { path: prefix + checkedName(name), mode, hash: data.toString('hex', nul + 1, nul + 21) },
    });
    at = nul + 21;
  }
  // Git sorts directories as if their names ended in a slash; a walk of files does not.
  return entries.toSorted((a, b) => Buffer.compare(a.name, b.name)).map(({ entry }) => entry);
}

/** Names no file system may be given: Git itself refuses to check them out. */
function checkedName(bytes: Buffer): string {
  const name = bytes.toString('utf8');
  if (name === '' || name === '.' || name === '..' || name.toLowerCase() === '.git' || /[/\\\0]/.test(name)) {
    throw new GitError(
      'GIT_BAD_PATH',
      `the repository has an entry named ${JSON.stringify(name)}, which is not allowed`,
    );
  }
  return name;
}

function modeOf(mode: string): TreeMode {
  switch (mode) {
    case '40000':
    case '040000':
      return 'directory';
    case '120000':
      return 'symlink';
    case '160000':
      return 'submodule';
    case '100755':
      return 'executable';
    default:
      return 'file';
  }
}
