// HelmReleases that others disturb: helm beside us, records lost and changed, specs and values that move while an action
// runs, objects and namespaces that will not go. Each is brought about at a point where a request is held.
import assert from 'node:assert/strict';
import { decodeRelease, encodeRelease } from '#helm/index';
import { helmReleases } from '#controllers/helmrelease/helmrelease';
import type { KubeObject } from '#kube/object';
import { configMaps, FaultyRelease, type HelmCommand, helmFor, publishFaulty } from '#test/integration/faulty-release';
import { conditionOf, historyOf, ReleaseStage, type ReleaseObject } from '#test/integration/helmrelease-stage';
import { apiProxy, type ApiProxy, type Hold } from '#test/support/api-proxy';
import { useSharedCluster } from '#test/support/controlplane';
import { PodStandIn } from '#test/support/pod-stand-in';
import { toolPath } from '#test/support/tools';
import { until } from '#test/support/wait';

const podKind = { group: '', version: 'v1', plural: 'pods', namespaced: true };
const secrets = { group: '', version: 'v1', plural: 'secrets', namespaced: true };
const finalizers = ['example.com/stuck'];
const namespaces = { group: '', version: 'v1', plural: 'namespaces', namespaced: false };

const isAt =
  (version: number) =>
  (object: ReleaseObject): boolean =>
    historyOf(object)[0]?.version === version;

describe('HelmReleases that others disturb', function () {
  this.timeout(120_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;
  let proxy: ApiProxy;
  let pods: PodStandIn;
  let helm: HelmCommand;

  before(async function () {
    proxy = await apiProxy(cluster().admin);
    const flags = ['--min-retry-delay=100ms', '--max-retry-delay=1s', '--requeue-dependency=1s'];
    stage = await ReleaseStage.open({ ...cluster(), kubeconfigPath: proxy.kubeconfigPath }, flags);
    helm = await helmFor(this, stage, { kubeconfig: cluster().kubeconfigPath });
    pods = await PodStandIn.start(stage.client, stage.namespace);
    await publishFaulty(stage);
    await stage.refresh();
  });
  after(async () => {
    await pods?.stop();
    await stage?.stop();
    await proxy?.stop();
  });

  function made(prefix?: string): FaultyRelease {
    return new FaultyRelease(stage, helm, stage.name(prefix));
  }

  function spec(values: Record<string, unknown> = {}, more: object = {}): object {
    return { ...stage.chart('faulty'), values, upgrade: { remediation: { retries: 1 } }, ...more };
  }

  async function installed(more: object = {}): Promise<FaultyRelease> {
    const release = made();
    await stage.apply(release.name, spec({}, more));
    await stage.ready(release.name);
    return release;
  }

  /** Holds the request that applies the release's first object, before the API server gets it. */
  function holdApply({ name }: FaultyRelease): Hold {
    return proxy.hold('before', ({ method, path: at }) => method === 'PATCH' && at.includes(`/configmaps/${name}-a?`));
  }

  function holdRequest(method: string, ending: string, body = ''): Hold {
    return proxy.hold(
      'before',
      (request) =>
        request.method === method && request.path.split('?', 1)[0]!.endsWith(ending) && request.body.includes(body),
    );
  }

  function record({ name }: FaultyRelease, version: number): { namespace: string; name: string } {
    return { namespace: stage.namespace, name: `sh.helm.release.v1.${name}.v${version}` };
  }

  function gone({ name }: FaultyRelease): Promise<boolean> {
    return until(
      async () => {
        const left = await stage.find('helmreleases', name, 'helm.toolkit.fluxcd.io', 'v2');
        if (left === undefined) return true;
        throw new Error(JSON.stringify(left['status']));
      },
      { what: `the end of ${name}`, timeout: 30_000 },
    );
  }

  async function stick({ name }: FaultyRelease): Promise<void> {
    const key = { namespace: stage.namespace, name: `${name}-a` };
    await stage.client.patch(configMaps, key, { type: 'merge', body: { metadata: { finalizers } } });
  }

  async function unstick({ name }: FaultyRelease): Promise<void> {
    const key = { namespace: stage.namespace, name: `${name}-a` };
    await stage.client.patch(configMaps, key, { type: 'merge', body: { metadata: { finalizers: [] } } });
  }

  describe('by helm', () => {
    for (const program of ['helm3', 'helm'] as const) {
      describe(program, () => {
        let other: HelmCommand;
        let chart: string;

        before(async function () {
          if ((await toolPath(program)) === undefined) this.skip();
          other = await helmFor(this, stage, { kubeconfig: cluster().kubeconfigPath, program });
          chart = `${stage.server.url}/charts/faulty-1.0.0.tgz`;
        });

        const upgrade = ({ name }: FaultyRelease, ...more: string[]): Promise<string> =>
          other(['upgrade', name, chart, '--set', 'tag=theirs', ...more]);

        it('upgrades again what it upgraded', async () => {
          const release = await installed();
          await upgrade(release);
          assert.equal(await release.tag(), 'theirs');
          await stage.request(release.name);
          await stage.ready(release.name, isAt(3));
          assert.equal(await release.tag(), 'old');
          await release.agrees();
        });

        it('keeps it out while an upgrade runs', async () => {
          const release = await installed();
          const hold = holdApply(release);
          await stage.apply(release.name, spec({ tag: 'new' }));
          await hold.reached;
          await assert.rejects(upgrade(release), /another operation \(install\/upgrade\/rollback\) is in progress/);
          hold.release();
          await stage.ready(release.name, isAt(2));
          await release.agrees();
          assert.equal(await release.tag(), 'new');
        });

        it('goes on after it took the revision that was to be ours', async () => {
          const release = await installed();
          const hold = holdRequest('POST', '/secrets', `${release.name}.v2"`);
          await stage.apply(release.name, spec({ tag: 'new' }));
          await hold.reached;
          await upgrade(release);
          hold.release();
          await stage.ready(release.name, isAt(3));
          await release.agrees();
          assert.equal(await release.tag(), 'new');
        });

        it('leaves one revision deployed when it ends after it was overtaken', async () => {
          const release = await installed();
          pods.decide(release.name, 'waits');
          const theirs = upgrade(release, '--wait');
          theirs.catch(() => undefined);
          // They wait from here on: all their objects are applied.
          const labelSelector = `app=${release.name},tag=theirs`;
          const theirPods = async (): Promise<boolean> =>
            (await stage.client.list(podKind, { namespace: stage.namespace, labelSelector })).items.length > 0;
          await until(theirPods, { what: 'Pods of their upgrade' });
          await stage.apply(release.name, spec({ tag: 'new' }, { upgrade: { disableWait: true } }));
          await stage.ready(release.name, isAt(3));
          pods.decide(release.name, 'runs');
          await theirs.catch(() => undefined);
          await stage.request(release.name);
          await stage.ready(release.name);
          await until(() => release.agrees().then(() => true), { what: 'one revision deployed' });
          assert.equal(await release.tag(), 'new');
        });
      });
    }
  });

  describe('in the storage', () => {
    it('goes on when the newest record is gone', async () => {
      const release = await installed();
      await stage.apply(release.name, spec({ tag: 'new' }));
      await stage.ready(release.name, isAt(2));
      await stage.client.delete(secrets, record(release, 2));
      await stage.request(release.name);
      await stage.ready(release.name);
      await release.agrees();
      assert.equal(await release.tag(), 'new');
    });

    it('goes on when all records are gone', async () => {
      const release = await installed();
      await stage.apply(release.name, spec({ tag: 'new' }));
      await stage.ready(release.name, isAt(2));
      await stage.client.deleteCollection(secrets, {
        namespace: stage.namespace,
        labelSelector: `owner=helm,name=${release.name}`,
      });
      await stage.request(release.name);
      await stage.ready(release.name, isAt(1));
      await release.agrees();
      assert.equal(await release.tag(), 'new');
    });

    it('goes on when all records go in the middle of an upgrade', async () => {
      const release = await installed();
      const hold = holdApply(release);
      await stage.apply(release.name, spec({ tag: 'new', extra: true }));
      await hold.reached;
      await stage.client.deleteCollection(secrets, {
        namespace: stage.namespace,
        labelSelector: `owner=helm,name=${release.name}`,
      });
      hold.release();
      await stage.ready(release.name, (object) => object.metadata.generation === 2);
      await release.agrees(['', '-a', '-b']);
      assert.equal(await release.tag(), 'new');
    });

    it('upgrades where the record is no longer the one that was written', async () => {
      const release = await installed();
      const key = record(release, 1);
      const { data } = (await stage.client.get(secrets, key)) as KubeObject & { data: { release: string } };
      const decoded = decodeRelease(Buffer.from(data.release, 'base64').toString());
      const changed = encodeRelease({ ...decoded, info: { ...decoded.info, description: 'somebody was here' } });
      const body = { data: { release: Buffer.from(changed).toString('base64') } };
      await stage.client.patch(secrets, key, { type: 'merge', body });
      await stage.request(release.name);
      await stage.ready(release.name, isAt(2));
      await release.agrees();
    });

    it('uninstalls whatever revision is the newest', async () => {
      const release = await installed();
      await helm(['upgrade', release.name, `${stage.server.url}/charts/faulty-1.0.0.tgz`, '--set', 'extra=true']);
      await stage.delete(release.name);
      await release.isGone();
    });
  });

  describe('in the middle of an action', () => {
    it('is uninstalled when it is deleted while it installs', async () => {
      const release = made();
      const hold = holdApply(release);
      await stage.apply(release.name, spec());
      await hold.reached;
      await stage.client.delete(helmReleases, { namespace: stage.namespace, name: release.name });
      hold.release();
      await gone(release);
      await release.isGone();
    });

    it('is uninstalled when it is deleted while it waits', async () => {
      const release = made();
      pods.decide(release.name, 'waits');
      await stage.apply(release.name, spec());
      await until(() => stage.find('deployments', release.name, 'apps'));
      await stage.client.delete(helmReleases, { namespace: stage.namespace, name: release.name });
      await gone(release);
      await release.isGone();
    });

    it('is uninstalled when it is deleted while it fails', async () => {
      const release = made();
      const remediation = { retries: -1 };
      await stage.apply(release.name, spec({ broken: true }, { install: { remediation } }));
      await stage.until(release.name, ({ status }) => (status?.installFailures ?? 0) > 1, 'has failed twice');
      await stage.client.delete(helmReleases, { namespace: stage.namespace, name: release.name });
      await gone(release);
      await release.isGone();
    });

    it('takes a new spec up when the installation is done', async () => {
      const release = made();
      const hold = holdApply(release);
      await stage.apply(release.name, spec());
      await hold.reached;
      await stage.apply(release.name, spec({ tag: 'new', extra: true }));
      hold.release();
      await stage.ready(release.name);
      await release.agrees(['', '-a', '-b']);
      assert.equal(await release.tag(), 'new');
    });

    it('takes a new spec up when the upgrade is done', async () => {
      const release = await installed();
      const hold = holdApply(release);
      await stage.apply(release.name, spec({ tag: 'new', extra: true }));
      await hold.reached;
      await stage.apply(release.name, spec({ tag: 'newer' }));
      hold.release();
      await stage.ready(release.name);
      await release.agrees();
      assert.equal(await release.tag(), 'newer');
    });

    it('takes a new spec up when the tests are done', async () => {
      const release = made();
      const hold = holdRequest('POST', '/configmaps', `"${release.name}-test"`);
      await stage.apply(release.name, spec({}, { test: { enable: true } }));
      await hold.reached;
      await stage.apply(release.name, spec({ tag: 'new' }, { test: { enable: true } }));
      hold.release();
      const ready = await stage.ready(release.name);
      assert.equal(conditionOf(ready, 'TestSuccess')?.status, 'True');
      await release.agrees();
      assert.equal(await release.tag(), 'new');
    });

    it('takes a new spec up when the rollback is done', async () => {
      const release = await installed();
      const hold = holdRequest('POST', '/configmaps', `"${release.name}-back"`);
      await stage.apply(release.name, spec({ tag: 'new', extra: true, broken: true }));
      await hold.reached;
      await stage.apply(release.name, spec({ tag: 'newer' }));
      hold.release();
      await stage.ready(release.name);
      await release.agrees();
      assert.equal(await release.tag(), 'newer');
    });

    it('takes a new spec up when the failed installation is uninstalled', async () => {
      const release = made();
      const hold = holdRequest('POST', '/configmaps', `"${release.name}-hook"`);
      hold.release();
      const removal = holdRequest('DELETE', `/services/${release.name}`);
      await stage.apply(release.name, spec({ broken: true }, { install: { remediation: { retries: 3 } } }));
      await removal.reached;
      await stage.apply(release.name, spec({ tag: 'new' }));
      removal.release();
      await stage.ready(release.name);
      await release.agrees();
      assert.equal(await release.tag(), 'new');
    });

    it('takes up values that change while they are applied', async () => {
      const release = made();
      const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };
      const values = (tag: string): KubeObject & { stringData: object } => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `${release.name}-values`, namespace: stage.namespace, labels },
        stringData: { 'values.yaml': `tag: ${tag}\n` },
      });
      await stage.client.create(secrets, values('one'));
      const hold = holdApply(release);
      const valuesFrom = [{ kind: 'Secret', name: `${release.name}-values` }];
      await stage.apply(release.name, spec({}, { valuesFrom }));
      await hold.reached;
      await stage.client.apply(secrets, values('two'), { fieldManager: 'test', force: true });
      hold.release();
      await stage.ready(release.name, isAt(2));
      await release.agrees();
      assert.equal(await release.tag(), 'two');
    });

    it('ends what it began when it is suspended, and does no more until it is resumed', async () => {
      const release = await installed();
      const hold = holdApply(release);
      await stage.apply(release.name, spec({ tag: 'new' }));
      await hold.reached;
      await stage.apply(release.name, spec({ tag: 'newer' }, { suspend: true }));
      hold.release();
      await stage.until(release.name, isAt(2), 'has ended its upgrade');
      await stage.request(release.name);
      await release.agrees();
      assert.equal(await release.tag(), 'new');
      await stage.apply(release.name, spec({ tag: 'newer' }, { suspend: false }));
      await stage.ready(release.name, isAt(3));
      assert.equal(await release.tag(), 'newer');
    });
  });

  describe('by what will not go', () => {
    it('uninstalls as soon as a stuck object is let go', async () => {
      const release = await installed();
      await stick(release);
      await stage.client.delete(helmReleases, { namespace: stage.namespace, name: release.name });
      await until(async () => (await stage.find('configmaps', `${release.name}-a`))?.metadata.deletionTimestamp);
      await unstick(release);
      await gone(release);
      await release.isGone();
    });

    it('says what keeps it from being uninstalled, and goes on when it is let go', async () => {
      const release = await installed({ uninstall: { timeout: '1s' } });
      await stick(release);
      await stage.client.delete(helmReleases, { namespace: stage.namespace, name: release.name });
      const failed = await stage.until(
        release.name,
        (object) => conditionOf(object, 'Ready')?.reason === 'UninstallFailed',
        'tells',
      );
      assert.match(
        conditionOf(failed, 'Ready')!.message,
        new RegExp(`ConfigMap/${stage.namespace}/${release.name}-a is still being deleted`),
      );
      await unstick(release);
      await gone(release);
      await release.isGone();
    });

    it('makes an object again that was being deleted during an upgrade', async () => {
      const release = await installed();
      await stick(release);
      await stage.client.delete(configMaps, { namespace: stage.namespace, name: `${release.name}-a` });
      const upgrade = { timeout: '1s', remediation: { retries: -1 } };
      await stage.apply(release.name, spec({ tag: 'new' }, { upgrade, rollback: { timeout: '1s' } }));
      await stage.until(release.name, ({ status }) => (status?.upgradeFailures ?? 0) > 0, 'has failed');
      await unstick(release);
      await stage.ready(release.name);
      await release.agrees();
      assert.equal(await release.tag(), 'new');
    });

    it('installs when the namespace that was going is gone', async () => {
      const release = made();
      const target = await cluster().namespace('target');
      const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'stuck', namespace: target, finalizers } };
      await stage.client.create(configMaps, map);
      await stage.client.delete(namespaces, { name: target });
      const install = { createNamespace: true, remediation: { retries: -1 } };
      const more = { targetNamespace: target, releaseName: release.name, install };
      await stage.apply(release.name, spec({ replicas: 0 }, more));
      const failed = await stage.until(
        release.name,
        (object) => conditionOf(object, 'Released')?.status === 'False',
        'fails',
      );
      assert.match(conditionOf(failed, 'Released')!.message, /because it is being terminated/);
      const body = { metadata: { finalizers: [] } };
      await stage.client.patch(configMaps, { namespace: target, name: 'stuck' }, { type: 'merge', body });
      await stage.ready(release.name);
      assert.notEqual(await stage.client.get(configMaps, { namespace: target, name: `${release.name}-a` }), undefined);
      await stage.delete(release.name);
    });

    it('goes with its namespace, hooks or not', async () => {
      const other = await ReleaseStage.open(cluster());
      try {
        await publishFaulty(other);
        await other.refresh();
        await other.apply('app', { ...other.chart('faulty'), values: { replicas: 0 } });
        await other.ready('app');
        await other.client.delete(namespaces, { name: other.namespace });
        const isGone = async (): Promise<boolean> => {
          const { status } = await cluster().kubectl.run(['get', 'namespace', other.namespace]);
          return status !== 0;
        };
        await until(isGone, { timeout: 60_000, every: 200, what: 'the end of the namespace' });
      } finally {
        await other.stop();
      }
    });
  });
});
