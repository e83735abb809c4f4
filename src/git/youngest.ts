// Which of several tags has the youngest commit: asks for their commits, and for nothing else where the server can.
import { GitError } from './errors.ts';
import { PackFile } from './pack-file.ts';
import { inMemory } from './pack-source.ts';
import type { GitSession, RemoteRef } from './session.ts';
import { parseCommit } from './tree.ts';

// Commits alone are small; servers that cannot leave out files send more, but not without bound.
const maxBytes = 64 << 20;

/** The one committed last; of equals the last in the list. */
export async function youngest(
  session: GitSession,
  refs: readonly RemoteRef[],
  signal: AbortSignal,
): Promise<RemoteRef> {
  const commits = refs.map(({ hash, peeled }) => peeled ?? hash);
  const chunks: Buffer[] = [];
  let size = 0;
  await session.fetch({
    wants: [...new Set(refs.map(({ hash }) => hash))],
    depth: 1,
    commitsOnly: true,
    signal,
    onPack: (chunk) => {
      size += chunk.length;
      if (size > maxBytes)
        throw new GitError('GIT_TOO_LARGE', `the commits of the tags have more than ${maxBytes} bytes`);
      chunks.push(chunk);
    },
  });
  const pack = new PackFile(inMemory(Buffer.concat(chunks)));
  let best: { readonly ref: RemoteRef; readonly time: number } | undefined;
  for (const [i, ref] of refs.entries()) {
    const { committedAt: time } = parseCommit(pack.read(commits[i]!, 'commit'));
    if (best === undefined || time >= best.time) best = { ref, time };
  }
  return best!.ref;
}
