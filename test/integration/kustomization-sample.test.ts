// A folder of the size and kinds of a real application: built with everything a Kustomization adds, applied, changed, gone.
import assert from 'node:assert/strict';
import type { Unstructured } from '#kube/object';
import { useSharedCluster } from '#test/support/controlplane';
import { Delivery, kustomizations } from '#test/support/delivery';
import { until } from '#test/support/wait';

const labels = { app: 'shop' };
const container = {
  name: 'shop',
  image: 'ghcr.io/example/shop:1.0.0',
  ports: [{ name: 'http', containerPort: 8080 }],
  envFrom: [{ configMapRef: { name: 'shop-settings' } }],
  resources: { limits: { cpu: '2000m', memory: '512Mi' }, requests: { cpu: '100m', memory: '0.5Gi' } },
};
const manifests: Readonly<Record<string, Unstructured>> = {
  'account.yaml': { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'shop' } },
  'deployment.yaml': {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop' },
    spec: {
      minReadySeconds: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { serviceAccountName: 'shop', containers: [container] } },
    },
  },
  'service.yaml': {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'shop' },
    spec: {
      selector: labels,
      ports: [
        { name: 'http', port: 80, targetPort: 'http' },
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53 },
      ],
    },
  },
  'scaler.yaml': {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 99 } } },
      ],
    },
  },
  'budget.yaml': {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'shop' },
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  },
  'ingress.yaml': {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop' },
    spec: {
      rules: [
        {
          host: 'shop.example.com',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'shop', port: { name: 'http' } } } }],
          },
        },
      ],
    },
  },
  'role.yaml': {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'shop:reader' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
  },
  'binding.yaml': {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'shop:reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'shop:reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'shop' }],
  },
  'job.yaml': {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'cleanup' },
    spec: {
      schedule: '0 3 * * *',
      jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } },
    },
  },
  'secret.yaml': {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'shop-key' },
    stringData: { key: 'not a real one' },
  },
};
const root = {
  resources: Object.keys(manifests),
  configMapGenerator: [{ name: 'shop-settings', literals: ['greeting=hello ${who}'] }],
};
const monitoring = {
  apiVersion: 'kustomize.config.k8s.io/v1alpha1',
  kind: 'Component',
  patches: [
    {
      target: { kind: 'Deployment' },
      patch: '[{"op":"add","path":"/spec/template/metadata/annotations","value":{"scrape":"true"}}]',
    },
  ],
};

describe('a delivery of a whole application', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  before(async () => {
    delivery = await (await Delivery.prepare(cluster())).start();
  });
  after(async () => {
    await delivery.close();
  });

  const get = (kind: string, name: string): Promise<Unstructured & Record<string, never>> =>
    delivery.kubectl.get([kind, name, '-n', delivery.namespace]);

  it('builds with images, patches, components, labels and variables, and settles', async () => {
    const files = Object.fromEntries(
      Object.entries(manifests).map(([name, object]) => [`app/${name}`, JSON.stringify(object)]),
    );
    const source = await delivery.source('shop', {
      ...files,
      'app/kustomization.yaml': JSON.stringify(root),
      'monitoring/kustomization.yaml': JSON.stringify(monitoring),
    });
    await delivery.kustomization('shop', {
      path: './app',
      images: [{ name: 'ghcr.io/example/shop', newTag: '2.0.0' }],
      patches: [
        { target: { kind: 'Deployment' }, patch: '[{"op":"add","path":"/spec/revisionHistoryLimit","value":4}]' },
      ],
      components: ['../monitoring'],
      commonMetadata: { labels: { team: 'shop' }, annotations: { note: 'common' } },
      postBuild: { substitute: { who: 'world' } },
    });
    const object = await delivery.ready('shop');
    assert.equal(object.status?.inventory?.entries.length, Object.keys(manifests).length + 1);
    assert.ok(
      object.status.inventory.entries.some(({ id }) => id.endsWith('_shop__reader_rbac.authorization.k8s.io_Role')),
    );

    const deployment = JSON.parse(JSON.stringify(await get('deployment', 'shop'))) as {
      metadata: Unstructured['metadata'];
      spec: {
        revisionHistoryLimit: number;
        template: { metadata: Unstructured['metadata']; spec: { containers: (typeof container)[] } };
      };
    };
    assert.equal(deployment.spec.template.spec.containers[0]?.image, 'ghcr.io/example/shop:2.0.0');
    assert.equal(deployment.spec.revisionHistoryLimit, 4);
    assert.deepEqual(deployment.spec.template.metadata.annotations, { scrape: 'true' });
    assert.equal(deployment.metadata.labels?.['team'], 'shop');
    assert.equal(deployment.metadata.annotations?.['note'], 'common');
    const settings = deployment.spec.template.spec.containers[0]?.envFrom[0]?.configMapRef.name ?? '';
    assert.match(settings, /^shop-settings-[a-z0-9]{10}$/);
    assert.deepEqual(await delivery.data(settings), { greeting: 'hello world' });

    const changed = { ...root, configMapGenerator: [{ name: 'shop-settings', literals: ['greeting=bye'] }] };
    const revision = await source.push({ 'app/kustomization.yaml': JSON.stringify(changed) });
    await delivery.ready('shop', revision);
    assert.equal(await delivery.data(settings), undefined, 'the old generated one is pruned');
    const log = await until(async () => (await delivery.events('shop')).find((line) => line.includes(' configured')));
    assert.match(log, /Deployment\/\S+\/shop configured/);
    assert.doesNotMatch(log, /Service\/|Ingress|HorizontalPodAutoscaler/);
  });

  it('leaves nothing of it behind', async () => {
    await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'kustomization', 'shop', '--timeout=30s']);
    assert.equal(await delivery.get(kustomizations, 'shop'), undefined);
    const kinds = 'deploy,svc,sa,hpa,pdb,ingress,role,rolebinding,cronjob,secret,cm';
    const selector = 'kustomize.toolkit.fluxcd.io/name=shop';
    const left = await delivery.kubectl.ok(['get', kinds, '-n', delivery.namespace, '-l', selector, '-o', 'name']);
    assert.equal(left, '');
  });
});
