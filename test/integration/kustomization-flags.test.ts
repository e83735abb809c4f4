// Flags that change how Kustomizations are delivered: kinds that come first, and the digest of artifacts.
import assert from 'node:assert/strict';
import { useSharedCluster } from '#test/support/controlplane';
import { configMap, Delivery } from '#test/support/delivery';
import { until } from '#test/support/wait';

describe('flags of deliveries', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  before(async () => {
    delivery = await Delivery.prepare(cluster());
    await delivery.start(['--custom-apply-stage-kinds=Service,example.com/Other', '--artifact-digest-algo=sha512']);
  });
  after(() => delivery.close());

  it('apply the kinds that are named before the rest, and take the digest that is asked for', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'b' }, spec: { ports: [{ port: 80 }] } };
    await delivery.source('staged', { 'a.yaml': configMap('a'), 'b.yaml': JSON.stringify(service) });
    await delivery.kustomization('staged');
    await delivery.ready('staged');
    const applied = await until(async () =>
      (await delivery.events('staged')).find((event) => event.includes('Service/')),
    );
    assert.match(applied, /Service\/\S+\/b created\s+ConfigMap\/\S+\/a created/);
    const digest = '{.status.artifact.digest}';
    const get = ['-n', delivery.namespace, 'get', 'gitrepository/staged', '-o', `jsonpath=${digest}`];
    assert.match(await delivery.kubectl.ok(get), /^sha512:[0-9a-f]{128}$/);
  });
});
