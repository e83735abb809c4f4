// Bad manifests of Kustomization and HelmRelease.
import type { BadManifest } from './row.ts';

export const deliveryManifests: readonly BadManifest[] = [
  {
    kind: 'Kustomization',
    change: { prune: null },
    error: 'spec.prune: Required value',
    hint: 'add it: true or false',
  },
  {
    kind: 'Kustomization',
    change: { prune: 'true' },
    error: 'spec.prune: Invalid value: "string": spec.prune in body must be of type boolean: "string"',
    hint: 'write true or false without quotes',
  },
  {
    kind: 'Kustomization',
    change: { sourceRef: null },
    error: 'spec.sourceRef: Required value',
    hint: 'add it, with kind and name',
  },
  {
    kind: 'Kustomization',
    change: { sourceRef: { kind: 'HelmChart' } },
    error:
      'spec.sourceRef.kind: Unsupported value: "HelmChart": supported values: "OCIRepository", "GitRepository", "Bucket", "ExternalArtifact"',
    hint: 'write OCIRepository, GitRepository, Bucket or ExternalArtifact',
  },
  {
    kind: 'Kustomization',
    change: { path: ['deploy'] },
    error: 'spec.path: Invalid value: "array": spec.path in body must be of type string: "array"',
    hint: 'write a single string',
  },
  {
    kind: 'Kustomization',
    change: { dependsOn: ['infra'] },
    error: 'spec.dependsOn[0]: Invalid value: "string": spec.dependsOn[0] in body must be of type object: "string"',
    hint: 'write `name: infra` on a line below it',
  },
  {
    kind: 'Kustomization',
    change: { dependsOn: [{ namespace: 'infra' }] },
    error: 'spec.dependsOn[0].name: Required value',
    hint: 'add it: name of the object',
  },
  {
    kind: 'Kustomization',
    change: { targetNamespace: 'x'.repeat(64) },
    error: 'spec.targetNamespace: Too long: may not be more than 63 bytes',
    hint: 'write at most 63 characters',
  },
  {
    kind: 'Kustomization',
    change: { targetNamespace: '' },
    error: 'spec.targetNamespace: Invalid value: "": spec.targetNamespace in body should be at least 1 chars long',
    hint: 'write something, or remove the field',
  },
  {
    kind: 'Kustomization',
    change: { namePrefix: '' },
    error: 'spec.namePrefix: Invalid value: "": spec.namePrefix in body should be at least 1 chars long',
    hint: 'write something, or remove the field',
  },
  {
    kind: 'Kustomization',
    change: { deletionPolicy: 'Keep' },
    error:
      'spec.deletionPolicy: Unsupported value: "Keep": supported values: "MirrorPrune", "Delete", "WaitForTermination", "Orphan"',
    hint: 'write MirrorPrune, Delete, WaitForTermination or Orphan',
  },
  {
    kind: 'Kustomization',
    change: { decryption: { provider: 'vault' } },
    error: 'spec.decryption.provider: Unsupported value: "vault": supported values: "sops"',
    hint: 'write sops',
  },
  {
    kind: 'Kustomization',
    change: { postBuild: { substitute: { replicas: 3 } } },
    error:
      'spec.postBuild.substitute.replicas: Invalid value: "integer": spec.postBuild.substitute.replicas in body must be of type string: "integer"',
    hint: 'put quotes around it: "3"',
  },
  {
    kind: 'Kustomization',
    change: { postBuild: { substituteFrom: [{ kind: 'Configmap', name: 'vars' }] } },
    error:
      'spec.postBuild.substituteFrom[0].kind: Unsupported value: "Configmap": supported values: "Secret", "ConfigMap"',
    hint: 'write ConfigMap',
  },
  {
    kind: 'Kustomization',
    change: { patches: [{ target: { kind: 'Deployment' } }] },
    error: 'spec.patches[0].patch: Required value',
    hint: 'add it: the patch itself, YAML or JSON',
  },
  {
    kind: 'Kustomization',
    change: { images: [{ newTag: '1.0.0' }] },
    error: 'spec.images[0].name: Required value',
    hint: 'add it: image name without a tag, as the manifests have it',
  },
  {
    kind: 'Kustomization',
    change: { images: [{ name: 'app', newTag: 1.1 }] },
    error:
      'spec.images[0].newTag: Invalid value: "number": spec.images[0].newTag in body must be of type string: "number"',
    hint: 'put quotes around it: "1.1"',
  },
  {
    kind: 'Kustomization',
    change: { kubeConfig: {} },
    error:
      'spec.kubeConfig: Invalid value: exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
    hint: 'set secretRef or configMapRef, or remove kubeConfig',
  },
  {
    kind: 'Kustomization',
    change: { kubeConfig: { secretRef: { name: 'a' }, configMapRef: { name: 'b' } } },
    error:
      'spec.kubeConfig: Invalid value: exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
    hint: 'remove one of secretRef and configMapRef',
  },
  {
    kind: 'Kustomization',
    change: { healthChecks: [{ kind: 'Deployment' }] },
    error: 'spec.healthChecks[0].name: Required value',
    hint: 'add it: name of the object',
  },
  {
    kind: 'Kustomization',
    change: { healthCheckExprs: [{ apiVersion: 'v1' }] },
    error: 'spec.healthCheckExprs[0].current: Required value',
    hint: 'add it: true when the object is as it should be',
  },
  {
    kind: 'Kustomization',
    change: { retryInterval: 'soon' },
    error: `spec.retryInterval: Invalid value: "soon": spec.retryInterval in body should match '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$'`,
    hint: 'write a Go duration such as 5m or 1h30m',
  },
  {
    kind: 'Kustomization',
    change: { commonMetadata: { labels: ['a'] } },
    error:
      'spec.commonMetadata.labels: Invalid value: "array": spec.commonMetadata.labels in body must be of type object: "array"',
    hint: 'write `key: value` lines below it',
  },
  {
    kind: 'Kustomization',
    change: { buildMetadata: ['all'] },
    error:
      'spec.buildMetadata[0]: Unsupported value: "all": supported values: "originAnnotations", "transformerAnnotations"',
    hint: 'write originAnnotations or transformerAnnotations',
  },
  {
    kind: 'Kustomization',
    version: 'v1beta2',
    change: { validation: 'strict' },
    error: 'spec.validation: Unsupported value: "strict": supported values: "none", "client", "server"',
    hint: 'write none, client or server',
  },
  {
    kind: 'HelmRelease',
    change: { chart: null },
    error: 'spec: Invalid value: either chart or chartRef must be set',
    hint: 'set exactly one of chart and chartRef',
  },
  {
    kind: 'HelmRelease',
    change: { chartRef: { kind: 'OCIRepository', name: 'podinfo' } },
    error: 'spec: Invalid value: either chart or chartRef must be set',
    hint: 'set exactly one of chart and chartRef',
  },
  {
    kind: 'HelmRelease',
    change: { chart: null, chartRef: { kind: 'GitRepository', name: 'podinfo' } },
    error:
      'spec.chartRef.kind: Unsupported value: "GitRepository": supported values: "OCIRepository", "HelmChart", "ExternalArtifact"',
    hint: 'write OCIRepository, HelmChart or ExternalArtifact',
  },
  {
    kind: 'HelmRelease',
    change: { chart: { spec: { chart: '' } } },
    error: 'spec.chart.spec.chart: Invalid value: "": spec.chart.spec.chart in body should be at least 1 chars long',
    hint: 'write something, or remove the field',
  },
  {
    kind: 'HelmRelease',
    change: { chart: { spec: { sourceRef: { namespace: 'x'.repeat(64) } } } },
    error: 'spec.chart.spec.sourceRef.namespace: Too long: may not be more than 63 bytes',
    hint: 'write at most 63 characters',
  },
  {
    kind: 'HelmRelease',
    change: { releaseName: 'x'.repeat(54) },
    error: 'spec.releaseName: Too long: may not be more than 53 bytes',
    hint: 'write at most 53 characters',
  },
  {
    kind: 'HelmRelease',
    change: { install: { crds: 'Replace' } },
    error: 'spec.install.crds: Unsupported value: "Replace": supported values: "Skip", "Create", "CreateReplace"',
    hint: 'write CreateReplace',
  },
  {
    kind: 'HelmRelease',
    change: { install: { remediation: { retries: '3' } } },
    error:
      'spec.install.remediation.retries: Invalid value: "string": spec.install.remediation.retries in body must be of type integer: "string"',
    hint: 'write a whole number without quotes',
  },
  {
    kind: 'HelmRelease',
    change: { install: { strategy: { name: 'RemediateOnFailure', retryInterval: '5m' } } },
    error: `spec.install.strategy: Invalid value: .retryInterval cannot be set when .name is 'RemediateOnFailure'`,
    hint: 'remove retryInterval, or set name to RetryOnFailure',
  },
  {
    kind: 'HelmRelease',
    change: { upgrade: { strategy: { name: 'RemediateOnFailure', retryInterval: '5m' } } },
    error: `spec.upgrade.strategy: Invalid value: .retryInterval can only be set when .name is 'RetryOnFailure'`,
    hint: 'remove retryInterval, or set name to RetryOnFailure',
  },
  {
    kind: 'HelmRelease',
    change: { upgrade: { remediation: { strategy: 'retry' } } },
    error: 'spec.upgrade.remediation.strategy: Unsupported value: "retry": supported values: "rollback", "uninstall"',
    hint: 'write rollback or uninstall',
  },
  {
    kind: 'HelmRelease',
    change: { upgrade: { serverSideApply: true } },
    error:
      'spec.upgrade.serverSideApply: Invalid value: "boolean": spec.upgrade.serverSideApply in body must be of type string: "boolean"',
    hint: 'write enabled, disabled or auto',
  },
  {
    kind: 'HelmRelease',
    change: { maxHistory: '5' },
    error: 'spec.maxHistory: Invalid value: "string": spec.maxHistory in body must be of type integer: "string"',
    hint: 'write a whole number without quotes',
  },
  {
    kind: 'HelmRelease',
    change: { valuesFrom: [{ kind: 'Secret' }] },
    error: 'spec.valuesFrom[0].name: Required value',
    hint: 'add it: name of the object',
  },
  {
    kind: 'HelmRelease',
    change: { valuesFrom: [{ kind: 'Secret', name: 'a', targetPath: 'a b' }] },
    error: `spec.valuesFrom[0].targetPath: Invalid value: "a b": spec.valuesFrom[0].targetPath in body should match '^([a-zA-Z0-9_\\-.\\\\\\/]|\\[[0-9]{1,5}\\])+$'`,
    hint: 'write names joined by dots, such as image.tag or hosts[0].name',
  },
  {
    kind: 'HelmRelease',
    change: { valuesFrom: [{ kind: 'Secret', name: 'a', valuesKey: 'a/b' }] },
    error: `spec.valuesFrom[0].valuesKey: Invalid value: "a/b": spec.valuesFrom[0].valuesKey in body should match '^[\\-._a-zA-Z0-9]+$'`,
    hint: 'write letters, digits, ., _ and -',
  },
  {
    kind: 'HelmRelease',
    change: { uninstall: { deletionPropagation: 'cascade' } },
    error:
      'spec.uninstall.deletionPropagation: Unsupported value: "cascade": supported values: "background", "foreground", "orphan"',
    hint: 'write background, foreground or orphan',
  },
  {
    kind: 'HelmRelease',
    change: { driftDetection: { mode: true } },
    error:
      'spec.driftDetection.mode: Invalid value: "boolean": spec.driftDetection.mode in body must be of type string: "boolean"',
    hint: 'write enabled, warn or disabled',
  },
  {
    kind: 'HelmRelease',
    change: { driftDetection: { ignore: [{ target: { kind: 'Deployment' } }] } },
    error: 'spec.driftDetection.ignore[0].paths: Required value',
    hint: 'add it: JSON pointers to the fields',
  },
  {
    kind: 'HelmRelease',
    change: { test: { filters: [{ exclude: true }] } },
    error: 'spec.test.filters[0].name: Required value',
    hint: 'add it: name of the test',
  },
  {
    kind: 'HelmRelease',
    change: { timeout: '5' },
    error: `spec.timeout: Invalid value: "5": spec.timeout in body should match '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$'`,
    hint: 'write a Go duration such as 5m or 1h30m',
  },
  {
    kind: 'HelmRelease',
    change: { waitStrategy: {} },
    error: 'spec.waitStrategy.name: Required value',
    hint: 'add it: poller or legacy',
  },
  {
    kind: 'HelmRelease',
    change: { postRenderers: [{ kustomize: { patches: [{ patch: { a: 1 } }] } }] },
    error:
      'spec.postRenderers[0].kustomize.patches[0].patch: Invalid value: "object": spec.postRenderers[0].kustomize.patches[0].patch in body must be of type string: "object"',
    hint: 'write a single string',
  },
];
