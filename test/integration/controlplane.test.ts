// The shared control plane: what every other integration test takes for granted.
import assert from 'node:assert/strict';
import { useSharedCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';

describe('shared control plane', () => {
  const cluster = useSharedCluster();

  it('is Kubernetes 1.35 and answers the real kubectl', async () => {
    const version = JSON.parse(await cluster().kubectl.ok(['version', '-o', 'json'])) as {
      clientVersion: { gitVersion: string };
      serverVersion: { gitVersion: string };
    };
    assert.equal(version.serverVersion.gitVersion, 'v1.35.4');
    assert.equal(version.clientVersion.gitVersion, 'v1.35.2');
  });

  it('serves the kinds of Sluice', async () => {
    const kinds = await cluster().kubectl.ok(['api-resources', '--api-group=source.toolkit.fluxcd.io', '-o', 'name']);
    assert.match(kinds, /^gitrepositories\.source\.toolkit\.fluxcd\.io$/m);
  });

  it('its controllers run: a namespace gets its service account, and a deleted one goes away', async () => {
    const { kubectl, namespace } = cluster();
    const name = await namespace();
    await until(() => kubectl.ok(['-n', name, 'get', 'serviceaccount', 'default']));
    const applied = await kubectl.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: name },
      data: { a: '1' },
    });
    assert.equal(applied.stdout, 'configmap/settings created\n');
    await kubectl.ok(['delete', 'namespace', name, '--wait']);
    assert.match((await kubectl.run(['get', 'namespace', name])).stderr, /NotFound/);
  });

  it('gives a user only what RBAC grants', async () => {
    const { kubectl, userKubeconfig, namespace } = cluster();
    const name = await namespace();
    const env = { KUBECONFIG: await userKubeconfig({ name: 'jane', groups: ['readers'] }) };
    const refused = await kubectl.run(['-n', name, 'get', 'configmaps'], { env });
    assert.match(refused.stderr, /Forbidden.*User "jane" cannot list resource "configmaps"/);
    await kubectl.ok(['-n', name, 'create', 'rolebinding', 'readers', '--clusterrole=view', '--group=readers']);
    await until(() => kubectl.ok(['-n', name, 'get', 'configmaps'], { env }));
  });

  it('publishes what an aggregated API server needs to trust it', async () => {
    const config = await cluster().kubectl.get<{ data: Record<string, string> }>([
      '-n',
      'kube-system',
      'configmap',
      'extension-apiserver-authentication',
    ]);
    assert.equal(config.data['requestheader-allowed-names'], '["front-proxy-client"]');
    assert.equal(config.data['requestheader-uid-headers'], '["X-Remote-Uid"]');
    assert.match(config.data['client-ca-file'] ?? '', /BEGIN CERTIFICATE/);
    assert.notEqual(config.data['requestheader-client-ca-file'], config.data['client-ca-file']);
  });
});
