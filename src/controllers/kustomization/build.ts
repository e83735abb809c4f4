// From an artifact to the objects it stands for: unpacked once, built in a worker.
import type { Readable } from 'node:stream';
import type { Kustomization } from '#api/kustomize/kustomization';
import type { Artifact } from '#api/source/shared';
import type { UnpackCache } from '#artifact/unpack-cache';
import type { Unstructured } from '#kube/object';
import type { WorkerPool } from '#workers/pool';

export interface BuildInput {
  /** The unpacked artifact. Shared: never written to. */
  readonly directory: string;
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
  /** ms a build may take. */
  readonly timeoutMs: number;
}

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
    const { unpacked, pool, open, timeoutMs } = this.#deps;
    const { artifact, kustomization, signal } = request;
    const { namespace, name } = kustomization.metadata;
    const lease = await unpacked
      .acquire(artifact.digest, () => open(artifact, signal))
      .catch((error: Error) => {
        signal.throwIfAborted();
        throw new ArtifactUnavailableError(error.message, { cause: error });
      });
    try {
      const input: BuildInput = {
        directory: lease.directory,
        digest: artifact.digest,
        kustomization: { metadata: { name, ...(namespace !== undefined && { namespace }) }, spec: kustomization.spec },
        strictSubstitution: request.strictSubstitution,
        ...(request.variables !== undefined && { variables: request.variables }),
      };
      return await pool.run<BuildOutput>(buildJob, input, { signal, timeoutMs, owner: `${namespace}/${name}` });
    } finally {
      lease.release();
    }
  }
}
