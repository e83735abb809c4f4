// A valid spec of every kind, as small as its schema allows but for what tests change in it.

export type Spec = Readonly<Record<string, unknown>>;

const gitRepository = { interval: '5m', url: 'https://example.com/org/app.git' };
const chartReference = { kind: 'HelmRepository', name: 'charts' };
const eventSource = { kind: 'Kustomization', name: 'apps' };

/** By kind; valid in every served version. */
export const validSpecs: Readonly<Record<string, Spec>> = {
  Alert: { providerRef: { name: 'chat' }, eventSources: [eventSource] },
  ArtifactGenerator: {
    sources: [{ alias: 'app', kind: 'GitRepository', name: 'app' }],
    artifacts: [{ name: 'web', copy: [{ from: '@app/web/**', to: '@artifact/' }] }],
  },
  Bucket: { interval: '5m', bucketName: 'manifests', endpoint: 'minio.example.com' },
  ExternalArtifact: { sourceRef: { kind: 'Builder', name: 'app' } },
  GitRepository: gitRepository,
  HelmChart: { interval: '5m', chart: 'podinfo', sourceRef: chartReference },
  HelmPullRequest: { interval: '5m', url: 'https://example.com/org/app.git', chart: 'charts/app', provider: 'github' },
  HelmRelease: { interval: '5m', chart: { spec: { chart: 'podinfo', sourceRef: chartReference } } },
  HelmRepository: { interval: '5m', url: 'https://charts.example.com' },
  ImagePolicy: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '>=1.0.0' } } },
  ImageRepository: { interval: '5m', image: 'ghcr.io/org/app' },
  ImageUpdateAutomation: {
    interval: '5m',
    sourceRef: { kind: 'GitRepository', name: 'app' },
    git: { commit: { author: { email: 'bot@example.com' } } },
  },
  Kustomization: { interval: '5m', prune: true, sourceRef: { kind: 'GitRepository', name: 'app' } },
  OCIRepository: { interval: '5m', url: 'oci://ghcr.io/org/manifests' },
  Provider: { type: 'slack', channel: 'general' },
  Receiver: { type: 'github', secretRef: { name: 'token' }, resources: [eventSource] },
};
