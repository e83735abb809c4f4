// The worker's part: packs on disk become a deterministic tar.gz, with no work tree in between.
import { createWriteStream } from 'node:fs';
import { type DigestAlgorithm } from '#artifact/digest';
import { packTarGz, type PackEntry, type Packed } from '#artifact/pack';
import { ignoreFile, SourceIgnore, type IgnoreFile } from '#lib/source-ignore';
import { commitNodes, inWalkingOrder, sparseNodes, withInclude, type Include, type TreeNode } from './archive-tree.ts';
import { PackFile } from './pack-file.ts';
import { PackOnDisk } from './pack-source.ts';
import { parseCommit } from './tree.ts';

export interface ArchiveInput {
  /** The pack file. */
  readonly pack: string;
  /** Hash of the commit to archive. */
  readonly commit: string;
  /** Where to write the tar.gz; must not exist. */
  readonly target: string;
  /** spec.ignore. */
  readonly ignore?: string;
  /** Only what is below these directories. */
  readonly sparse?: readonly string[];
  /** Where submodules go, with a pack of their own each. */
  readonly submodules?: readonly { readonly path: string; readonly pack: string; readonly commit: string }[];
  /** Other artifacts to put in, in this order. */
  readonly includes?: readonly Include[];
  readonly algorithm: DigestAlgorithm;
}

export interface ArchiveOutput extends Packed {
  /** First line of the commit's message. */
  readonly subject: string;
}

const maxIgnoreFileBytes = 1 << 20;

export async function run(input: ArchiveInput): Promise<ArchiveOutput> {
  const files: PackOnDisk[] = [];
  const open = (path: string): PackFile => {
    const file = new PackOnDisk(path);
    files.push(file);
    return new PackFile(file);
  };
  try {
    const pack = open(input.pack);
    const commit = parseCommit(pack.read(input.commit, 'commit'));
    const nodes = nodesOf(pack, input, open);
    const ignore = new SourceIgnore(ignoreFiles(nodes), input.ignore);
    const sink = createWriteStream(input.target, { flags: 'wx', mode: 0o600 });
    const packed = await packTarGz(entriesOf(nodes, ignore), sink, { algorithm: input.algorithm });
    return { ...packed, subject: commit.message.split('\n', 1)[0] ?? '' };
  } finally {
    for (const file of files) file.close();
  }
}

function nodesOf(pack: PackFile, input: ArchiveInput, open: (path: string) => PackFile): TreeNode[] {
  const { sparse = [], submodules = [], includes = [] } = input;
  let nodes = commitNodes(pack, input.commit);
  for (const submodule of submodules) {
    for (const node of commitNodes(open(submodule.pack), submodule.commit, `${submodule.path}/`)) nodes.push(node);
  }
  if (sparse.length > 0) nodes = sparseNodes(nodes, sparse);
  for (const include of includes) nodes = withInclude(nodes, include);
  // A single commit's walk is in order already.
  return submodules.length + includes.length === 0 ? nodes : inWalkingOrder(nodes);
}

function ignoreFiles(nodes: readonly TreeNode[]): IgnoreFile[] {
  const found: IgnoreFile[] = [];
  for (const { path, type, read } of nodes) {
    if (type !== 'file' && type !== 'executable') continue;
    if (path !== ignoreFile && !path.endsWith(`/${ignoreFile}`)) continue;
    const data = read();
    if (data.length > maxIgnoreFileBytes) continue;
    found.push({
      directory: path.slice(0, Math.max(0, path.length - ignoreFile.length - 1)),
      text: data.toString('utf8'),
    });
  }
  // A walk meets a directory's files in between its subdirectories; patterns count parents first.
  return found.toSorted((a, b) => depthOf(a.directory) - depthOf(b.directory));
}

function depthOf(directory: string): number {
  return directory === '' ? 0 : directory.split('/').length;
}

function* entriesOf(nodes: readonly TreeNode[], ignore: SourceIgnore): Generator<PackEntry, void, undefined> {
  for (const { path, type, read } of nodes) {
    const isDirectory = type === 'directory';
    if (type === 'symlink' || ignore.ignores(path, isDirectory)) continue;
    if (isDirectory) yield { path, type: 'directory' };
    else yield { path, type: 'file', executable: type === 'executable', content: read() };
  }
}
