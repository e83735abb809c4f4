// HelmReleases while servers are away and webhooks refuse, on a control plane of the test's own.
import assert from 'node:assert/strict';
import type { Unstructured } from '#kube/object';
import { FaultyRelease, type HelmCommand, helmFor, publishFaulty } from '#test/integration/faulty-release';
import { conditionOf, historyOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import { apiProxy, type ApiProxy } from '#test/support/api-proxy';
import { type OwnCluster, useOwnCluster } from '#test/support/controlplane';
import { installCrds } from '#test/support/crds';
import { quietFlags } from '#test/support/delivery';
import { loopbackServer, type LoopbackServer } from '#test/support/loopback-server';
import { PodStandIn } from '#test/support/pod-stand-in';
import { ServeProcess } from '#test/support/serve-process';
import { until } from '#test/support/wait';

const webhooks = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
};

interface ServiceRequest {
  readonly uid: string;
  readonly name: string;
  readonly object: { readonly spec: { readonly ports: readonly { readonly port: number }[] } };
}

describe('HelmReleases while servers are away', function () {
  this.timeout(240_000);
  const cluster = useOwnCluster();
  let stage: ReleaseStage;
  let proxy: ApiProxy;
  let pods: PodStandIn;
  let helm: HelmCommand;
  let running: ServeProcess;

  before(async function () {
    await installCrds(cluster().kubectl);
    proxy = await apiProxy(cluster().admin);
    stage = await ReleaseStage.beside(cluster());
    helm = await helmFor(this, stage, { kubeconfig: cluster().kubeconfigPath });
    pods = await PodStandIn.start(stage.client, stage.namespace);
    await publishFaulty(stage);
    const flags = await quietFlags([
      `--kubeconfig=${proxy.kubeconfigPath}`,
      '--min-retry-delay=100ms',
      '--max-retry-delay=1s',
    ]);
    running = ServeProcess.start(flags, { RUNTIME_NAMESPACE: stage.namespace });
    await until(() => running.output.includes('sluice is up'), { timeout: 30_000 });
  });
  after(async () => {
    await pods?.stop();
    await running?.end('SIGKILL');
    await proxy?.stop();
    await stage?.stop();
  });

  function made(): FaultyRelease {
    return new FaultyRelease(stage, helm, stage.name());
  }

  async function brokenUpgrade(release: FaultyRelease): Promise<void> {
    const { chart } = stage.chart('faulty');
    const upgrade = { remediation: { retries: -1 } };
    await stage.apply(release.name, { chart, upgrade });
    await stage.ready(release.name);
    await stage.apply(release.name, { chart, upgrade, values: { tag: 'new', port: 81 } });
  }

  for (const victim of ['kube-apiserver', 'etcd'] as const) {
    describe(victim, () => {
      it('installs to the end when it is back, and counts no failure', async () => {
        const release = made();
        const hold = proxy.hold(
          'before',
          ({ method, path }) => method === 'PATCH' && path.includes(`/configmaps/${release.name}-a?`),
        );
        await stage.apply(release.name, stage.chart('faulty'));
        await hold.reached;
        await cluster().plane.kill(victim);
        hold.release();
        // It has noticed, and tries again.
        await until(() => /Reconciler error/.test(running.output), { timeout: 30_000 });
        await restart(cluster(), victim);
        const ready = await again(() => stage.ready(release.name));
        assert.equal(ready.status!.installFailures, undefined);
        await release.agrees();
      });

      it('goes on waiting', async () => {
        const release = made();
        pods.decide(release.name, 'waits');
        await stage.apply(release.name, stage.chart('faulty'));
        await until(() => stage.find('deployments', release.name, 'apps'), { timeout: 20_000 });
        await cluster().plane.kill(victim);
        await restart(cluster(), victim);
        pods.decide(release.name, 'runs');
        const ready = await again(() => stage.ready(release.name));
        assert.equal(historyOf(ready)[0]!.version, 1);
        await release.agrees();
      });

      it('upgrades to the end when it is back', async () => {
        const release = made();
        const { chart } = stage.chart('faulty');
        await stage.apply(release.name, { chart });
        await stage.ready(release.name);
        const hold = proxy.hold(
          'before',
          ({ method, path, body }) =>
            method === 'PUT' && path.includes(`.${release.name}.v2`) && body.includes('"status":"deployed"'),
        );
        await stage.apply(release.name, { chart, values: { tag: 'new', extra: true } });
        await hold.reached;
        await cluster().plane.kill(victim);
        hold.release();
        await restart(cluster(), victim);
        const ready = await again(() => stage.ready(release.name));
        assert.equal(ready.status!.upgradeFailures, undefined);
        await release.agrees(['', '-a', '-b']);
        assert.equal(await release.tag(), 'new');
      });
    });
  }

  describe('a webhook that refuses', () => {
    let server: LoopbackServer;
    /** Names of Services, or name and port. */
    const refused = new Set<string>();

    before(async () => {
      server = await loopbackServer(
        (request, response) => {
          const chunks: Buffer[] = [];
          request.on('data', (chunk: Buffer) => chunks.push(chunk));
          request.on('end', () => {
            const review = JSON.parse(Buffer.concat(chunks).toString()) as { request: ServiceRequest };
            const { uid, name, object } = review.request;
            const allowed = !refused.has(name) && !refused.has(`${name} ${object.spec.ports[0]?.port}`);
            const answer = { uid, allowed, ...(!allowed && { status: { code: 403, message: 'not today' } }) };
            response.setHeader('content-type', 'application/json');
            const body = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer };
            response.end(JSON.stringify(body));
          });
        },
        { tls: true },
      );
      const operations = ['CREATE', 'UPDATE'];
      const configuration: Unstructured = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'refuses' },
        webhooks: [
          {
            name: 'refuses.example.com',
            clientConfig: { url: `${server.url}/`, caBundle: Buffer.from(server.authority!).toString('base64') },
            rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['services'], operations }],
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': stage.namespace } },
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      };
      await stage.client.create(webhooks, configuration);
      // It counts a moment after it was made.
      refused.add('probe');
      const metadata = { name: 'probe', namespace: stage.namespace };
      const probe = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }] } };
      await until(async () => {
        const { stderr } = await cluster().kubectl.apply(probe, ['--dry-run=server']);
        return stderr.includes('not today');
      });
    });
    after(async () => {
      await stage.client.delete(webhooks, { name: 'refuses' });
      await server.stop();
    });

    it('is told, leaves nothing behind, and is tried again when somebody asks', async () => {
      const release = made();
      refused.add(release.name);
      const remediation = { retries: 1, remediateLastFailure: true };
      await stage.apply(release.name, { ...stage.chart('faulty'), install: { remediation } });
      const stalled = await stage.until(
        release.name,
        (object) => conditionOf(object, 'Stalled') !== undefined,
        'stalls',
      );
      assert.equal(conditionOf(stalled, 'Stalled')!.reason, 'RetriesExceeded');
      assert.equal(conditionOf(stalled, 'Remediated')!.reason, 'UninstallSucceeded');
      assert.match(
        conditionOf(stalled, 'Ready')!.message,
        /Service.*admission webhook "refuses.example.com" denied.*not today/,
      );
      await release.isGone();
      refused.delete(release.name);
      await stage.request(release.name, { 'reconcile.fluxcd.io/resetAt': '' });
      await stage.ready(release.name);
      await release.agrees();
    });

    it('is waited for where the retries have no end', async () => {
      const release = made();
      refused.add(release.name);
      const install = { remediation: { retries: -1 } };
      await stage.apply(release.name, { ...stage.chart('faulty'), install });
      await stage.until(release.name, ({ status }) => (status?.installFailures ?? 0) > 1, 'fails twice');
      refused.delete(release.name);
      await stage.ready(release.name);
      await release.agrees();
    });

    it('is waited for where failures are retried in place', async () => {
      const release = made();
      refused.add(release.name);
      const strategy = { name: 'RetryOnFailure', retryInterval: '500ms' };
      const more = { install: { strategy }, upgrade: { strategy } };
      await stage.apply(release.name, { ...stage.chart('faulty'), ...more });
      await stage.until(release.name, (object) => (historyOf(object)[0]?.version ?? 0) > 1, 'is retried');
      refused.delete(release.name);
      await stage.ready(release.name);
      await release.agrees();
    });

    it('rolls back an upgrade, which succeeds when it is allowed', async () => {
      const release = made();
      refused.add(`${release.name} 81`);
      await brokenUpgrade(release);
      await stage.until(release.name, ({ status }) => (status?.upgradeFailures ?? 0) > 1, 'fails twice');
      refused.delete(`${release.name} 81`);
      await stage.ready(release.name);
      await release.agrees();
      assert.equal(await release.tag(), 'new');
    });

    it('goes back to the last good revision only, however often that is refused', async () => {
      const release = made();
      await brokenUpgrade(release);
      await stage.ready(release.name);
      refused.add(`${release.name} 82`).add(`${release.name} 81`);
      const { chart } = stage.chart('faulty');
      const upgrade = { remediation: { retries: -1 } };
      await stage.apply(release.name, { chart, upgrade, values: { tag: 'newer', port: 82 } });
      await stage.until(release.name, ({ status }) => (status?.failures ?? 0) > 4, 'is refused to go back');
      await stage.event(release.name, 'RollbackFailed');
      const told = (await stage.events(release.name)).filter(({ reason }) => reason === 'RollbackFailed');
      for (const { message } of told) assert.match(message, /^Helm rollback to previous release \S+\.v2 with /);
      refused.clear();
      await stage.ready(release.name);
      await release.agrees();
      assert.equal(await release.tag(), 'newer');
    });
  });
});

/** While the server comes up, a question may end without an answer. */
function again<T>(ask: () => Promise<T>): Promise<NonNullable<T>> {
  return until(ask, { timeout: 90_000, every: 200 });
}

/** Starts a server again; the API server too, which ends without its store. */
async function restart({ plane }: OwnCluster, victim: 'kube-apiserver' | 'etcd'): Promise<void> {
  await plane.start(victim);
  if (victim === 'etcd' && plane.pid('kube-apiserver') === undefined) await plane.start('kube-apiserver');
}
