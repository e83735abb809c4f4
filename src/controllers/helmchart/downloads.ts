// Charts on their way from a repository: fetched once for all HelmCharts that want the same one at the same time.
import { LRUCache } from 'lru-cache';
import { chartJob, type ChartJobInput, type ChartSizes, type InspectedChart } from '#helm/repository/index';
import type { WorkerPool } from '#workers/pool';

/** A chart in memory, with what was found in it. */
export interface DownloadedChart {
  readonly archive: Buffer;
  readonly inspected: InspectedChart;
}

export interface DownloadRequest {
  /** Who may read it: repository, address and digest together; undefined where nothing tells one state from the next. */
  readonly key: string | undefined;
  readonly fetch: () => Promise<Buffer>;
  readonly owner: string;
  readonly signal: AbortSignal;
}

/** Bytes of charts kept for the others who are about to ask. */
const maxBytes = 16 * 1024 * 1024;

export class ChartDownloads {
  readonly #pool: WorkerPool;
  readonly #sizes: ChartSizes;
  readonly #underWay = new Map<string, Promise<DownloadedChart>>();
  readonly #recent = new LRUCache<string, DownloadedChart>({
    maxSize: maxBytes,
    ttl: 60_000,
    sizeCalculation: ({ archive }) => archive.length + 1,
  });

  constructor(pool: WorkerPool, sizes: ChartSizes) {
    this.#pool = pool;
    this.#sizes = sizes;
  }

  async get(request: DownloadRequest): Promise<DownloadedChart> {
    const { key, signal } = request;
    if (key === undefined) return this.#download(request);
    const known = this.#recent.get(key);
    if (known !== undefined) return known;
    const other = this.#underWay.get(key);
    if (other !== undefined) {
      const theirs = await other.catch(() => undefined);
      signal.throwIfAborted();
      if (theirs !== undefined) return theirs;
    }
    const own = this.#download(request);
    this.#underWay.set(key, own);
    try {
      const downloaded = await own;
      this.#recent.set(key, downloaded);
      return downloaded;
    } finally {
      if (this.#underWay.get(key) === own) this.#underWay.delete(key);
    }
  }

  async #download({ fetch, owner, signal }: DownloadRequest): Promise<DownloadedChart> {
    const archive = await fetch();
    const input: ChartJobInput = { inspect: { location: { archive }, sizes: this.#sizes } };
    return { archive, inspected: await this.#pool.run<InspectedChart>(chartJob, input, { owner, signal }) };
  }
}
