// From an artifact to the objects it stands for: unpacked once, built in a worker.
import type { Readable } from 'node:stream';
import type { Kustomization } from '#api/kustomize/kustomization';
import type { Artifact } from '#api/source/shared';
import type { UnpackCache } from '#artifact/unpack-cache';
import type { Unstructured } from '#kube/object';
import type { RemoteOutcome, RemoteRequest } from '#kustomize/remote/index';
import type { RemoteAnswer, RemoteKey } from '#sops/index';
import type { WorkerPool } from '#workers/pool';
import type { DecryptionInput } from './decrypt.ts';
import { askServices, type DecryptionKeys } from './decryption-keys.ts';
import { RemoteBases, type RemoteBasesDependencies } from './remote-bases.ts';

/** Where a worker finds the artifact: as a file to unpack in memory, or unpacked on disk (shared: never written to). */
export type BuildSource =
  | { readonly type: 'archive'; readonly path: string; readonly maxUnpackedBytes: number }
  | { readonly type: 'directory'; readonly directory: string };

export interface BuildInput {
  readonly source: BuildSource;
  /** Digest of the artifact: what the parse cache goes by. */
  readonly digest: string;
  readonly kustomization: Pick<Kustomization, 'metadata' | 'spec'>;
  /** Post-build variables; undefined where the spec asks for no substitution. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly strictSubstitution: boolean;
  /** Undefined where nothing is to be decrypted. */
  readonly decryption?: DecryptionInput;
  /** What was fetched from elsewhere, by remoteId; undefined where nothing may be. */
  readonly remote?: ReadonlyMap<string, RemoteOutcome>;
}

/** The build cannot go on without this base or file from elsewhere. */
export interface MissingBase {
  readonly missing: RemoteRequest;
}

/** The build cannot go on without one key of each list. */
export interface MissingKeys {
  readonly wanted: readonly (readonly RemoteKey[])[];
}

export interface BuildOutput {
  readonly objects: Unstructured[];
  /** `sha256:<hex>` of the built YAML. */
  readonly digest: string;
}

/** The objects of one Kustomization. */
export interface Build extends BuildOutput {
  /** Parts came from elsewhere, where they may change while the artifact does not. */
  readonly isRemote: boolean;
}

export interface BuilderDependencies {
  readonly unpacked: UnpackCache;
  readonly pool: WorkerPool;
  /** Bytes of an artifact, from our own store or over HTTP. */
  readonly open: (artifact: Artifact, signal: AbortSignal) => Promise<Readable>;
  /** The artifact's file, where it is on this machine. */
  readonly localFile: (artifact: Artifact) => Promise<string | undefined>;
  /** Undefined where a build may have nothing but the artifact. */
  readonly remote: RemoteBasesDependencies | undefined;
  /** ms a build may take. */
  readonly timeoutMs: number;
}

/** Up to this size an archive is built from in memory; above it, from a directory on disk. */
const maxArchiveBytes = 4 * 1024 * 1024;

const buildJob = new URL(import.meta.url.endsWith('.ts') ? './build-job.ts' : './build-job.js', import.meta.url);

export interface BuildRequest {
  readonly artifact: Artifact;
  readonly kustomization: Kustomization;
  readonly variables: Readonly<Record<string, string>> | undefined;
  readonly strictSubstitution: boolean;
  readonly keys: DecryptionKeys | undefined;
  readonly signal: AbortSignal;
}

/** An artifact could not be brought or unpacked: not a fault of the manifests. */
export class ArtifactUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ArtifactUnavailableError';
  }
}

export class Builder {
  readonly #deps: BuilderDependencies;

  constructor(deps: BuilderDependencies) {
    this.#deps = deps;
  }

  /** The objects of one Kustomization. Throws a JobError with kustomize's message when they cannot be built. */
  async build(request: BuildRequest): Promise<Build> {
    const { artifact, signal } = request;
    const path = (artifact.size ?? Infinity) <= maxArchiveBytes ? await this.#deps.localFile(artifact) : undefined;
    if (path !== undefined) {
      return this.#build(request, { type: 'archive', path, maxUnpackedBytes: maxArchiveBytes * 32 });
    }
    const { unpacked, open } = this.#deps;
    const lease = await unpacked
      .acquire(artifact.digest, () => open(artifact, signal))
      .catch((error: Error) => {
        signal.throwIfAborted();
        throw new ArtifactUnavailableError(error.message, { cause: error });
      });
    try {
      return await this.#build(request, { type: 'directory', directory: lease.directory });
    } finally {
      lease.release();
    }
  }

  /** Services and servers are asked here, not in a worker: one that is slow to answer holds up nobody else's builds. */
  async #build(request: BuildRequest, source: BuildSource): Promise<Build> {
    const { kustomization, keys, signal } = request;
    const { namespace, name } = kustomization.metadata;
    const { remote } = this.#deps;
    const answers = new Map<string, RemoteAnswer>();
    const bases = remote && new RemoteBases(remote, `${namespace}/${name}`);
    try {
      for (;;) {
        const result = await this.#run(request, source, { answers, bases });
        if ('objects' in result) return { ...result, isRemote: bases !== undefined && bases.outcomes.size > 0 };
        if ('missing' in result) await bases!.fetch(result.missing, signal);
        else await askServices(keys!, result.wanted, { answers, signal });
      }
    } finally {
      bases?.release();
    }
  }

  #run(
    { artifact, kustomization, signal, variables, strictSubstitution, keys }: BuildRequest,
    source: BuildSource,
    {
      answers,
      bases,
    }: { readonly answers: ReadonlyMap<string, RemoteAnswer>; readonly bases: RemoteBases | undefined },
  ): Promise<BuildOutput | MissingKeys | MissingBase> {
    const { pool, timeoutMs } = this.#deps;
    const { namespace, name } = kustomization.metadata;
    const input: BuildInput = {
      source,
      digest: artifact.digest,
      kustomization: { metadata: { name, ...(namespace !== undefined && { namespace }) }, spec: kustomization.spec },
      strictSubstitution,
      ...(variables !== undefined && { variables }),
      ...(keys && { decryption: { files: keys.files.reveal(), where: keys.where, answers } }),
      ...(bases && { remote: bases.outcomes }),
    };
    return pool.run(buildJob, input, { signal, timeoutMs, owner: `${namespace}/${name}` });
  }
}
