// The worker's part: a pack on disk becomes a deterministic tar.gz, with no work tree in between.
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type DigestAlgorithm } from '#artifact/digest';
import { packTarGz, type PackEntry, type Packed } from '#artifact/pack';
import { ignoreFile, SourceIgnore, type IgnoreFile } from '#lib/source-ignore';
import { PackFile } from './pack-file.ts';
import { parseCommit, walkTree, type TreeEntry } from './tree.ts';

export interface ArchiveInput {
  /** The pack file. */
  readonly pack: string;
  /** Hash of the commit to archive. */
  readonly commit: string;
  /** Where to write the tar.gz; must not exist. */
  readonly target: string;
  /** spec.ignore. */
  readonly ignore?: string;
  readonly algorithm: DigestAlgorithm;
}

export interface ArchiveOutput extends Packed {
  /** First line of the commit's message. */
  readonly subject: string;
}

const maxIgnoreFileBytes = 1 << 20;

export async function run(input: ArchiveInput): Promise<ArchiveOutput> {
  const pack = new PackFile(await readFile(input.pack));
  const commit = parseCommit(pack.read(input.commit, 'commit'));
  const entries = [...walkTree(pack, commit.tree)];
  const ignore = new SourceIgnore(ignoreFiles(pack, entries), input.ignore);
  const sink = createWriteStream(input.target, { flags: 'wx', mode: 0o600 });
  const packed = await packTarGz(archiveEntries(pack, entries, ignore), sink, { algorithm: input.algorithm });
  return { ...packed, subject: commit.message.split('\n', 1)[0] ?? '' };
}

function ignoreFiles(pack: PackFile, entries: readonly TreeEntry[]): IgnoreFile[] {
  const found: IgnoreFile[] = [];
  for (const { path, mode, hash } of entries) {
    if (mode !== 'file' && mode !== 'executable') continue;
    if (path !== ignoreFile && !path.endsWith(`/${ignoreFile}`)) continue;
    const data = pack.read(hash, 'blob');
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

function* archiveEntries(
  pack: PackFile,
  entries: readonly TreeEntry[],
  ignore: SourceIgnore,
): Generator<PackEntry, void, undefined> {
  for (const { path, mode, hash } of entries) {
    const isDirectory = mode === 'directory' || mode === 'submodule';
    if (mode === 'symlink' || ignore.ignores(path, isDirectory)) continue;
    if (isDirectory) yield { path, type: 'directory' };
    else yield { path, type: 'file', executable: mode === 'executable', content: pack.read(hash, 'blob') };
  }
}
