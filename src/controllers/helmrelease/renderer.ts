// Renders releases in the workers, with the cluster's own capabilities and live lookups.
import { MessageChannel } from 'node:worker_threads';
import type { GroupVersionKind } from '#api/group-version';
import type { HelmRelease } from '#api/helm/helmrelease';
import { sigsUnmarshal } from '#goyaml/index';
import {
  serveLookups,
  splitManifests,
  trimSpace,
  type UnpackedRelease,
  unpackRelease,
  type ValuesMap,
} from '#helm/index';
import type { Unstructured } from '#kube/object';
import type { WorkerPool } from '#workers/pool';
import { LRUCache } from 'lru-cache';
import { capabilitiesOf, clusterLookup, type HelmCluster } from './cluster.ts';
import { namespaceOf, releaseName, releaseNamespace } from './helmrelease.ts';
import type { ChartFile, ChartInfo, ReleaseJobInput, RenderOutput, ReusedParts } from './render-job.ts';

const job = new URL(import.meta.url.endsWith('.ts') ? './render-job.ts' : './render-job.js', import.meta.url);

/** Up to this size a record is read on the main thread: sending it to a worker would cost as much. */
const smallPayload = 48 * 1024;

export interface RenderRequest {
  readonly object: HelmRelease;
  readonly file: ChartFile;
  readonly values: ValuesMap;
  readonly reuse?: ReusedParts | undefined;
  readonly revision: number;
  readonly isUpgrade: boolean;
  readonly skipSchemaValidation: boolean;
  readonly cluster: HelmCluster;
  /** Kinds that are served, though discovery may not tell of them yet. */
  readonly newKinds: readonly GroupVersionKind[];
  readonly signal: AbortSignal;
}

export class ReleaseRenderer {
  readonly #pool: WorkerPool;
  readonly #timeoutMs: number;
  readonly #charts = new LRUCache<string, ChartInfo>({ max: 10_000 });

  constructor(pool: WorkerPool, options: { readonly timeoutMs: number }) {
    this.#pool = pool;
    this.#timeoutMs = options.timeoutMs;
  }

  /** What Chart.yaml says. Throws a JobError when the artifact is no chart. */
  async chartInfo(file: ChartFile, signal: AbortSignal): Promise<ChartInfo> {
    const key = `${file.digest} ${file.version ?? ''}`;
    const known = this.#charts.get(key);
    if (known !== undefined) return known;
    const info = await this.#run<ChartInfo>({ type: 'chart', chart: file }, signal);
    this.#charts.set(key, info);
    return info;
  }

  async render(request: RenderRequest): Promise<RenderOutput> {
    const { object, file, values, reuse, revision, isUpgrade, cluster, newKinds, signal, skipSchemaValidation } =
      request;
    const { port1: ours, port2: theirs } = new MessageChannel();
    const answered = new SharedArrayBuffer(4);
    serveLookups(ours, answered, clusterLookup(cluster, signal));
    const { commonMetadata, postRenderers, postRenderStrategy } = object.spec;
    const input: ReleaseJobInput = {
      type: 'render',
      chart: file,
      values,
      ...(reuse !== undefined && { reuse }),
      release: { name: releaseName(object), namespace: releaseNamespace(object), revision, isUpgrade },
      capabilities: await capabilitiesOf(cluster, newKinds),
      skipSchemaValidation,
      lookup: { port: theirs, signal: answered },
      postRendering: {
        owner: { name: object.metadata.name, namespace: namespaceOf(object) },
        ...(commonMetadata !== undefined && { commonMetadata }),
        ...(postRenderers !== undefined && { renderers: postRenderers }),
        ...(postRenderStrategy !== undefined && { strategy: postRenderStrategy }),
      },
    };
    try {
      return await this.#pool.run<RenderOutput>(job, input, {
        signal,
        timeoutMs: this.#timeoutMs,
        owner: namespaceOf(object),
        transfer: [theirs],
      });
    } finally {
      ours.close();
    }
  }

  /** Reads the payload of a release Secret. */
  async unpack(payload: string, signal: AbortSignal): Promise<UnpackedRelease> {
    if (payload.length <= smallPayload) return unpackRelease(payload);
    return this.#run({ type: 'unpack', payload }, signal);
  }

  /** The objects of a stored manifest. */
  objectsOf(manifest: string): Unstructured[] {
    return splitManifests(manifest)
      .filter((document) => trimSpace(document) !== '')
      .map((document) => sigsUnmarshal(document) as unknown)
      .filter((object): object is Unstructured => object !== null && typeof object === 'object')
      .flatMap((object) => {
        const items = object['items'];
        return object.kind?.endsWith('List') === true && Array.isArray(items) ? (items as Unstructured[]) : [object];
      })
      .filter(({ metadata }) => typeof metadata === 'object' && metadata !== null);
  }

  #run<T>(input: ReleaseJobInput, signal: AbortSignal): Promise<T> {
    return this.#pool.run<T>(job, input, { signal, timeoutMs: this.#timeoutMs });
  }
}
