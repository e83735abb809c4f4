// Writes a chart as the package Helm would make of it; the same input always gives the same bytes.
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack as tarPack } from 'tar-stream';
import { Digester, type DigestAlgorithm } from '#artifact/digest';
import type { Packed, PackedFile } from '#artifact/pack';
import { compareBytes, type GoValue, sigsMarshal } from '#goyaml/index';
import { toBytes } from '#lib/go-string';
import type { Dependency, Metadata, RawFile } from '../chart/chart.ts';
import { type ChartFiles, type ChartLocation, type ChartSizes, readChartFiles } from './chart-files.ts';
import { RepositoryError } from './errors.ts';
import { metadataObject } from './index-entry.ts';
import { readLocalDependency } from './local-dependency.ts';
import { isLocal } from './local-path.ts';
import { withMetadata } from './version-metadata.ts';
import { mergeValuesFiles, type MergedValues, type ValuesFilesRequest } from './values-files.ts';

export interface PackageOptions {
  readonly location: ChartLocation;
  readonly sizes: ChartSizes;
  /** Where to write the package; must not exist. */
  readonly target: string;
  readonly algorithm: DigestAlgorithm;
  /** Build metadata for the chart's version; empty to leave it alone. */
  readonly versionMetadata: string;
  /** Left out where the chart keeps its own values. */
  readonly valuesFiles?: ValuesFilesRequest;
  /** What the chart lists and does not hold: with the archive, or to be found in the source. */
  readonly dependencies: readonly FetchedDependency[];
}

export interface FetchedDependency {
  readonly dependency: Dependency;
  /** Left out for one that lies in the same source. */
  readonly archive?: Uint8Array;
}

export interface PackagedChart extends Packed {
  readonly name: string;
  readonly version: string;
  /** The values files that were merged; undefined when none were asked for. */
  readonly usedValuesFiles: readonly string[] | undefined;
}

export async function packageChart(options: PackageOptions): Promise<PackagedChart> {
  const { location, sizes, valuesFiles, versionMetadata } = options;
  const chart = readChartFiles(location, sizes);
  const merged = valuesFiles === undefined ? undefined : mergeValuesFiles(chart.files, valuesFiles);
  const version = withMetadata(chart.metadata.version, versionMetadata);
  const files = [
    ...ownFiles(chart, { version, merged }),
    ...options.dependencies.flatMap((one, index) => dependencyFiles(one, { index, options })),
  ];
  const { name } = chart.metadata;
  const packed = await writePackage(name, files.toSorted(inPackageOrder), options);
  return { ...packed, name, version, usedValuesFiles: merged?.used };
}

interface OwnChanges {
  readonly version: string;
  readonly merged: MergedValues | undefined;
}

function ownFiles({ files, metadata }: ChartFiles, { version, merged }: OwnChanges): RawFile[] {
  const kept = files.filter(({ name }) => name !== 'Chart.yaml' && (merged === undefined || name !== 'values.yaml'));
  const own = [{ name: 'Chart.yaml', data: chartYaml({ ...metadata, version }) }, ...kept];
  if (merged !== undefined) {
    own.push({ name: 'values.yaml', data: Buffer.from(toBytes(sigsMarshal(merged.values as GoValue))) });
  }
  return own;
}

/** Chart.yaml as Helm saves it. A v1 chart keeps its dependencies in requirements.yaml. */
function chartYaml(metadata: Metadata): Buffer {
  const saved = metadata.apiVersion === 'v1' ? { ...metadata, dependencies: null } : metadata;
  return Buffer.from(sigsMarshal(metadataObject(saved) as GoValue));
}

interface DependencyPlace {
  readonly index: number;
  readonly options: PackageOptions;
}

function dependencyFiles({ dependency, archive }: FetchedDependency, { index, options }: DependencyPlace): RawFile[] {
  const { location, sizes, dependencies } = options;
  const chart = dependencyChart({ dependency, ...(archive !== undefined && { archive }) }, location, sizes);
  const { name, version } = chart.metadata;
  const namesake = dependencies.findIndex((other) => other.dependency.name === dependency.name);
  // Two aliases of one chart share it, unless they want different versions of it.
  if (namesake < index && dependencies[namesake]!.dependency.version === dependency.version) return [];
  const folder = namesake < index ? `${name}-${version}` : name;
  return chart.files.map((file) => ({ name: `charts/${folder}/${file.name}`, data: file.data }));
}

function dependencyChart(
  { dependency, archive }: FetchedDependency,
  location: ChartLocation,
  sizes: ChartSizes,
): ChartFiles {
  if (archive !== undefined) return readChartFiles({ archive }, sizes);
  if (!isLocal(dependency) || !('path' in location)) {
    throw new RepositoryError('HELM_CHART_DEPENDENCY', `dependency '${dependency.name}' was not fetched`);
  }
  return readLocalDependency(dependency, location, sizes);
}

const firstFiles = ['Chart.yaml', 'Chart.lock', 'values.yaml', 'values.schema.json'];

function rankOf(name: string): number {
  const first = firstFiles.indexOf(name);
  if (first >= 0) return first;
  if (name.startsWith('templates/')) return firstFiles.length;
  return firstFiles.length + (name.startsWith('charts/') ? 2 : 1);
}

function inPackageOrder(a: RawFile, b: RawFile): number {
  return rankOf(a.name) - rankOf(b.name) || compareBytes(a.name, b.name);
}

async function writePackage(
  name: string,
  files: readonly RawFile[],
  { target, algorithm }: PackageOptions,
): Promise<Packed> {
  const tar = tarPack();
  const digester = new Digester(algorithm);
  const packed: PackedFile[] = [];
  for (const file of files) {
    const path = `${name}/${file.name}`;
    packed.push({ path, size: file.data.length });
    // No clock and no user: packages of one chart are equal wherever and whenever they are made.
    tar.entry({ name: path, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, file.data);
  }
  tar.finalize();
  const sink = createWriteStream(target, { flags: 'wx', mode: 0o600 });
  await pipeline(tar as unknown as Readable, createGzip({ level: 6 }), digester, sink);
  return { ...digester.result(), files: packed };
}
