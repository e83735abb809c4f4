// Brings the pack with one commit's files to a file on disk, bounded in size.
import { open } from 'node:fs/promises';
import { GitError } from './errors.ts';
import type { ResolvedRef } from './resolve.ts';
import type { GitSession } from './session.ts';

export interface FetchPackOptions {
  /** Where to write the pack. */
  readonly file: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Fetches the commit without history. Where the server refuses to send a commit that no reference points at, fetches
 * the history of its branch, or of everything when no branch is named.
 */
export async function fetchPack(session: GitSession, ref: ResolvedRef, options: FetchPackOptions): Promise<void> {
  // A tag brings its commit, and servers of version 0 send only what a reference points at.
  const want = ref.object ?? ref.commit;
  try {
    await download(session, { wants: [want], depth: 1 }, options);
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== 'GIT_OBJECT_NOT_FOUND') throw error;
    const tips = await tipsFor(session, ref, options.signal);
    if (tips.length === 0 || (tips.length === 1 && tips[0] === ref.commit)) throw error;
    await download(session, { wants: tips }, options);
  }
}

async function tipsFor(session: GitSession, { reference }: ResolvedRef, signal: AbortSignal): Promise<string[]> {
  const refs = await session.refs(reference === undefined ? ['refs/heads/', 'refs/tags/'] : [reference], signal);
  const chosen = reference === undefined ? refs : refs.filter(({ name }) => name === reference);
  return [...new Set(chosen.map(({ hash }) => hash))];
}

async function download(
  session: GitSession,
  request: { readonly wants: readonly string[]; readonly depth?: number },
  { file, maxBytes, signal }: FetchPackOptions,
): Promise<void> {
  const sink = await open(file, 'w', 0o600);
  let size = 0;
  try {
    await session.fetch({
      ...request,
      signal,
      onPack: async (chunk) => {
        size += chunk.length;
        if (size > maxBytes) {
          throw new GitError('GIT_TOO_LARGE', `the repository's pack has more than ${maxBytes} bytes`);
        }
        await sink.write(chunk);
      },
    });
  } finally {
    await sink.close();
  }
}
