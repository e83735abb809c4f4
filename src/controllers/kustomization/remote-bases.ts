// Bases and files that lie outside of the artifact: repositories fetched by Git, files by HTTP, both without any login.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dispatcher } from 'undici';
import type { Unpacked, UnpackCache } from '#artifact/unpack-cache';
import {
  archiveJob,
  fetchPack,
  GitError,
  GitSession,
  httpTransport,
  publicUrl,
  type ArchiveInput,
  type ArchiveOutput,
  type GitTransport,
  type ResolvedRef,
} from '#git/index';
import {
  DEFAULT_LIMITS,
  remoteId,
  type RemoteOutcome,
  type RemoteRequest,
  type RepoSpec,
} from '#kustomize/remote/index';
import { errorMessage } from '#lib/errors';
import { timeLimit } from '#lib/time-limit';
import type { Agents } from '#net/agents';
import { failureReason } from '#net/failure';
import { STATUS_CODES } from '#net/node-http';
import type { WorkerPool } from '#workers/pool';
import { fetchSubmodules } from '../gitrepository/submodules.ts';

export interface RemoteBasesDependencies {
  readonly agents: Agents;
  readonly pool: WorkerPool;
  readonly unpacked: UnpackCache;
  /** Where packs lie for a while. */
  readonly temporaryRoot: string;
  readonly maxPackBytes: number;
  readonly userAgent: string;
}

const fileTimeoutMs = 60_000;
const maxRedirects = 10;
/** Nothing is left out, whatever a `.sourceignore` says: kustomize knows none. */
const everything = '!*';

/** What one build has had fetched. */
export class RemoteBases {
  readonly #deps: RemoteBasesDependencies;
  /** Whose jobs they are, for the queue. */
  readonly #owner: string;
  readonly #outcomes = new Map<string, RemoteOutcome>();
  readonly #leases: Unpacked[] = [];

  constructor(deps: RemoteBasesDependencies, owner: string) {
    this.#deps = deps;
    this.#owner = owner;
  }

  /** By remoteId. */
  get outcomes(): ReadonlyMap<string, RemoteOutcome> {
    return this.#outcomes;
  }

  /** Fetches; a failure is an outcome too, which the build tells of. Rejects only when `signal` aborts. */
  async fetch(request: RemoteRequest, signal: AbortSignal): Promise<void> {
    let outcome: RemoteOutcome;
    try {
      outcome =
        request.type === 'clone' ? await this.#clone(request.spec, signal) : await this.#file(request.url, signal);
    } catch (error) {
      signal.throwIfAborted();
      outcome = { type: 'failure', message: errorMessage(error) };
    }
    this.#outcomes.set(remoteId(request), outcome);
  }

  /** Gives back what the build no longer reads. */
  release(): void {
    for (const lease of this.#leases.splice(0)) lease.release();
  }

  async #clone(spec: RepoSpec, outer: AbortSignal): Promise<RemoteOutcome> {
    const { pool, unpacked, temporaryRoot } = this.#deps;
    const limit = timeLimit(spec.timeoutMs);
    const signal = AbortSignal.any([outer, limit]);
    const directory = await mkdtemp(join(temporaryRoot, 'base-'));
    try {
      const input = await this.#fetchRepository(spec, directory, signal);
      const { digest } = await pool.run<ArchiveOutput>(archiveJob, input, { signal, owner: this.#owner });
      const lease = await unpacked.acquire(digest, () => Promise.resolve(createReadStream(input.target)));
      this.#leases.push(lease);
      return { type: 'clone', directory: lease.directory };
    } catch (error) {
      const why = limit.aborted ? `hit ${spec.timeoutMs / 1000}s timeout` : errorMessage(error);
      throw new Error(`failed to clone '${publicUrl(spec.cloneUrl)}': ${why}`, { cause: error });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #fetchRepository(spec: RepoSpec, directory: string, signal: AbortSignal): Promise<ArchiveInput> {
    const { pool, maxPackBytes } = this.#deps;
    const pack = join(directory, 'pack');
    const connections = { to: (url: string) => this.#transport(url), reject: () => undefined };
    const session = await GitSession.open(connections.to(spec.cloneUrl), signal);
    let commit: string;
    try {
      const ref = await refOf(session, spec.ref, signal);
      ({ commit } = ref);
      await fetchPack(session, ref, { file: pack, maxBytes: maxPackBytes, signal });
    } finally {
      session.close();
    }
    const root = { url: spec.cloneUrl, pack, commit };
    const submodules = spec.submodules
      ? await fetchSubmodules(root, { connections, pool, owner: this.#owner, directory, maxPackBytes, signal })
      : [];
    const target = join(directory, 'base.tar.gz');
    return { pack, commit, target, submodules, ignore: everything, algorithm: 'sha256' };
  }

  #transport(text: string): GitTransport {
    const url = httpUrl(text);
    return httpTransport({ url: text, dispatcher: this.#deps.agents.for(url), userAgent: this.#deps.userAgent });
  }

  async #file(text: string, outer: AbortSignal): Promise<RemoteOutcome> {
    const signal = AbortSignal.any([outer, AbortSignal.timeout(fileTimeoutMs)]);
    try {
      const { statusCode, body } = await this.#get(httpUrl(text), signal);
      const statusText = STATUS_CODES[statusCode] ?? '';
      return { type: 'file', status: statusCode, statusText, body: await limited(body) };
    } catch (error) {
      throw new Error(`Get "${publicUrl(text)}": ${failureReason(error)}`, { cause: error });
    }
  }

  async #get(first: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let url = first;
    for (let hops = 0; hops <= maxRedirects; hops++) {
      const { origin, pathname, search } = url;
      const headers = { 'user-agent': this.#deps.userAgent };
      const request = { origin, path: pathname + search, method: 'GET', headers, signal } as const;
      const response = await this.#deps.agents.for(url).request(request);
      const { location } = response.headers;
      if (response.statusCode < 300 || response.statusCode > 399 || typeof location !== 'string') return response;
      await response.body.dump();
      url = httpUrl(new URL(location, url).href);
    }
    throw new Error(`stopped after ${maxRedirects} redirects`);
  }
}

/** The rest needs a key, which a Kustomization has none of, or reads this machine's own disk. */
function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Error(
    `only http:// and https:// can be fetched: bring '${publicUrl(text)}' in by a GitRepository's include`,
  );
}

/** As `git fetch` reads a name: a hash, a reference in full, a tag, a branch; the remote's own choice without a name. */
async function refOf(session: GitSession, ref: string, signal: AbortSignal): Promise<ResolvedRef> {
  if (/^[0-9a-f]{40}$/.test(ref)) return { commit: ref, revision: ref };
  const names = ref === '' ? ['HEAD'] : [ref, `refs/${ref}`, `refs/tags/${ref}`, `refs/heads/${ref}`];
  const refs = await session.refs(names, signal);
  const found = names.map((name) => refs.find((each) => each.name === name)).find((each) => each !== undefined);
  if (found === undefined) throw new GitError('GIT_REFERENCE_NOT_FOUND', `couldn't find remote ref ${names[0]}`);
  const { hash, peeled, name } = found;
  return { commit: peeled ?? hash, reference: name, revision: name, ...(peeled !== undefined && { object: hash }) };
}

async function limited(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > DEFAULT_LIMITS.fileBytes) throw new Error(`it is larger than ${DEFAULT_LIMITS.fileBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
