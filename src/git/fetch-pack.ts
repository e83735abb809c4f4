// Brings the pack with one commit's files to a file on disk, bounded in size.
import { open } from 'node:fs/promises';
import { GitError } from './errors.ts';
import type { ResolvedRef } from './resolve.ts';
import type { GitSession } from './session.ts';

export interface FetchPackOptions {
  /** Where to write the pack; must not exist. */
  readonly file: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Fetches the commit without history. Falls back to its branch's whole history where the server insists. */
export async function fetchPack(session: GitSession, ref: ResolvedRef, options: FetchPackOptions): Promise<void> {
  try {
    await download(session, { wants: [ref.commit], depth: 1 }, options);
  } catch (error) {
    const refused = error instanceof GitError && error.code === 'GIT_OBJECT_NOT_FOUND';
    if (!refused || ref.reference === undefined) throw error;
    const tip = (await session.refs([ref.reference], options.signal)).find(({ name }) => name === ref.reference);
    if (tip === undefined || tip.hash === ref.commit) throw error;
    await download(session, { wants: [tip.hash] }, options);
  }
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
