// HelmChart: one chart out of a Helm repository, a Git repository or a bucket.
import { AGE_COLUMN, column, deprecated, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { accessFrom, duration, localReference, reconciledStatus, STATUS_DEFAULT } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, list, object, oneOf, required, string } from '../schema.ts';
import type { Infer } from '../schema.ts';
import {
  artifact,
  chartSourceKinds,
  oidcIdentities,
  reconcileStrategy,
  SOURCE_CATEGORIES,
  SOURCE_GROUP,
  verifier,
} from './shared.ts';

const fields = {
  chart: required(string('Name of the chart in a Helm repository, else its path in the source.')),
  ignoreMissingValuesFiles: boolean('Go on when a file of valuesFiles is missing.'),
  interval: required(duration('How often to look for a new chart.')),
  reconcileStrategy,
  sourceRef: required(
    object('Where the chart is.', {
      apiVersion: string('API version of the source; has no effect.'),
      kind: required(oneOf('Kind of the source.', chartSourceKinds)),
      name: required(string('Name of the source.')),
    }),
  ),
  suspend: boolean('Stop fetching until set back.'),
  valuesFiles: list("Values files in the source, merged in order, that replace the chart's own.", string('A path.')),
  verify: object('Which signatures to demand; for charts from an OCI registry only.', {
    matchOIDCIdentity: oidcIdentities,
    provider: verifier,
    secretRef: localReference('Secret with the trusted public keys; without it, signatures must be keyless.'),
  }),
  version: string('Version or version range; for charts of a Helm repository only.', { default: '*' }),
};

const spec = object('Which chart to fetch.', fields);

const specV1beta2 = object('Which chart to fetch.', {
  ...fields,
  accessFrom,
  valuesFile: string("Values file that replaces the chart's own. Use valuesFiles."),
});

const status = object(
  'What was last fetched.',
  {
    ...reconciledStatus,
    artifact,
    observedChartName: string('Name of the chart the artifact was made from.'),
    observedSourceArtifactRevision: string('Revision of the source the artifact was made from.'),
    observedValuesFiles: list('Values files the artifact was made with.', string('A path.')),
    url: string('Where the latest chart can be downloaded.'),
  },
  { default: STATUS_DEFAULT },
);

export type HelmChartSpec = Infer<typeof spec>;
export type HelmChartStatus = Infer<typeof status>;
export type HelmChart = KubeObject<HelmChartSpec, HelmChartStatus>;

const columns = [
  column('Chart', '.spec.chart'),
  column('Version', '.spec.version'),
  column('Source Kind', '.spec.sourceRef.kind'),
  column('Source Name', '.spec.sourceRef.name'),
  AGE_COLUMN,
  READY_COLUMN,
  STATUS_COLUMN,
];

export const helmChart: KindDefinition = {
  group: SOURCE_GROUP,
  kind: 'HelmChart',
  plural: 'helmcharts',
  shortNames: ['hc'],
  categories: SOURCE_CATEGORIES,
  description: 'A Helm chart, taken from a source and offered as an artifact.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    { name: 'v1beta2', ...deprecated('HelmChart', 'v1beta2', 'v1'), columns, spec: specV1beta2, status },
  ],
};
