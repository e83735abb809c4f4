// HelmChart as its controller sees it, and what follows from its spec alone.
import { posix } from 'node:path';
import { type HelmChart, helmChart } from '#api/source/helmchart';
import type { HelmRepository } from '#api/source/helmrepository';
import type { Artifact } from '#api/source/shared';
import type { InspectedChart, PackagedChart } from '#helm/repository/index';
import type { KubeObject } from '#kube/object';
import { resourceOf } from '#kube/resources';
import { getCondition } from '#runtime/conditions';
import type { Draft } from '#runtime/draft';
import { artifactInStorage } from '../source/conditions.ts';

export type HelmChartDraft = Draft<HelmChart> & { status?: NonNullable<Draft<HelmChart>['status']> };

/** Any object that may have an artifact. */
export interface SourceWithArtifact extends KubeObject {
  readonly spec?: unknown;
  readonly status?: { readonly artifact?: Artifact };
}

export type { HelmRepository };

export const helmCharts = resourceOf(helmChart);

/** How the chart's bytes come to be, and what will be known of it then. */
export interface ChartBuild {
  readonly name: string;
  /** With build metadata, if any. */
  readonly version: string;
  /** Made here rather than taken as it was. */
  readonly isPackaged: boolean;
  /** The values files asked for that will be merged, before missing ones are left out. */
  readonly valuesFiles: readonly string[];
  /** Writes the package; undefined when the one in storage is the wanted one. */
  readonly produce?: (target: string) => Promise<ProducedChart>;
}

export type ProducedChart = Pick<PackagedChart, 'digest' | 'size' | 'files'> &
  Partial<Pick<PackagedChart, 'usedValuesFiles'>>;

/** What the steps of one run hand on. */
export interface ChartRun {
  build?: ChartBuild;
  /** Revision of the source the run works with. */
  sourceRevision?: string;
  usedValuesFiles?: readonly string[];
  /** Lets go of what the run holds. */
  release?: () => void;
}

/** The values files that change anything: the chart's own values.yaml alone does not. */
export function effectiveValuesFiles({ spec }: Pick<HelmChart, 'spec'>): readonly string[] {
  const files = spec.valuesFiles ?? [];
  const [only = ''] = files;
  return files.length === 1 && posix.normalize(only) === 'values.yaml' ? [] : files;
}

/** `<12 hex of the revision>`, `<generation>`, both with a dot between them, or nothing. */
export function versionMetadata(object: HelmChartDraft, sourceRevision: string | undefined): string {
  const parts: string[] = [];
  if (sourceRevision !== undefined && object.spec.reconcileStrategy === 'Revision') {
    parts.push(sourceRevision.slice(sourceRevision.lastIndexOf(':') + 1).slice(0, 12));
  }
  if (effectiveValuesFiles(object).length > 0) parts.push(String(object.metadata.generation ?? 0));
  return parts.join('.');
}

/**
 * Whether the artifact is this chart already: same name and version, made for this generation. The generation is that of
 * the artifact's own condition, since the one in status moves on when a run stalls, too.
 */
export function isStored(object: HelmChartDraft, chart: Pick<InspectedChart, 'name' | 'version'>): boolean {
  const { metadata, status } = object;
  return (
    status?.artifact?.revision === chart.version &&
    status.observedChartName === chart.name &&
    getCondition(object, artifactInStorage)?.observedGeneration === metadata.generation
  );
}

/** What is told of a build. */
export function summaryOf(
  { name, version, isPackaged, valuesFiles }: ChartBuild,
  used: readonly string[] | undefined,
): string {
  const verb = isPackaged ? 'packaged' : 'pulled';
  const merged = valuesFiles.length === 0 ? '' : ` and merged values files [${(used ?? valuesFiles).join(' ')}]`;
  return `${verb} '${name}' chart with version '${version}'${merged}`;
}
