// spec.recurseSubmodules: fetches the commits a repository's submodules are at, theirs too, each into its own pack.
import { join } from 'node:path';
import {
  fetchPack,
  GitSession,
  inspectJob,
  submoduleUrl,
  type ArchiveInput,
  type InspectInput,
  type InspectOutput,
} from '#git/index';
import { errorMessage } from '#lib/errors';
import type { WorkerPool } from '#workers/pool';
import type { Connections } from './connection.ts';

export interface SubmoduleOptions {
  readonly connections: Connections;
  readonly pool: WorkerPool;
  /** Whose jobs they are, for the queue. */
  readonly owner: string;
  /** Directory for the packs. */
  readonly directory: string;
  readonly maxPackBytes: number;
  readonly signal: AbortSignal;
}

interface Fetched {
  readonly url: string;
  readonly pack: string;
  readonly commit: string;
  /** With a slash at the end; empty for the repository itself. */
  readonly prefix: string;
}

const maxDepth = 10;
const maxSubmodules = 1000;

/** All submodules below a fetched commit. As in Flux, those deeper than ten stay empty. */
export async function fetchSubmodules(
  root: Omit<Fetched, 'prefix'>,
  options: SubmoduleOptions,
): Promise<NonNullable<ArchiveInput['submodules']>> {
  const { pool, owner, directory, signal } = options;
  const all: { path: string; pack: string; commit: string }[] = [];
  let level: Fetched[] = [{ ...root, prefix: '' }];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth++) {
    const next: Fetched[] = [];
    for (const parent of level) {
      const input: InspectInput = { pack: parent.pack, commit: parent.commit, submodules: true };
      const { submodules } = await pool.run<InspectOutput>(inspectJob, input, { signal, owner });
      for (const submodule of submodules) {
        if (all.length >= maxSubmodules) throw new Error(`there are more than ${maxSubmodules} submodules`);
        const path = parent.prefix + submodule.path;
        const url = submoduleUrl(parent.url, submodule.url);
        const pack = join(directory, `pack-${all.length + 1}`);
        await fetchOne({ url, path, pack, commit: submodule.commit }, options);
        all.push({ path, pack, commit: submodule.commit });
        next.push({ url, pack, commit: submodule.commit, prefix: `${path}/` });
      }
    }
    level = next;
  }
  return all;
}

async function fetchOne(
  submodule: { readonly url: string; readonly path: string; readonly pack: string; readonly commit: string },
  { connections, maxPackBytes, signal }: SubmoduleOptions,
): Promise<void> {
  const { commit, pack } = submodule;
  let session: GitSession | undefined;
  try {
    session = await GitSession.open(connections.to(submodule.url), signal);
    const ref = { commit, revision: `sha1:${commit}` };
    await fetchPack(session, ref, { file: pack, maxBytes: maxPackBytes, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`submodule '${submodule.path}': ${errorMessage(error)}`, { cause: error });
  } finally {
    session?.close();
  }
}
