// Clusters reached by identity: the tokens of ServiceAccounts, exchanged at clouds that verify them, let into a second
// real API server that verifies them again.
import assert from 'node:assert/strict';
import { useOwnCluster, useSharedCluster } from '#test/support/controlplane';
import { configMap, configMaps, Delivery, ready } from '#test/support/delivery';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import type { Unstructured } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import { until } from '#test/support/wait';
import { Federation, remoteAudience } from './second-cluster.ts';

const arn = 'arn:aws:eks:eu-west-1:123456789012:cluster/second';
const role = 'arn:aws:iam::123456789012:role/deployer';
const aks =
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/group/providers/Microsoft.ContainerService/managedClusters/second';
const gke = 'projects/project/locations/europe-west1/clusters/second';
const googleProvider = 'projects/1234/locations/global/workloadIdentityPools/pool/providers/hub';
const googleAccount = 'deployer@project.iam.gserviceaccount.com';
const gate = '--feature-gates=ObjectLevelWorkloadIdentity=true';

describe('clusters reached by identity', function () {
  this.timeout(90_000);
  const hub = useSharedCluster();
  let federation: Federation;
  before(async () => {
    federation = await Federation.start(hub(), 'second');
  });
  after(() => federation.stop());
  const second = useOwnCluster({
    get extraArgs() {
      return federation.extraArgs;
    },
  });
  let delivery: Delivery;
  let remote: KubeClient;
  before(async () => {
    const { server, ca } = second().admin;
    for (const id of [arn, aks, gke]) federation.clouds.clusters.set(id, { server, ca });
    remote = new KubeClient(await loadConfig({ env: {}, kubeconfig: second().kubeconfigPath }));
    delivery = await Delivery.prepare(hub(), [gate, '--token-cache-max-size=50', '--token-cache-max-duration=1h']);
    await second().kubectl.ok(['create', 'namespace', delivery.namespace]);
    await delivery.start([], { HTTPS_PROXY: federation.clouds.proxyUrl });
  });
  after(async () => {
    await delivery.close();
    await remote.close();
  });

  /** An account that the clouds let be `who`, and that may do anything in the second cluster as `user`. */
  async function account(name: string, annotations: object, trust: { who?: string; user: string }): Promise<void> {
    const { namespace } = delivery;
    await delivery.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, annotations } });
    if (trust.who !== undefined) federation.clouds.trust.set(`system:serviceaccount:${namespace}:${name}`, trust.who);
    await second().kubectl.ok([
      'create',
      'clusterrolebinding',
      name,
      '--clusterrole=cluster-admin',
      `--user=${trust.user}`,
    ]);
  }

  async function kubeConfig(name: string, data: Record<string, string>): Promise<object> {
    const metadata = { name, namespace: delivery.namespace };
    await delivery.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    return { configMapRef: { name } };
  }

  async function remoteData(name: string): Promise<Record<string, string> | undefined> {
    try {
      const key = { namespace: delivery.namespace, name };
      return (await remote.get<Unstructured & { data?: Record<string, string> }>(configMaps, key)).data;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function deliver(name: string, data: Record<string, string>): Promise<void> {
    await delivery.source(name, { 'a.yaml': configMap(`${name}-a`, { key: 'one' }) });
    await delivery.kustomization(name, { kubeConfig: await kubeConfig(`${name}-cluster`, data), wait: true });
  }

  /** Applied there and not here; gone there when the Kustomization goes. */
  async function isDeliveredAndPruned(name: string): Promise<void> {
    await delivery.ready(name);
    assert.equal((await remoteData(`${name}-a`))?.['key'], 'one');
    assert.equal(await delivery.data(`${name}-a`), undefined);
    await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'kustomization', name]);
    assert.equal(await remoteData(`${name}-a`), undefined);
  }

  function noSecretsIn(text: string): void {
    for (const secret of federation.clouds.secrets) assert.equal(text.includes(secret), false, 'a token was shown');
    assert.doesNotMatch(text, /k8s-aws-v1|eyJhbGciOi/);
  }

  it('generic: a token for the audiences of the ConfigMap, at its address, with its authority', async () => {
    await account('generic', {}, { user: `hub:system:serviceaccount:${delivery.namespace}:generic` });
    const { server, ca } = second().admin;
    await deliver('generic', {
      provider: 'generic',
      address: server,
      'ca.crt': ca,
      audiences: `\n  ${remoteAudience}\nsomebody-else\n`,
      serviceAccountName: 'generic',
    });
    await isDeliveredAndPruned('generic');
  });

  it('aws: a role for the token, the cluster by DescribeCluster, a signed question as its token', async () => {
    await account('aws', { 'eks.amazonaws.com/role-arn': role }, { who: role, user: role });
    await deliver('aws', { provider: 'aws', cluster: arn, serviceAccountName: 'aws' });
    await isDeliveredAndPruned('aws');
    const asked = federation.clouds.requests.filter((request) => request.includes('amazonaws.com'));
    assert.deepEqual(asked, ['POST sts.eu-west-1.amazonaws.com/', 'GET eks.eu-west-1.amazonaws.com/clusters/second']);
  });

  it('azure: a federated token, the cluster by its credentials list, the address picking among them', async () => {
    const annotations = {
      'azure.workload.identity/tenant-id': 'tenant',
      'azure.workload.identity/client-id': 'client',
    };
    await account('azure', annotations, { who: 'tenant/client', user: 'tenant/client' });
    const { server } = second().admin;
    await deliver('azure', { provider: 'azure', cluster: aks, address: server, serviceAccountName: 'azure' });
    await isDeliveredAndPruned('azure');
  });

  it('gcp: the token service, then the service account to act as, and the cluster by its name', async () => {
    const annotations = {
      'gcp.auth.fluxcd.io/workload-identity-provider': googleProvider,
      'iam.gke.io/gcp-service-account': googleAccount,
    };
    await account('gcp', annotations, { who: googleAccount, user: googleAccount });
    await deliver('gcp', { provider: 'gcp', cluster: gke, serviceAccountName: 'gcp' });
    await isDeliveredAndPruned('gcp');
  });

  it('says what a cloud refuses, and shows no token anywhere', async () => {
    await account('stranger', { 'eks.amazonaws.com/role-arn': `${role}2` }, { user: 'nobody' });
    await deliver('stranger', { provider: 'aws', cluster: arn, serviceAccountName: 'stranger' });
    const object = await delivery.failed('stranger', 'ReconciliationFailed');
    assert.match(
      ready(object)?.message ?? '',
      /^failed to get access token for cluster: failed to create provider access token for service account '.+\/stranger': AWS STS AssumeRoleWithWebIdentity: sts\.eu-west-1\.amazonaws\.com answered 403: Refused: Not authorized to perform sts:AssumeRoleWithWebIdentity$/,
    );
    const status = await delivery.kubectl.ok(['-n', delivery.namespace, 'get', 'kustomizations,events', '-o', 'json']);
    noSecretsIn(status + delivery.log.join(''));
  });

  it('names the field that is wrong', async () => {
    await account('plain', {}, { user: 'nobody-else' });
    const cases: readonly (readonly [string, Record<string, string>, RegExp])[] = [
      ['provider', { provider: 'other' }, /^provider 'other' not implemented/],
      ['arn', { provider: 'aws', cluster: 'second' }, /^invalid EKS cluster ARN: 'second'\. must match \^arn:aws/],
      ['address', { provider: 'generic', serviceAccountName: 'plain' }, /^cluster address is required/],
      [
        'http',
        { provider: 'generic', address: 'http://127.0.0.1', serviceAccountName: 'plain' },
        /must use https scheme$/,
      ],
      [
        'role',
        { provider: 'aws', cluster: arn, serviceAccountName: 'plain' },
        /invalid eks\.amazonaws\.com\/role-arn annotation: ''\. must match/,
      ],
      [
        'account',
        { provider: 'aws', cluster: arn, serviceAccountName: 'missing' },
        /^failed to get service account '.+\/missing': serviceaccounts "missing" not found$/,
      ],
    ];
    await delivery.source('fields', { 'a.yaml': configMap('fields-a') });
    for (const [name, data, message] of cases) {
      const reference = await kubeConfig(`field-${name}`, data);
      await delivery.kustomization('fields', { kubeConfig: reference });
      await delivery.when('fields', (object) => message.test(ready(object)?.message ?? ''));
    }
  });

  it('asks nobody anything while nothing changes, and is woken by a changed ConfigMap', async () => {
    await account('quiet', { 'eks.amazonaws.com/role-arn': role }, { who: role, user: 'unused' });
    await deliver('quiet', { provider: 'aws', cluster: arn, serviceAccountName: 'quiet' });
    await delivery.ready('quiet');
    // Objects of other tests may be tried again.
    const isQuiet = async (): Promise<boolean> => {
      const before = federation.clouds.requests.length;
      for (let turn = 0; turn < 3; turn++) await delivery.reconcile('quiet');
      return federation.clouds.requests.length === before;
    };
    await until(isQuiet, { what: 'three reconciles without a request' });
    await kubeConfig('quiet-cluster', { provider: 'aws', cluster: `${arn}x`, serviceAccountName: 'quiet' });
    const failed = await delivery.failed('quiet', 'ReconciliationFailed');
    assert.match(ready(failed)?.message ?? '', /failed to describe EKS cluster '.+secondx': AWS EKS DescribeCluster/);
    await kubeConfig('quiet-cluster', { provider: 'aws', cluster: arn, serviceAccountName: 'quiet' });
    await delivery.ready('quiet');
    await until(async () => (await remoteData('quiet-a')) !== undefined);
  });
});
