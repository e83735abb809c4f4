// The fields that kustomize's transformers touch by default.
import type { FieldSpec } from '../fields/field-spec.ts';
import { sorted, type NameReference, type TransformerConfig } from './transformer-config.ts';

/** Where each workload kind keeps its pod spec. */
const POD_SPECS: readonly (readonly [kind: string, path: string])[] = [
  ['Pod', 'spec'],
  ['PodTemplate', 'template/spec'],
  ['Deployment', 'spec/template/spec'],
  ['ReplicaSet', 'spec/template/spec'],
  ['DaemonSet', 'spec/template/spec'],
  ['StatefulSet', 'spec/template/spec'],
  ['Job', 'spec/template/spec'],
  ['CronJob', 'spec/jobTemplate/spec/template/spec'],
];

const CONTAINERS = ['containers', 'initContainers'] as const;
const RBAC = 'rbac.authorization.k8s.io';

/** The default configuration, in the order in which its parts are tried. */
export function builtinConfig(): TransformerConfig {
  return sorted(defaultConfig());
}

function defaultConfig(): TransformerConfig {
  const metadataLabels = metadataLabelSpecs();
  return {
    namePrefix: [{ path: 'metadata/name' }],
    nameSuffix: [{ path: 'metadata/name' }],
    namespace: [
      { path: 'metadata/name', kind: 'Namespace', create: true },
      { path: 'spec/service/namespace', group: 'apiregistration.k8s.io', kind: 'APIService', create: true },
      {
        path: 'spec/conversion/webhook/clientConfig/service/namespace',
        group: 'apiextensions.k8s.io',
        kind: 'CustomResourceDefinition',
      },
    ],
    commonLabels: [...selectorSpecs(), ...metadataLabels],
    labels: [],
    templateLabels: metadataLabels,
    commonAnnotations: annotationSpecs(),
    varReference: varReferenceSpecs(),
    images: ['spec', 'spec/template/spec'].flatMap((pod) =>
      ['containers[]/image', 'initContainers[]/image', 'volumes[]/image/reference'].map((path) => ({
        path: `${pod}/${path}`,
        create: true,
      })),
    ),
    replicas: ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
      path: 'spec/replicas',
      kind,
      create: true,
    })),
    nameReference: nameReferences(),
  };
}

function metadataLabelSpecs(): FieldSpec[] {
  const template = 'spec/template/metadata/labels';
  return [
    { path: 'metadata/labels', create: true },
    { path: template, create: true, version: 'v1', kind: 'ReplicationController' },
    ...['Deployment', 'ReplicaSet', 'DaemonSet'].map((kind) => ({ path: template, create: true, kind })),
    { path: template, create: true, group: 'apps', kind: 'StatefulSet' },
    { path: 'spec/volumeClaimTemplates[]/metadata/labels', create: true, group: 'apps', kind: 'StatefulSet' },
    { path: template, create: true, group: 'batch', kind: 'Job' },
    { path: 'spec/jobTemplate/metadata/labels', create: true, group: 'batch', kind: 'CronJob' },
    { path: 'spec/jobTemplate/spec/template/metadata/labels', create: true, group: 'batch', kind: 'CronJob' },
  ];
}

function selectorSpecs(): FieldSpec[] {
  const match = 'spec/selector/matchLabels';
  const podSpec = 'spec/template/spec';
  const ofPods = ['podAffinity', 'podAntiAffinity']
    .flatMap((affinity) => [
      `affinity/${affinity}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
      `affinity/${affinity}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
    ])
    .concat('topologySpreadConstraints/labelSelector/matchLabels');
  const affinitiesOf = (kind: string): FieldSpec[] =>
    ofPods.map((path) => ({ path: `${podSpec}/${path}`, group: 'apps', kind }));
  return [
    { path: 'spec/selector', create: true, version: 'v1', kind: 'Service' },
    { path: 'spec/selector', create: true, version: 'v1', kind: 'ReplicationController' },
    { path: match, create: true, kind: 'Deployment' },
    ...affinitiesOf('Deployment'),
    { path: match, create: true, kind: 'ReplicaSet' },
    { path: match, create: true, kind: 'DaemonSet' },
    { path: match, create: true, group: 'apps', kind: 'StatefulSet' },
    ...affinitiesOf('StatefulSet'),
    { path: match, group: 'batch', kind: 'Job' },
    { path: 'spec/jobTemplate/spec/selector/matchLabels', group: 'batch', kind: 'CronJob' },
    { path: match, group: 'policy', kind: 'PodDisruptionBudget' },
    ...['spec/podSelector', 'spec/ingress/from/podSelector', 'spec/egress/to/podSelector'].map((path) => ({
      path: `${path}/matchLabels`,
      group: 'networking.k8s.io',
      kind: 'NetworkPolicy',
    })),
  ];
}

function annotationSpecs(): FieldSpec[] {
  const template = 'spec/template/metadata/annotations';
  return [
    { path: 'metadata/annotations', create: true },
    { path: template, create: true, version: 'v1', kind: 'ReplicationController' },
    ...['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].map((kind) => ({ path: template, create: true, kind })),
    { path: template, create: true, group: 'batch', kind: 'Job' },
    { path: 'spec/jobTemplate/metadata/annotations', create: true, group: 'batch', kind: 'CronJob' },
    { path: 'spec/jobTemplate/spec/template/metadata/annotations', create: true, group: 'batch', kind: 'CronJob' },
  ];
}

function varReferenceSpecs(): FieldSpec[] {
  const inContainers = ['args', 'command', 'env/value', 'volumeMounts/mountPath'];
  const nfs: Readonly<Record<string, string>> = {
    // Upstream's path lacks a `spec`, so it leads nowhere.
    CronJob: 'spec/jobTemplate/spec/template/volumes/nfs/server',
    DaemonSet: 'spec/template/spec/volumes/nfs/server',
    Deployment: 'spec/template/spec/volumes/nfs/server',
    Job: 'spec/template/spec/volumes/nfs/server',
    Pod: 'spec/volumes/nfs/server',
    ReplicaSet: 'spec/template/spec/volumes/nfs/server',
    StatefulSet: 'spec/volumeClaimTemplates/spec/nfs/server',
    PersistentVolume: 'spec/nfs/server',
  };
  return [
    ...POD_SPECS.filter(([kind]) => kind !== 'PodTemplate').flatMap(([kind, pod]) =>
      CONTAINERS.flatMap((list) => inContainers.map((path) => ({ path: `${pod}/${list}/${path}`, kind }))),
    ),
    ...Object.entries(nfs).map(([kind, path]) => ({ path, kind })),
    { path: 'spec/template/metadata/annotations', kind: 'Deployment' },
    ...['spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'].map((path) => ({ path, kind: 'Ingress' })),
    ...['spec/ports/port', 'spec/ports/targetPort'].map((path) => ({ path, kind: 'Service' })),
    { path: 'metadata/labels' },
    { path: 'metadata/annotations' },
  ];
}

/** One path for several kinds. */
function at(path: string, ...kinds: readonly string[]): FieldSpec[] {
  return kinds.map((kind) => ({ path, kind }));
}

function inPods(paths: readonly string[]): FieldSpec[] {
  return POD_SPECS.flatMap(([kind, pod]) =>
    paths.map((path) =>
      kind === 'Pod' ? { path: `${pod}/${path}`, version: 'v1', kind } : { path: `${pod}/${path}`, kind },
    ),
  );
}

const SOME_WORKLOADS = ['StatefulSet', 'Deployment', 'ReplicationController', 'Job', 'DaemonSet'];

/** A path in the pod specs of the workloads that kustomize lists for it; ReplicaSet is not among them. */
function inSomePods(path: string): FieldSpec[] {
  return [
    ...at(`spec/${path}`, 'Pod'),
    ...at(`spec/template/spec/${path}`, ...SOME_WORKLOADS),
    ...at(`spec/jobTemplate/spec/template/spec/${path}`, 'CronJob'),
  ];
}

function nameReferences(): NameReference[] {
  const scaled = ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
    kind,
    fieldSpecs: at('spec/scaleTargetRef/name', 'HorizontalPodAutoscaler'),
  }));
  return [
    ...scaled,
    { kind: 'ConfigMap', version: 'v1', fieldSpecs: configMapReferences() },
    { kind: 'Secret', version: 'v1', fieldSpecs: secretReferences() },
    { kind: 'Service', version: 'v1', fieldSpecs: serviceReferences() },
    { kind: 'Role', group: RBAC, fieldSpecs: [{ path: 'roleRef/name', kind: 'RoleBinding', group: RBAC }] },
    {
      kind: 'ClusterRole',
      group: RBAC,
      fieldSpecs: ['RoleBinding', 'ClusterRoleBinding'].map((kind) => ({ path: 'roleRef/name', kind, group: RBAC })),
    },
    {
      kind: 'ServiceAccount',
      version: 'v1',
      fieldSpecs: [
        ...['RoleBinding', 'ClusterRoleBinding'].map((kind) => ({ path: 'subjects', kind, group: RBAC })),
        ...inSomePods('serviceAccountName'),
      ],
    },
    {
      kind: 'PersistentVolumeClaim',
      version: 'v1',
      fieldSpecs: inSomePods('volumes/persistentVolumeClaim/claimName'),
    },
    {
      kind: 'PersistentVolume',
      version: 'v1',
      fieldSpecs: [...at('spec/volumeName', 'PersistentVolumeClaim'), ...at('rules/resourceNames', 'ClusterRole')],
    },
    {
      kind: 'StorageClass',
      version: 'v1',
      group: 'storage.k8s.io',
      fieldSpecs: [
        ...at('spec/storageClassName', 'PersistentVolume', 'PersistentVolumeClaim'),
        ...at('spec/volumeClaimTemplates/spec/storageClassName', 'StatefulSet'),
      ],
    },
    {
      kind: 'PriorityClass',
      version: 'v1',
      group: 'scheduling.k8s.io',
      fieldSpecs: inSomePods('priorityClassName'),
    },
    // The group holds a version, as upstream's does: this reference never matches.
    {
      kind: 'IngressClass',
      version: 'v1',
      group: 'networking.k8s.io/v1',
      fieldSpecs: at('spec/ingressClassName', 'Ingress'),
    },
    {
      kind: 'ValidatingAdmissionPolicy',
      group: 'admissionregistration.k8s.io',
      fieldSpecs: [
        {
          path: 'spec/policyName',
          kind: 'ValidatingAdmissionPolicyBinding',
          group: 'admissionregistration.k8s.io',
        },
      ],
    },
  ];
}

function configMapReferences(): FieldSpec[] {
  return [
    ...inPods([
      'volumes/configMap/name',
      ...CONTAINERS.map((list) => `${list}/env/valueFrom/configMapKeyRef/name`),
      ...CONTAINERS.map((list) => `${list}/envFrom/configMapRef/name`),
      'volumes/projected/sources/configMap/name',
    ]),
    ...at('spec/configSource/configMap', 'Node'),
    ...at('rules/resourceNames', 'Role', 'ClusterRole'),
    ...at(String.raw`metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap`, 'Ingress'),
  ];
}

function secretReferences(): FieldSpec[] {
  return [
    ...inPods([
      'volumes/secret/secretName',
      ...CONTAINERS.map((list) => `${list}/env/valueFrom/secretKeyRef/name`),
      ...CONTAINERS.map((list) => `${list}/envFrom/secretRef/name`),
      'imagePullSecrets/name',
      'volumes/projected/sources/secret/name',
    ]),
    ...at('spec/tls/secretName', 'Ingress'),
    ...['ingress.kubernetes.io\\/auth-secret', 'nginx.ingress.kubernetes.io\\/auth-secret'].flatMap((key) =>
      at(`metadata/annotations/${key}`, 'Ingress'),
    ),
    ...at(String.raw`metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret`, 'Ingress'),
    ...at('imagePullSecrets/name', 'ServiceAccount'),
    ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].flatMap((name) =>
      at(`parameters/${name}`, 'StorageClass'),
    ),
    ...at('rules/resourceNames', 'Role', 'ClusterRole'),
    {
      path: 'spec/template/spec/containers/env/valueFrom/secretKeyRef/name',
      version: 'v1',
      kind: 'Service',
      group: 'serving.knative.dev',
    },
    ...at('spec/azureFile/secretName', 'PersistentVolume'),
  ];
}

function serviceReferences(): FieldSpec[] {
  return [
    { path: 'spec/serviceName', kind: 'StatefulSet', group: 'apps' },
    ...[
      'spec/rules/http/paths/backend/serviceName',
      'spec/backend/serviceName',
      'spec/rules/http/paths/backend/service/name',
      'spec/defaultBackend/service/name',
    ].flatMap((path) => at(path, 'Ingress')),
    { path: 'spec/service/name', kind: 'APIService', group: 'apiregistration.k8s.io' },
    ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].map((kind) => ({
      path: 'webhooks/clientConfig/service',
      kind,
      group: 'admissionregistration.k8s.io',
    })),
  ];
}
