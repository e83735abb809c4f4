// What a chart may cost: Helm's own limits, and the ones Helm lacks (archives within archives).

export interface ChartLimits {
  /** Bytes of one file. */
  readonly file: number;
  /** Bytes of all files of one archive. */
  readonly archive: number;
  /** Bytes of all files of a chart and of the archives nested in it. Not in Helm: a bomb of archives would be endless. */
  readonly total: number;
  /** Files of a chart and of the archives nested in it. Not in Helm. */
  readonly files: number;
  /** Levels of charts within charts. Not in Helm. */
  readonly depth: number;
}

const MiB = 1024 * 1024;

export const defaultChartLimits: ChartLimits = {
  file: 5 * MiB,
  archive: 100 * MiB,
  total: 256 * MiB,
  files: 50_000,
  depth: 32,
};

/** Counts what one load uses over all nested archives. */
export class LoadBudget {
  readonly limits: ChartLimits;
  #bytes = 0;
  #files = 0;

  constructor(limits: ChartLimits = defaultChartLimits) {
    this.limits = limits;
  }

  /** Adds one file; returns what is wrong, or undefined. */
  add(bytes: number): string | undefined {
    this.#bytes += bytes;
    this.#files++;
    if (this.#bytes > this.limits.total) {
      return `the chart and the archives in it hold more than the allowed ${this.limits.total} bytes`;
    }
    if (this.#files > this.limits.files) {
      return `the chart and the archives in it hold more than the allowed ${this.limits.files} files`;
    }
    return undefined;
  }
}
