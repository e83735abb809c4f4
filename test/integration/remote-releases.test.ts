// HelmReleases on another cluster, by a kubeconfig and by identity; and as accounts with too few rights, there and here.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { helmReleases } from '#controllers/helmrelease/helmrelease';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import type { ResourceRef, Unstructured } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import { useOwnCluster, useSharedCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';
import { chartContent } from './chart-server.ts';
import { conditionOf, historyOf, ReleaseStage, type ReleaseObject } from './helmrelease-stage.ts';
import { Federation, remoteAudience } from './second-cluster.ts';

const secrets: ResourceRef = { group: '', version: 'v1', plural: 'secrets', namespaced: true };
const configMaps: ResourceRef = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };

describe('a HelmRelease', function () {
  this.timeout(90_000);
  const hub = useSharedCluster();
  let federation: Federation;
  before(async () => {
    federation = await Federation.start(hub(), 'releases');
  });
  after(() => federation.stop());
  const second = useOwnCluster({
    get extraArgs() {
      return federation.extraArgs;
    },
  });
  let stage: ReleaseStage;
  let remote: KubeClient;
  before(async () => {
    remote = new KubeClient(await loadConfig({ env: {}, kubeconfig: second().kubeconfigPath }));
    stage = await ReleaseStage.open(hub(), ['--feature-gates=ObjectLevelWorkloadIdentity=true']);
    await second().kubectl.ok(['create', 'namespace', stage.namespace]);
    await stage.server.publish('plain', '1.0.0', { files: chartContent('plain', '1.0.0') });
    const lookup = '{{ (lookup "v1" "Secret" .Release.Namespace "hidden").metadata.name | quote }}';
    const looking = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-seen\ndata:\n  name: ${lookup}\n`;
    await stage.server.publish('looking', '1.0.0', {
      files: chartContent('looking', '1.0.0', { 'templates/seen.yaml': looking }),
    });
    await stage.refresh();
  });
  after(async () => {
    await stage.stop();
    await remote.close();
  });

  async function dataIn(client: KubeClient, name: string): Promise<Record<string, string> | undefined> {
    try {
      const key = { namespace: stage.namespace, name };
      return (await client.get<Unstructured & { data?: Record<string, string> }>(configMaps, key)).data;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function apply(ref: ResourceRef, kind: string, name: string, content: object): Promise<void> {
    const object = { apiVersion: 'v1', kind, metadata: { name, namespace: stage.namespace }, ...content };
    await stage.client.apply(ref, object, { fieldManager: 'test', force: true });
  }

  async function kubeConfigSecret(name: string): Promise<object> {
    await apply(secrets, 'Secret', name, { stringData: { value: await readFile(second().kubeconfigPath, 'utf8') } });
    return { kubeConfig: { secretRef: { name } } };
  }

  function failsWith(name: string, message: RegExp): Promise<ReleaseObject> {
    return stage.until(
      name,
      (object) => {
        const ready = conditionOf(object, 'Ready');
        return ready?.status === 'False' && message.test(ready.message);
      },
      `fails with ${String(message)}`,
    );
  }

  async function isGone(name: string): Promise<void> {
    const key = { namespace: stage.namespace, name };
    await until(async () => stage.client.get(helmReleases, key).then(() => false, isNotFound), {
      what: `the end of ${name}`,
      timeout: 30_000,
    });
  }

  it('installs, upgrades, corrects drift and uninstalls on the cluster of a kubeconfig, and asks it nothing at rest', async () => {
    const name = stage.name('remote');
    const spec = { ...stage.chart('plain'), ...(await kubeConfigSecret(`${name}-cluster`)) };
    await stage.apply(name, { ...spec, driftDetection: { mode: 'enabled' } });
    await stage.ready(name);
    assert.deepEqual(await dataIn(remote, name), { tag: 'old' });
    assert.equal(await dataIn(stage.client, name), undefined);
    const stored = { namespace: stage.namespace, name: `sh.helm.release.v1.${name}.v1` };
    assert.ok(await remote.get(secrets, stored));

    await stage.apply(name, { ...spec, driftDetection: { mode: 'enabled' }, values: { image: { tag: 'new' } } });
    await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);
    assert.deepEqual(await dataIn(remote, name), { tag: 'new' });

    const body = { data: { tag: 'changed' } };
    const key = { namespace: stage.namespace, name };
    await remote.patch(configMaps, key, { type: 'merge', body }, { fieldManager: 'kubectl' });
    await until(async () => {
      await request(name);
      return (await dataIn(remote, name))?.['tag'] === 'new';
    });

    const { server } = second().admin;
    // Watches may still begin, and releases of other tests be tried again.
    const isQuiet = async (): Promise<boolean> => {
      const before = await stage.requestsTo(server);
      for (let turn = 0; turn < 3; turn++) await request(name);
      return (await stage.requestsTo(server)) === before;
    };
    await until(isQuiet, { what: 'three reconciles without a request' });

    await stage.client.delete(helmReleases, key);
    await isGone(name);
    assert.equal(await dataIn(remote, name), undefined);
    await assert.rejects(remote.get(secrets, stored), isNotFound);
  });

  /** A reconcile as flux asks for it, ended. */
  async function request(name: string): Promise<void> {
    const token = crypto.randomUUID();
    const body = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } };
    await stage.client.patch(helmReleases, { namespace: stage.namespace, name }, { type: 'merge', body });
    await stage.until(name, ({ status }) => status?.lastHandledReconcileAt === token, 'handled the request');
  }

  it('installs on a cluster reached by identity, as an account that must have rights there', async () => {
    const name = stage.name('identity');
    const { server, ca } = second().admin;
    const { namespace } = stage;
    await stage.client.create(
      { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'login', namespace } },
    );
    const user = `hub:system:serviceaccount:${namespace}:login`;
    await second().kubectl.ok(['create', 'clusterrolebinding', name, '--clusterrole=cluster-admin', `--user=${user}`]);
    const data = {
      provider: 'generic',
      address: server,
      'ca.crt': ca,
      audiences: remoteAudience,
      serviceAccountName: 'login',
    };
    await apply(configMaps, 'ConfigMap', `${name}-cluster`, { data });
    const kubeConfig = { configMapRef: { name: `${name}-cluster` } };
    await stage.apply(name, { ...stage.chart('plain'), kubeConfig, serviceAccountName: 'deployer' });
    await failsWith(name, new RegExp(`User "system:serviceaccount:${namespace}:deployer" cannot`));
    const deployer = `--user=system:serviceaccount:${namespace}:deployer`;
    await second().kubectl.ok(['-n', namespace, 'create', 'rolebinding', name, '--clusterrole=admin', deployer]);
    await until(async () => {
      await request(name);
      return conditionOf(await stage.get(name), 'Ready')?.status === 'True';
    });
    assert.deepEqual(await dataIn(remote, name), { tag: 'old' });
  });

  it('waits for a Secret that is missing, and ends without one', async () => {
    const name = stage.name('lost');
    await stage.apply(name, { ...stage.chart('plain'), kubeConfig: { secretRef: { name: `${name}-cluster` } } });
    const failed = await failsWith(
      name,
      /^unable to read KubeConfig secret '.+-cluster' error: secrets ".+" not found$/,
    );
    assert.equal(conditionOf(failed, 'Ready')?.reason, 'RESTClientError');
    await kubeConfigSecret(`${name}-cluster`);
    await stage.ready(name);
    await stage.client.delete(secrets, { namespace: stage.namespace, name: `${name}-cluster` });
    await stage.client.delete(helmReleases, { namespace: stage.namespace, name });
    await isGone(name);
    // With the way to it gone, what is there stays.
    assert.deepEqual(await dataIn(remote, name), { tag: 'old' });
  });

  it('keeps an object whose cluster is down until it is back', async () => {
    const name = stage.name('down');
    await stage.apply(name, { ...stage.chart('plain'), ...(await kubeConfigSecret(`${name}-cluster`)) });
    await stage.ready(name);
    await second().plane.end('kube-apiserver');
    await stage.client.delete(helmReleases, { namespace: stage.namespace, name });
    await failsWith(name, /ECONNREFUSED/);
    await second().plane.start('kube-apiserver');
    await isGone(name);
    assert.equal(await dataIn(remote, name), undefined);
  });

  async function rolebinding(role: string, account: string, namespace: string): Promise<void> {
    const subject = `--serviceaccount=${stage.namespace}:${account}`;
    const name = `${account}-${role}`;
    await hub().kubectl.ok(['-n', namespace, 'create', 'rolebinding', name, `--clusterrole=${role}`, subject]);
  }

  describe('as an account of its own cluster', () => {
    it('is forbidden what the account may not do, and does it once it may', async () => {
      const name = stage.name('as');
      await hub().kubectl.ok(['-n', stage.namespace, 'create', 'serviceaccount', 'deployer']);
      await stage.apply(name, { ...stage.chart('plain'), serviceAccountName: 'deployer' });
      const forbidden = `User "system:serviceaccount:${stage.namespace}:deployer" cannot`;
      await failsWith(name, new RegExp(forbidden));
      await rolebinding('admin', 'deployer', stage.namespace);
      await until(async () => {
        await request(name);
        return conditionOf(await stage.get(name), 'Ready')?.status === 'True';
      });
      assert.deepEqual(await dataIn(stage.client, name), { tag: 'old' });
    });

    it('looks up only what the account may see', async () => {
      const name = stage.name('looking');
      await apply(secrets, 'Secret', 'hidden', { stringData: { a: 'b' } });
      await hub().kubectl.ok(['-n', stage.namespace, 'create', 'serviceaccount', 'short-sighted']);
      const rules = ['--verb=*', '--resource=configmaps'];
      await hub().kubectl.ok(['-n', stage.namespace, 'create', 'role', 'short-sighted', ...rules]);
      const subject = `--serviceaccount=${stage.namespace}:short-sighted`;
      await hub().kubectl.ok([
        '-n',
        stage.namespace,
        'create',
        'rolebinding',
        'short-sighted',
        '--role=short-sighted',
        subject,
      ]);
      // Releases are kept where the account may keep them.
      const storageNamespace = await hub().namespace('storage');
      await rolebinding('admin', 'short-sighted', storageNamespace);
      await stage.apply(name, { ...stage.chart('looking'), serviceAccountName: 'short-sighted', storageNamespace });
      await failsWith(name, /secrets "hidden" is forbidden: User "system:serviceaccount:.+:short-sighted" cannot get/);
      await rolebinding('view', 'short-sighted', stage.namespace);
      await hub().kubectl.ok(['-n', stage.namespace, 'create', 'role', 'hidden', '--verb=get', '--resource=secrets']);
      await hub().kubectl.ok(['-n', stage.namespace, 'create', 'rolebinding', 'hidden', '--role=hidden', subject]);
      await until(async () => {
        await request(name);
        return conditionOf(await stage.get(name), 'Ready')?.status === 'True';
      });
      assert.deepEqual(await dataIn(stage.client, `${name}-seen`), { name: 'hidden' });
      assert.ok(
        await stage.client.get(secrets, { namespace: storageNamespace, name: `sh.helm.release.v1.${name}.v1` }),
      );
    });

    it('installs into the namespace it targets only with rights there', async () => {
      const name = stage.name('target');
      const targetNamespace = await hub().namespace('target');
      await hub().kubectl.ok(['-n', stage.namespace, 'create', 'serviceaccount', 'traveller']);
      await rolebinding('admin', 'traveller', stage.namespace);
      const spec = { ...stage.chart('plain'), releaseName: name, targetNamespace, storageNamespace: stage.namespace };
      const install = { remediation: { retries: -1 } };
      await stage.apply(name, { ...spec, install, serviceAccountName: 'traveller' });
      await failsWith(name, new RegExp(`traveller" cannot .+ in the namespace "${targetNamespace}"`));
      await rolebinding('admin', 'traveller', targetNamespace);
      await until(async () => {
        await request(name);
        return conditionOf(await stage.get(name), 'Ready')?.status === 'True';
      });
      const there = { namespace: targetNamespace, name };
      assert.ok(await stage.client.get(configMaps, there));
    });
  });
});
