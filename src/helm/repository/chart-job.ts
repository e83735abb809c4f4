// The worker's part of a chart: unpacking, reading and packing, off the event loop.
import type { PackedFile } from '#artifact/pack';
import type { Dependency } from '../chart/chart.ts';
import { type ChartLocation, type ChartSizes, missingFrom, readChartFiles } from './chart-files.ts';
import { packageChart, type PackagedChart, type PackageOptions } from './package-chart.ts';

export interface InspectOptions {
  readonly location: ChartLocation;
  readonly sizes: ChartSizes;
}

export interface InspectedChart {
  readonly name: string;
  readonly version: string;
  readonly isDirectory: boolean;
  /** Everything in it, as paths in the package. */
  readonly files: readonly PackedFile[];
  /** What a chart directory lists and does not hold. A packaged chart is complete, or its maker's business. */
  readonly missing: readonly Dependency[];
}

export type ChartJobInput = { readonly inspect: InspectOptions } | { readonly package: PackageOptions };

export function run(input: ChartJobInput): InspectedChart | Promise<PackagedChart> {
  return 'inspect' in input ? inspect(input.inspect) : packageChart(input.package);
}

function inspect({ location, sizes }: InspectOptions): InspectedChart {
  const chart = readChartFiles(location, sizes);
  const { name, version } = chart.metadata;
  const files = chart.files.map((file) => ({ path: `${name}/${file.name}`, size: file.data.length }));
  return { name, version, isDirectory: chart.isDirectory, files, missing: chart.isDirectory ? missingFrom(chart) : [] };
}
