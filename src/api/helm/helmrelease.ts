// HelmRelease: a chart with values, kept installed in a cluster.
import { AGE_COLUMN, deprecated, NO_SUBSTITUTION, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { pathRules } from '../patch.ts';
import {
  commonMetadata,
  dependency,
  duration,
  healthCheckExpressions,
  inventory,
  kubeConfig,
  reconciledStatus,
  STATUS_DEFAULT,
  timestamp,
} from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { anything, boolean, integer, list, map, object, oneOf, required, string, without } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { install, oldInstall, oldRollback, oldUpgrade, rollback, test, uninstall, upgrade } from './actions.ts';
import {
  chart,
  chartRef,
  oldChart,
  oldChartRef,
  oldPostRenderers,
  oldValuesFrom,
  postRenderers,
  valuesFrom,
} from './chart.ts';

const namespaceName = { minLength: 1, maxLength: 63 };

/** Fields that are the same in every version. */
const fields = {
  driftDetection: object('Whether to look for changes made to the release by others, and what to do about them.', {
    ignore: pathRules,
    mode: oneOf('Put them back, only tell, or do not look; `disabled` when absent.', ['enabled', 'warn', 'disabled']),
  }),
  interval: required(duration('How often to check that the release is as it should be.')),
  kubeConfig,
  maxHistory: integer('How many revisions of the release to keep, 0 for all; 5 by default.'),
  persistentClient: boolean('Keep what was learned about the cluster between actions; true by default.'),
  releaseName: string('Name of the release; [targetNamespace-]name by default.', {
    minLength: 1,
    maxLength: 53,
    hint: 'write at most 53 characters',
  }),
  serviceAccountName: string('ServiceAccount to act as.', { minLength: 1, maxLength: 253 }),
  storageNamespace: string('Namespace the release is recorded in; the own by default.', namespaceName),
  suspend: boolean('Do nothing until set back.'),
  targetNamespace: string('Namespace the release is installed in; the own by default.', namespaceName),
  test,
  timeout: duration('Bound for each Kubernetes operation; five minutes by default.'),
  uninstall,
  values: anything('Values for the chart.'),
};

const dependsOnDescription = 'HelmReleases that must be Ready first.';
const rules = [
  {
    rule: '(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))',
    message: 'either chart or chartRef must be set',
    hint: 'set exactly one of chart and chartRef',
  },
];

const spec = object(
  'Which chart to install and how.',
  {
    ...fields,
    chart,
    chartRef,
    commonMetadata,
    dependsOn: list(dependsOnDescription, dependency),
    healthCheckExprs: healthCheckExpressions,
    install,
    postRenderStrategy: oneOf('Whether post-renderers see hooks: not, together with the rest, or by themselves.', [
      'nohooks',
      'combined',
      'separate',
    ]),
    postRenderers,
    rollback,
    upgrade,
    valuesFrom,
    waitStrategy: object('How to wait for the objects to be ready.', {
      name: required(oneOf('By the state of each kind, or as Helm 3 does.', ['poller', 'legacy'])),
    }),
  },
  { rules },
);

const specV2beta2 = object(
  'Which chart to install and how.',
  {
    ...fields,
    chart: oldChart,
    chartRef: oldChartRef,
    dependsOn: list(
      dependsOnDescription,
      object(dependency.json.description ?? '', without(dependency.fields, 'readyExpr')),
    ),
    install: oldInstall,
    postRenderers: oldPostRenderers,
    rollback: oldRollback,
    upgrade: oldUpgrade,
    valuesFrom: oldValuesFrom,
  },
  { rules },
);

const snapshotFields = {
  action: string('The Helm action that made it.'),
  apiVersion: string('Version of this record.'),
  appVersion: string('Version of the application, as the chart says.'),
  chartName: required(string('Name of the chart.')),
  chartVersion: required(string('Version of the chart.')),
  configDigest: required(string('Digest of the values.')),
  deleted: timestamp('When the release was deleted.'),
  digest: required(string('Digest of the release as Helm recorded it.')),
  firstDeployed: required(timestamp('When the release was first installed.')),
  lastDeployed: required(timestamp('When the release was last installed or upgraded.')),
  name: required(string('Name of the release.')),
  namespace: required(string('Namespace of the release.')),
  ociDigest: string('Digest of the OCI artifact the chart came in.'),
  status: required(string('Status of the release.')),
  testHooks: map(
    'The tests that were run, by name.',
    object('A test.', {
      lastCompleted: timestamp('When it last ended.'),
      lastStarted: timestamp('When it was last started.'),
      phase: string('How it ended.'),
    }),
  ),
  version: required(integer('Revision of the release.')),
};

const snapshot = object('A revision of the release.', snapshotFields);

export type Snapshot = Infer<typeof snapshot>;

const statusFields = {
  ...reconciledStatus,
  failures: integer('How often reconciling failed since it last worked.', { format: 'int64' }),
  helmChart: string('Namespace and name of the HelmChart made for the release.'),
  history: list('The latest revisions of the release, newest first.', snapshot),
  installFailures: integer('How often installing failed.', { format: 'int64' }),
  lastAttemptedConfigDigest: string('Digest of the values last tried.'),
  lastAttemptedGeneration: integer('The metadata.generation last tried.', { format: 'int64' }),
  lastAttemptedReleaseAction: oneOf('The Helm action last tried.', ['install', 'upgrade']),
  lastAttemptedRevision: string('Version of the chart last tried.'),
  lastAttemptedRevisionDigest: string('Digest of the chart last tried, when it came from an OCI registry.'),
  lastAttemptedValuesChecksum: string('Unused. See lastAttemptedConfigDigest.'),
  lastHandledForceAt: string('Token of the last forced release that was acted upon.'),
  lastHandledResetAt: string('Token of the last reset of failures that was acted upon.'),
  lastReleaseRevision: integer('Unused. See history.'),
  observedPostRenderersDigest: string('Digest of the post-renderers last used.'),
  storageNamespace: string('Namespace the release is recorded in.', namespaceName),
  upgradeFailures: integer('How often upgrading failed.', { format: 'int64' }),
};

const status = object(
  'What was last released.',
  {
    ...statusFields,
    inventory,
    lastAttemptedReleaseActionDuration: string('How long the action last tried took.'),
    observedCommonMetadataDigest: string('Digest of the common metadata last used.'),
  },
  { default: STATUS_DEFAULT },
);

const statusV2beta2 = object(
  'What was last released.',
  {
    ...statusFields,
    history: list(
      'The latest revisions of the release, newest first.',
      object('A revision of the release.', without(snapshotFields, 'action')),
    ),
    lastAppliedRevision: string('Unused. See history.'),
  },
  { default: STATUS_DEFAULT },
);

export type HelmReleaseSpec = Infer<typeof spec>;
export type HelmReleaseStatus = Infer<typeof status>;
export type HelmRelease = KubeObject<HelmReleaseSpec, HelmReleaseStatus>;

const columns = [AGE_COLUMN, READY_COLUMN, STATUS_COLUMN];

export const helmRelease: KindDefinition = {
  group: 'helm.toolkit.fluxcd.io',
  kind: 'HelmRelease',
  plural: 'helmreleases',
  shortNames: ['hr'],
  categories: ['all', 'fluxcd', 'fluxcd-appliers'],
  annotations: NO_SUBSTITUTION,
  description: 'A Helm chart with values, kept installed in a cluster.',
  versions: [
    { name: 'v2', storage: true, columns, spec, status },
    {
      name: 'v2beta2',
      ...deprecated('HelmRelease', 'v2beta2', 'v2'),
      columns,
      spec: specV2beta2,
      status: statusV2beta2,
    },
  ],
};
