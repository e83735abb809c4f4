// Kustomization: what to build from a source, and to keep applied to a cluster.
import { AGE_COLUMN, deprecated, NO_SUBSTITUTION, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import {
  commonMetadata,
  dependency,
  duration,
  healthCheckExpressions,
  inventory,
  kubeConfig,
  localReference,
  reconciledStatus,
  STATUS_DEFAULT,
  timestamp,
} from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, integer, list, object, oneOf, required, string, stringMap, without } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { kustomizeImages, kustomizePatches, legacyPatches, pathRules } from '../patch.ts';

const decryption = {
  provider: required(oneOf('How the files are encrypted.', ['sops'])),
  secretRef: localReference('Secret with the private keys.'),
  serviceAccountName: string('ServiceAccount whose cloud identity may use the keys.'),
};

const substitution = {
  substitute: stringMap('Variables and their values.'),
  substituteFrom: list(
    'ConfigMaps and Secrets whose keys are variables; later ones win, and substitute wins over all.',
    object('A ConfigMap or Secret.', {
      kind: required(oneOf('Kind of the object.', ['Secret', 'ConfigMap'])),
      name: required(string('Name of the object.', { minLength: 1, maxLength: 253 })),
      optional: boolean('Go on when the object is missing.', { default: false }),
    }),
  ),
};

const sourceReference = {
  apiVersion: string('API version of the source; has no effect.'),
  kind: required(oneOf('Kind of the source.', ['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact'])),
  name: required(string('Name of the source.')),
  namespace: string('Namespace of the source; the own by default.'),
};

const fields = {
  buildMetadata: list(
    'What kustomize notes on each object about where it comes from.',
    oneOf('A kind of note.', ['originAnnotations', 'transformerAnnotations']),
  ),
  commonMetadata,
  components: list('Kustomize components to add, relative to path.', string('A relative path.')),
  decryption: object('How to decrypt Secrets and files before they are applied.', decryption),
  deletionPolicy: oneOf(
    'What happens to the applied objects when this one is deleted; MirrorPrune does as prune says.',
    ['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'],
  ),
  dependsOn: list('Kustomizations that must be Ready first.', dependency),
  force: boolean('Delete and recreate an object when a field of it cannot be changed.', { default: false }),
  healthCheckExprs: healthCheckExpressions,
  healthChecks: list(
    'Objects to wait for; has no effect with wait.',
    object('An object to wait for.', {
      apiVersion: string('API version; `apps/v1` by default.'),
      kind: required(string('Kind of the object.')),
      name: required(string('Name of the object.')),
      namespace: string('Namespace of the object.'),
    }),
  ),
  ignore: pathRules,
  ignoreMissingComponents: boolean('Go on when a component has no directory.'),
  images: kustomizeImages,
  interval: required(duration('How often to build and apply again, so that drift is put back.')),
  kubeConfig,
  namePrefix: string('Put before the name of every object.', { minLength: 1, maxLength: 200 }),
  nameSuffix: string('Put after the name of every object.', { minLength: 1, maxLength: 200 }),
  patches: kustomizePatches,
  path: string('Directory in the source to build; its root by default.'),
  postBuild: object('What to do to the built manifests.', {
    ...substitution,
    substituteStrategy: oneOf('Whether to substitute only when variables are given, or always.', [
      'WithVariables',
      'Always',
    ]),
  }),
  prune: required(boolean('Delete objects that were applied and are no longer built.')),
  retryInterval: duration('How soon to try again after a failure; interval by default.'),
  serviceAccountName: string('ServiceAccount to act as.'),
  sourceRef: required(object('Where the manifests come from.', sourceReference)),
  suspend: boolean('Stop building and applying until set back.'),
  targetNamespace: string('Namespace to put every namespaced object in.', { minLength: 1, maxLength: 63 }),
  timeout: duration('Bound for health checks; 30 seconds less than interval by default.'),
  wait: boolean('Wait until every applied object is ready.'),
};

const spec = object('What to build and how to apply it.', fields);

const statusFields = {
  ...reconciledStatus,
  history: list(
    'The latest outcomes, newest first.',
    object('Runs with the same manifests and the same outcome.', {
      digest: required(string('Digest of the built manifests.')),
      firstReconciled: required(timestamp('When this outcome was first seen.')),
      lastReconciled: required(timestamp('When it was last seen.')),
      lastReconciledDuration: required(string('How long the last run took.')),
      lastReconciledStatus: required(string('Reason of the Ready condition then.')),
      metadata: stringMap('Revisions the manifests came from.'),
      totalReconciliations: required(integer('How many runs ended so.', { format: 'int64' })),
    }),
  ),
  inventory,
  lastAppliedOriginRevision: string('Revision of the upstream that the last applied artifact was built from.'),
  lastAppliedRevision: string('Revision that was last applied in full.'),
  lastAttemptedRevision: string('Revision that was last tried.'),
};

const status = object('What was last applied.', statusFields, { default: STATUS_DEFAULT });

const specV1beta2 = object('What to build and how to apply it.', {
  ...without(
    fields,
    'buildMetadata',
    'deletionPolicy',
    'healthCheckExprs',
    'ignore',
    'ignoreMissingComponents',
    'namePrefix',
    'nameSuffix',
  ),
  ...legacyPatches,
  decryption: object(
    'How to decrypt Secrets and files before they are applied.',
    without(decryption, 'serviceAccountName'),
  ),
  dependsOn: list(
    'Kustomizations that must be Ready first.',
    object(dependency.json.description ?? '', without(dependency.fields, 'readyExpr')),
  ),
  postBuild: object('What to do to the built manifests.', substitution),
  sourceRef: required(
    object('Where the manifests come from.', {
      ...sourceReference,
      kind: required(oneOf('Kind of the source.', ['OCIRepository', 'GitRepository', 'Bucket'])),
    }),
  ),
  validation: oneOf('Has no effect.', ['none', 'client', 'server']),
});

const statusV1beta2 = object('What was last applied.', without(statusFields, 'history', 'lastAppliedOriginRevision'), {
  default: STATUS_DEFAULT,
});

export type KustomizationSpec = Infer<typeof spec>;
export type KustomizationStatus = Infer<typeof status>;
export type Kustomization = KubeObject<KustomizationSpec, KustomizationStatus>;

const columns = [AGE_COLUMN, READY_COLUMN, STATUS_COLUMN];

export const kustomization: KindDefinition = {
  group: 'kustomize.toolkit.fluxcd.io',
  kind: 'Kustomization',
  plural: 'kustomizations',
  shortNames: ['ks'],
  categories: ['all', 'fluxcd', 'fluxcd-appliers'],
  annotations: NO_SUBSTITUTION,
  description: 'Manifests of a source, built with kustomize and kept applied to a cluster.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    {
      name: 'v1beta2',
      ...deprecated('Kustomization', 'v1beta2', 'v1'),
      columns,
      spec: specV1beta2,
      status: statusV1beta2,
    },
  ],
};
