// Charts by digest, with everything parsed of them: rendering the same chart again reads and parses nothing.
import { LRUCache } from 'lru-cache';
import type { Chart } from './chart/chart.ts';
import { type RenderableChart, renderable, type RenderableOptions } from './render-chart.ts';

export interface ChartCacheOptions {
  /** Bytes of chart files kept, all charts together. @default 64 MiB */
  readonly maxBytes?: number;
  /** Charts kept. @default 64 */
  readonly maxCharts?: number;
}

export class ChartCache {
  readonly #charts: LRUCache<string, RenderableChart>;

  constructor({ maxBytes = 64 * 1024 * 1024, maxCharts = 64 }: ChartCacheOptions = {}) {
    this.#charts = new LRUCache({ max: maxCharts, maxSize: maxBytes, sizeCalculation: ({ chart }) => sizeOf(chart) });
  }

  /** The chart of this digest, loaded when it is not known yet. The digest must stand for the chart's whole content. */
  get(digest: string, load: () => Chart, options: RenderableOptions = {}): RenderableChart {
    // What a chart is parsed to depends on whose behaviour is asked for.
    const key = `${options.helm ?? 3}:${digest}`;
    const known = this.#charts.get(key);
    if (known !== undefined) return known;
    const made = renderable(load(), options);
    this.#charts.set(key, made);
    return made;
  }
}

function sizeOf(chart: Chart): number {
  let bytes = 1;
  for (const { data } of chart.templates) bytes += data.length;
  for (const { data } of chart.files) bytes += data.length;
  for (const subchart of chart.subcharts) bytes += sizeOf(subchart);
  return bytes;
}
