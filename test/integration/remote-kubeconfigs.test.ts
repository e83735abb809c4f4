// Kustomizations on another cluster by a kubeconfig in a Secret: a second real API server, its faults, and its rights.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import type { ResourceRef, Unstructured } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import { createAuthority, validityFrom } from '#net/pki';
import { useOwnCluster, useSharedCluster } from '#test/support/controlplane';
import { configMap, configMaps, Delivery, kustomizations, ready, type Reconciled } from '#test/support/delivery';
import { loopbackServer } from '#test/support/loopback-server';
import { until } from '#test/support/wait';

function isWaiting({ status }: Reconciled): boolean {
  return (
    status?.conditions?.some((condition) => condition.type === 'Healthy' && condition.status === 'Unknown') === true
  );
}

const secrets: ResourceRef = { group: '', version: 'v1', plural: 'secrets', namespaced: true };

describe('a Kustomization with a kubeconfig', function () {
  this.timeout(90_000);
  const hub = useSharedCluster();
  const second = useOwnCluster();
  let delivery: Delivery;
  let remote: KubeClient;
  let admin: string;
  before(async () => {
    remote = new KubeClient(await loadConfig({ env: {}, kubeconfig: second().kubeconfigPath }));
    admin = await readFile(second().kubeconfigPath, 'utf8');
    delivery = await Delivery.prepare(hub());
    await second().kubectl.ok(['create', 'namespace', delivery.namespace]);
    await delivery.start();
  });
  after(async () => {
    await delivery.close();
    await remote.close();
  });

  async function secret(name: string, data: Record<string, string>): Promise<object> {
    const metadata = { name, namespace: delivery.namespace };
    // Wholly: a key that is left out must go.
    await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'secret', name, '--ignore-not-found']);
    await delivery.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: data });
    return { secretRef: { name } };
  }

  async function remoteObject(name: string): Promise<(Unstructured & { data?: Record<string, string> }) | undefined> {
    try {
      return await remote.get(configMaps, { namespace: delivery.namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function deliver(name: string, kubeConfig: object, spec: object = {}): Promise<void> {
    await delivery.source(name, { 'a.yaml': configMap(`${name}-a`, { key: 'one' }) });
    await delivery.kustomization(name, { kubeConfig, ...spec });
  }

  async function failsWith(name: string, message: RegExp): Promise<void> {
    await delivery.when(
      name,
      (object) => ready(object)?.status === 'False' && message.test(ready(object)?.message ?? ''),
    );
  }

  function remove(name: string): Promise<string> {
    return delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'kustomization', name, '--wait=false']);
  }

  it('applies, corrects drift, prunes, and deletes there, and touches nothing here', async () => {
    const kubeConfig = await secret('first', { value: admin });
    await deliver('first', kubeConfig, { wait: true });
    await delivery.ready('first');
    assert.equal((await remoteObject('first-a'))?.data?.['key'], 'one');
    assert.equal(await delivery.data('first-a'), undefined);

    const change = { data: { key: 'changed' } };
    const key = { namespace: delivery.namespace, name: 'first-a' };
    await remote.patch(configMaps, key, { type: 'merge', body: change }, { fieldManager: 'kubectl' });
    await until(async () => {
      await delivery.reconcile('first');
      return (await remoteObject('first-a'))?.data?.['key'] === 'one';
    });

    await remove('first');
    await delivery.gone(kustomizations, 'first');
    assert.equal(await remoteObject('first-a'), undefined);
  });

  it('waits for the health of what is there', async () => {
    const containers = [{ name: 'app', image: 'app' }];
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app' }, spec: { containers } };
    await delivery.source('health', { 'a.yaml': JSON.stringify(pod) });
    const kubeConfig = await secret('health', { value: admin });
    await delivery.kustomization('health', { kubeConfig, wait: true, timeout: '60s' });
    await delivery.when('health', isWaiting);
    // Nobody runs Pods there: the status is set as a kubelet would.
    const pods: ResourceRef = { group: '', version: 'v1', plural: 'pods', namespaced: true };
    const key = { namespace: delivery.namespace, name: 'app' };
    const body = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    await remote.patch(pods, key, { type: 'merge', body }, { subresource: 'status' });
    await delivery.ready('health');
  });

  it('takes the key that is named, or value.yaml where there is no value', async () => {
    await secret('keys', { 'value.yaml': admin, other: admin });
    await deliver('keys', { secretRef: { name: 'keys' } });
    await delivery.ready('keys');
    await delivery.kustomization('keys', { kubeConfig: { secretRef: { name: 'keys', key: 'other' } } });
    await delivery.ready('keys');
    await delivery.kustomization('keys', { kubeConfig: { secretRef: { name: 'keys', key: 'third' } } });
    await failsWith('keys', /^KubeConfig secret '.+\/keys' does not contain a 'third' key with a kubeconfig$/);
  });

  it('goes on as soon as a Secret that was missing or wrong is right', async () => {
    await deliver('late', { secretRef: { name: 'late' } });
    await failsWith('late', /^unable to read KubeConfig secret '.+\/late' error: secrets "late" not found$/);
    await secret('late', { wrong: admin });
    await failsWith('late', /does not contain a 'value' key with a kubeconfig$/);
    await secret('late', { value: admin });
    await delivery.ready('late');
  });

  it('says clearly what is wrong with a kubeconfig, and quotes none of it', async () => {
    const { server, ca } = second().admin;
    const kubeconfig = (cluster: object, user: object): string =>
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server, ...cluster } }],
        users: [{ name: 'u', user }],
      });
    const good = { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
    const other = await createAuthority('other', validityFrom(Date.now(), 1));
    const wrong = { 'certificate-authority-data': Buffer.from(other.certificate).toString('base64') };
    const closed = await loopbackServer(() => undefined);
    await closed.stop();
    const cases: readonly (readonly [string, RegExp])[] = [
      [
        kubeconfig(good, { exec: { command: 'sh', args: ['-c', 'echo top-secret'] } }),
        /from a program .*not allowed here/,
      ],
      [
        kubeconfig({ 'insecure-skip-tls-verify': true }, { token: 'top-secret' }),
        /insecure-skip-tls-verify.*not allowed here/,
      ],
      [kubeconfig(wrong, { token: 'top-secret' }), /: (unable to verify|self[- ]signed|certificate signature|.*verif)/],
      [kubeconfig({ ...good, server: closed.url }, { token: 'top-secret' }), /ECONNREFUSED/],
      [kubeconfig(good, { token: 'top-secret' }), /Unauthorized|provide credentials/],
      ['top-secret: [', /holds no kubeconfig that can be used: kubeconfig is not valid YAML/],
    ];
    await deliver('faulty', await secret('faulty', { value: admin }));
    await delivery.ready('faulty');
    for (const [text, message] of cases) {
      await secret('faulty', { value: text });
      await delivery.reconcile('faulty');
      await failsWith('faulty', message);
    }
    const told = await delivery.kubectl.ok(['-n', delivery.namespace, 'get', 'kustomizations,events', '-o', 'json']);
    assert.equal((told + delivery.log.join('')).includes('top-secret'), false);
  });

  it('goes on waiting for a named object there while its credentials are rotated', async () => {
    const text = await readFile(await second().userKubeconfig({ name: 'rotated' }), 'utf8');
    await second().kubectl.ok([
      'create',
      'clusterrolebinding',
      'rotated',
      '--clusterrole=cluster-admin',
      '--user=rotated',
    ]);
    const { namespace } = delivery;
    await delivery.source('rotated', { 'a.yaml': configMap('rotated-a') });
    await secret('rotated', { value: admin });
    const healthChecks = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'awaited', namespace }];
    await delivery.kustomization('rotated', {
      kubeConfig: { secretRef: { name: 'rotated' } },
      healthChecks,
      timeout: '60s',
    });
    await delivery.when('rotated', isWaiting);
    const data = { value: Buffer.from(text).toString('base64') };
    await delivery.patch(secrets, 'rotated', { data });
    // Another user of the cluster meets the new credentials while the first one waits.
    await deliver('beside', { secretRef: { name: 'rotated' } });
    await delivery.ready('beside');
    await remote.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'awaited', namespace } });
    await delivery.ready('rotated');
    assert.ok((await delivery.events('rotated')).every((event) => !event.includes('canceled')));
  });

  it('acts there as the account it names, which is forbidden what it has no right to', async () => {
    const kubeConfig = await secret('as', { value: admin });
    await deliver('as', kubeConfig, { serviceAccountName: 'deployer' });
    const user = `system:serviceaccount:${delivery.namespace}:deployer`;
    await failsWith('as', new RegExp(`User "${user}" cannot`));
    await second().kubectl.ok([
      '-n',
      delivery.namespace,
      'create',
      'rolebinding',
      'deployer',
      '--clusterrole=admin',
      `--user=${user}`,
    ]);
    await until(async () => {
      await delivery.reconcile('as');
      const object = await delivery.get(kustomizations, 'as');
      return object !== undefined && ready(object)?.status === 'True';
    });
    // The account is one of that cluster: that this one has none of the name does not matter.
    await remove('as');
    await delivery.gone(kustomizations, 'as');
    assert.equal(await remoteObject('as-a'), undefined);
  });

  it('works with rights in one namespace only, without waiting for what it may not watch', async () => {
    const text = await readFile(await second().userKubeconfig({ name: 'narrow' }), 'utf8');
    await second().kubectl.ok([
      '-n',
      delivery.namespace,
      'create',
      'rolebinding',
      'narrow',
      '--clusterrole=admin',
      '--user=narrow',
    ]);
    await deliver('narrow', await secret('narrow', { value: text }), { wait: true });
    const { status } = await delivery.ready('narrow');
    // A watch that never answers is waited for 10 s.
    assert.match(String(status?.history?.[0]?.['lastReconciledDuration']), /^(\d(\.\d+)?|[\d.]+m)s$/);
  });

  it('asks nobody anything while nothing changes', async () => {
    await deliver('quiet', await secret('quiet', { value: admin }), { wait: true });
    await delivery.ready('quiet');
    assert.ok((await requests())[0] > 0);
    // The first interval may still find watches to begin, and objects of other tests may be tried again.
    const isQuiet = async (): Promise<boolean> => {
      const before = await requests();
      for (let turn = 0; turn < 3; turn++) await delivery.reconcile('quiet');
      return String(await requests()) === String(before);
    };
    await until(isQuiet, { what: 'three reconciles without a request' });
  });

  /**
   * Requests to the second cluster so far, and reads of this one. What the user with rights in one namespace may not watch
   * is tried again now and then, which is not counted.
   */
  async function requests(): Promise<[number, number]> {
    const lines = (await delivery.sluice.context.metrics.registry.metrics()).split('\n');
    const sum = (accept: (line: string) => boolean): number =>
      lines
        .filter((line) => line.startsWith('rest_client_requests_total{') && accept(line))
        .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
    const { host } = new URL(second().admin.server);
    return [
      sum((line) => line.includes(host) && !line.includes('code="403"')),
      sum((line) => !line.includes(host) && line.includes('method="GET"')),
    ];
  }

  it('keeps an object that cannot be deleted there, says why, and ends with the cluster back', async () => {
    await deliver('down', await secret('down', { value: admin }));
    await delivery.ready('down');
    await deliver('orphaned', await secret('orphaned', { value: admin }), { deletionPolicy: 'Orphan' });
    await delivery.ready('orphaned');
    await second().plane.end('kube-apiserver');
    await remove('orphaned');
    await delivery.gone(kustomizations, 'orphaned');
    await remove('down');
    await failsWith('down', /ECONNREFUSED/);
    await second().plane.start('kube-apiserver');
    await delivery.gone(kustomizations, 'down', 30_000);
    assert.equal(await remoteObject('down-a'), undefined);
    assert.notEqual(await remoteObject('orphaned-a'), undefined);
  });

  it('keeps an object whose Secret is gone until it is back, but not one that never made anything', async () => {
    await deliver('lost', await secret('lost', { value: admin }));
    await delivery.ready('lost');
    await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'secret', 'lost']);
    await remove('lost');
    await failsWith('lost', /^unable to read KubeConfig secret '.+\/lost' error: secrets "lost" not found$/);
    await secret('lost', { value: admin });
    await delivery.gone(kustomizations, 'lost');
    assert.equal(await remoteObject('lost-a'), undefined);

    await deliver('never', { secretRef: { name: 'never' } });
    await failsWith('never', /not found$/);
    await remove('never');
    await delivery.gone(kustomizations, 'never');
  });
});
