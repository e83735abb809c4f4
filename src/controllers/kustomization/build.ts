// From an artifact to the objects it stands for: unpacked once, built in a worker.
import type { Readable } from 'node:stream';
import type { Kustomization } from '#api/kustomize/kustomization';
import type { Artifact } from '#api/source/shared';
import type { UnpackCache } from '#artifact/unpack-cache';
import type { Unstructured } from '#kube/object';
import type { WorkerPool } from '#workers/pool';

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
}

export interface BuildOutput {
  readonly objects: Unstructured[];
  /** `sha256:<hex>` of the built YAML. */
  readonly digest: string;
}

export interface BuilderDependencies {
  readonly unpacked: UnpackCache;
  readonly pool: WorkerPool;
  /** Bytes of an artifact, from our own store or over HTTP. */
  readonly open: (artifact: Artifact, signal: AbortSignal) => Promise<Readable>;
  /** The artifact's file, where it is on this machine. */
  readonly localFile: (artifact: Artifact) => Promise<string | undefined>;
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
  async build(request: BuildRequest): Promise<BuildOutput> {
    const { artifact, kustomization, signal } = request;
    refuseUnsupported(kustomization);
    const path = (artifact.size ?? Infinity) <= maxArchiveBytes ? await this.#deps.localFile(artifact) : undefined;
    if (path !== undefined) {
      return this.#run(request, { type: 'archive', path, maxUnpackedBytes: maxArchiveBytes * 32 });
    }
    const { unpacked, open } = this.#deps;
    const lease = await unpacked
      .acquire(artifact.digest, () => open(artifact, signal))
      .catch((error: Error) => {
        signal.throwIfAborted();
        throw new ArtifactUnavailableError(error.message, { cause: error });
      });
    try {
      return await this.#run(request, { type: 'directory', directory: lease.directory });
    } finally {
      lease.release();
    }
  }

  #run(request: BuildRequest, source: BuildSource): Promise<BuildOutput> {
    const { pool, timeoutMs } = this.#deps;
    const { artifact, kustomization, signal, variables, strictSubstitution } = request;
    const { namespace, name } = kustomization.metadata;
    const input: BuildInput = {
      source,
      digest: artifact.digest,
      kustomization: { metadata: { name, ...(namespace !== undefined && { namespace }) }, spec: kustomization.spec },
      strictSubstitution,
      ...(variables !== undefined && { variables }),
    };
    return pool.run<BuildOutput>(buildJob, input, { signal, timeoutMs, owner: `${namespace}/${name}` });
  }
}

/** To apply what is still encrypted would be worse than to apply nothing. */
function refuseUnsupported({ spec }: Kustomization): void {
  if (spec.decryption === undefined) return;
  throw new Error('spec.decryption is not supported yet: remove it, or keep this Kustomization with Flux');
}
