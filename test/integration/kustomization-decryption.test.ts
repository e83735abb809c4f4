// Decryption end to end: what SOPS encrypted arrives in the cluster in plain, or the object says why not and nothing else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ResourceRef, Unstructured } from '#kube/object';
import { TestKeyServices, wrapped } from '#test/sops/key-services';
import { keys } from '#test/sops/keys';
import { sealed } from '#test/sops/sealed';
import { useSharedCluster } from '#test/support/controlplane';
import { condition, configMap, Delivery, kustomizations, ready, type Files } from '#test/support/delivery';

const golden = path.join(import.meta.dirname, '../golden/sops/delivery.json');
const encrypted = JSON.parse(readFileSync(golden, 'utf8')) as Readonly<
  Record<'secret.yaml' | 'pgp.yaml' | 'app.env' | 'settings.yaml' | 'token' | 'patch.yaml' | 'config.yaml', string>
>;
const secrets: ResourceRef = { group: '', version: 'v1', plural: 'secrets', namespaced: true };
const decryption = { provider: 'sops', secretRef: { name: 'sops-keys' } };

function kustomization(content: object): string {
  return JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...content });
}

describe('Kustomizations with encrypted files', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  before(async () => {
    delivery = await (await Delivery.prepare(cluster())).start(['--sops-age-secret=global-keys']);
    await keySecret('sops-keys', { 'a.agekey': keys.age.identity, 'b.asc': keys.rsa.armored, 'other.txt': 'ignored' });
  });
  after(async () => {
    const told = [...delivery.log, ...(await eventsAndStatuses())].join('\n');
    await delivery.close();
    assert.deepEqual(told.match(/.{0,200}(?:hidden-|AGE-SECRET-KEY-|BEGIN PGP PRIVATE).{0,20}/g) ?? [], []);
    assert.match(told, /no identity matched/);
  });

  async function keySecret(name: string, data: Readonly<Record<string, string>>, labels = {}): Promise<void> {
    await delivery.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: delivery.namespace, labels },
      stringData: data,
    });
  }

  async function eventsAndStatuses(): Promise<string[]> {
    const list = [`--namespace=${delivery.namespace}`, '--output=json', 'get'];
    return [await delivery.kubectl.ok([...list, 'events']), await delivery.kubectl.ok([...list, 'kustomizations'])];
  }

  /** The entries of a Secret, decoded. */
  async function secret(name: string): Promise<Record<string, string> | undefined> {
    const object = await delivery.get<Unstructured & { data?: Record<string, string> }>(secrets, name);
    return (
      object &&
      Object.fromEntries(
        Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
      )
    );
  }

  async function delivered(name: string, files: Files, spec: object = { decryption }): Promise<void> {
    await delivery.source(name, files);
    await delivery.kustomization(name, { ...spec });
    await delivery.ready(name);
  }

  async function message(name: string, reason: string): Promise<string> {
    return ready(await delivery.failed(name, reason))?.message ?? '';
  }

  it('applies manifests in plain, of Secrets and of any kind, by age and by OpenPGP', async () => {
    const files = {
      'secret.yaml': encrypted['secret.yaml'],
      'pgp.yaml': encrypted['pgp.yaml'],
      'config.yaml': encrypted['config.yaml'],
    };
    await delivered('manifests', files, { decryption, commonMetadata: { labels: { team: 'shop' } } });
    assert.deepEqual(await secret('by-age'), { password: 'hidden-by-age', port: '5432' });
    assert.deepEqual(await secret('by-pgp'), { password: 'hidden-by-pgp', port: '5432' });
    assert.deepEqual(await delivery.data('any-kind'), { key: 'hidden-in-map' });
  });

  it('makes Secrets of encrypted variables and files, also of those of a component, and applies encrypted patches', async () => {
    await delivered('generators', {
      'kustomization.yaml': kustomization({
        resources: ['plain.yaml'],
        components: ['component'],
        generatorOptions: { disableNameSuffixHash: true },
        secretGenerator: [{ name: 'made', envs: ['app.env'], files: ['settings.yaml', 'renamed=token'] }],
        patches: [{ path: 'patch.yaml' }],
      }),
      'plain.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: plain\nstringData:\n  known: "yes"\n',
      'app.env': encrypted['app.env'],
      'settings.yaml': encrypted['settings.yaml'],
      token: encrypted['token'],
      'patch.yaml': encrypted['patch.yaml'],
      'component/kustomization.yaml': kustomization({
        apiVersion: 'kustomize.config.k8s.io/v1alpha1',
        kind: 'Component',
        generatorOptions: { disableNameSuffixHash: true },
        secretGenerator: [{ name: 'made-below', envs: ['more.env'] }],
      }),
      'component/more.env': encrypted['app.env'],
    });
    const variables = { USER: 'admin', PASSWORD: 'hidden-in-env' };
    assert.deepEqual(await secret('made'), {
      ...variables,
      'settings.yaml': 'db:\n    password: hidden-in-yaml\n',
      renamed: 'hidden-in-bytes\n',
    });
    assert.deepEqual(await secret('made-below'), variables);
    assert.deepEqual(await secret('plain'), { known: 'yes', added: 'hidden-in-patch' });
  });

  it('decrypts entries of a Secret one by one, in the format their names say', async () => {
    const data = { 'app.env': encrypted['app.env'], token: encrypted['token'], plain: 'as it is' };
    const entries = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    const manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'entries' },
      data: Object.fromEntries(entries),
    };
    await delivered('entries', { 'secret.yaml': JSON.stringify(manifest) });
    assert.deepEqual(await secret('entries'), {
      'app.env': 'USER=admin\nPASSWORD=hidden-in-env\n',
      token: 'hidden-in-bytes\n',
      plain: 'as it is',
    });
  });

  it('substitutes variables in what was decrypted', async () => {
    const files = { 'config.yaml': encrypted['config.yaml'], 'a.yaml': configMap('with-variable', { v: '${where}' }) };
    await delivered('substituted', files, {
      decryption,
      postBuild: { substitute: { where: 'here' } },
      namePrefix: 's-',
    });
    assert.deepEqual(await delivery.data('s-with-variable'), { v: 'here' });
    assert.deepEqual(await delivery.data('s-any-kind'), { key: 'hidden-in-map' });
  });

  it('asks Vault for keys, for files before the build and for objects after it', async () => {
    const services = await TestKeyServices.start();
    const sops = {
      hc_vault: [{ vault_address: services.vaultUrl, engine_path: 'sops/transit', key_name: 'shop', enc: wrapped }],
      mac: 'ENC[not looked at]',
      encrypted_regex: '^(stringData|password)$',
    };
    const { dataKey } = services;
    const password = sealed(dataKey, 'hidden-at-vault', 'stringData:password:');
    const manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'at-vault' },
      stringData: { password },
      sops,
    };
    const file = { password: sealed(dataKey, 'hidden-in-file', 'password:'), sops };
    await keySecret('vault', { 'sops.vault-token': 'vault-token' });
    await delivered(
      'at-vault',
      {
        'kustomization.yaml': kustomization({
          resources: ['secret.json'],
          generatorOptions: { disableNameSuffixHash: true },
          secretGenerator: [{ name: 'made-at-vault', files: ['file.json'] }],
        }),
        'secret.json': JSON.stringify(manifest),
        'file.json': JSON.stringify(file, undefined, 1),
      },
      { decryption: { provider: 'sops', secretRef: { name: 'vault' } } },
    );
    await services.stop();
    assert.deepEqual(await secret('at-vault'), { password: 'hidden-at-vault' });
    assert.deepEqual(await secret('made-at-vault'), { 'file.json': '{\n\t"password": "hidden-in-file"\n}\n' });
    assert.equal(services.requests.length, 1);
  });

  it('takes the age keys of the flag where no Secret is named', async () => {
    await keySecret('global-keys', { 'a.agekey': keys.age.identity, 'b.asc': 'not looked at' });
    await delivered(
      'global',
      { 'config.yaml': encrypted['config.yaml'] },
      { decryption: { provider: 'sops' }, namePrefix: 'global-' },
    );
    assert.deepEqual(await delivery.data('global-any-kind'), { key: 'hidden-in-map' });
  });

  it('says which key does not fit, and reconciles at once when the Secret has the right one', async () => {
    const watched = { 'reconcile.fluxcd.io/watch': 'Enabled' };
    await keySecret('changing', { 'a.agekey': keys.stranger.identity }, watched);
    await delivery.source('wrong', { 'secret.yaml': encrypted['secret.yaml'] });
    const named = { provider: 'sops', secretRef: { name: 'changing' } };
    await delivery.kustomization('wrong', { decryption: named, namePrefix: 'later-' });
    assert.equal(
      await message('wrong', 'BuildFailed'),
      `decryption failed for 'Secret.v1.[noGrp]/later-by-age': failed to decrypt and format '${delivery.namespace}/later-by-age' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.

Group 0: FAILED
  ${keys.age.recipient}: FAILED
    - | failed to create reader for decrypting sops data key with
      | age: no identity matched any of the recipients

Recovery failed because no master key was able to decrypt the file. In
order for SOPS to recover the file, at least one key has to be successful,
but none were.`,
    );
    assert.equal(await secret('later-by-age'), undefined);
    await keySecret('changing', { 'a.agekey': keys.age.identity }, watched);
    await delivery.ready('wrong');
    assert.deepEqual(await secret('later-by-age'), { password: 'hidden-by-age', port: '5432' });
  });

  it('says that the Secret is not there, or that an entry is no key', async () => {
    await delivery.source('keyless', { 'secret.yaml': encrypted['secret.yaml'] });
    await delivery.kustomization('keyless', { decryption: { provider: 'sops', secretRef: { name: 'nowhere' } } });
    assert.equal(await message('keyless', 'BuildFailed'), 'secrets "nowhere" not found');
    await keySecret('nowhere', { 'typo.agekey': 'AGE-SECRET-KEY-1TYPO' });
    await delivery.reconcile('keyless');
    assert.equal(
      await message('keyless', 'BuildFailed'),
      `failed to import 'typo.agekey' data from sops decryption Secret '${delivery.namespace}/nowhere': failed to parse and add to age identities: malformed secret key`,
    );
  });

  it('refuses a Secret that is still encrypted', async () => {
    await delivery.source('still', { 'secret.yaml': encrypted['secret.yaml'] });
    await delivery.kustomization('still', { namePrefix: 'still-' });
    assert.equal(
      await message('still', 'ReconciliationFailed'),
      `Secret/${delivery.namespace}/still-by-age is SOPS encrypted, configuring decryption is required for this secret to be reconciled`,
    );
  });

  it('says which file it could not decrypt the sources with', async () => {
    await delivery.source('sources', {
      'kustomization.yaml': kustomization({ secretGenerator: [{ name: 'made', envs: ['missing.env'] }] }),
    });
    await delivery.kustomization('sources', { decryption });
    assert.equal(
      await message('sources', 'BuildFailed'),
      'error decrypting sources: lstat missing.env: no such file or directory',
    );
  });

  it('quotes nothing of what was encrypted when it does not fit where it goes', async () => {
    await delivery.source('quoted', {
      'kustomization.yaml': kustomization({ secretGenerator: [{ name: 'made', envs: ['settings.yaml'] }] }),
      'settings.yaml': encrypted['settings.yaml'],
    });
    await delivery.kustomization('quoted', { decryption });
    assert.match(await message('quoted', 'ReconciliationFailed'), /: an entry of data has a name that is not made of /);
  });

  it('leaves alone what is annotated so', async () => {
    const annotations = { 'kustomize.toolkit.fluxcd.io/decrypt': 'Disabled' };
    const metadata = { name: 'left', annotations };
    const data = { token: Buffer.from(encrypted['token']).toString('base64') };
    await delivered('left', { 'secret.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, data }) });
    assert.deepEqual(await secret('left'), { token: encrypted['token'] });
  });

  it('stalls when a ServiceAccount is named and the gate for that is closed', async () => {
    await delivery.source('gated', { 'secret.yaml': encrypted['secret.yaml'] });
    await delivery.kustomization('gated', { decryption: { provider: 'sops', serviceAccountName: 'decryptor' } });
    const object = await delivery.failed('gated', 'FeatureGateDisabled');
    assert.equal(condition(object, 'Stalled')?.status, 'True');
    assert.equal(
      ready(object)?.message,
      'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    );
    await delivery.patch(kustomizations, 'gated', {
      spec: { decryption: { ...decryption, serviceAccountName: null } },
    });
    await delivery.ready('gated');
  });
});

describe('Kustomizations whose ServiceAccount logs in to Vault', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  let services: TestKeyServices;
  before(async () => {
    services = await TestKeyServices.start();
    const flags = ['--feature-gates=ObjectLevelWorkloadIdentity=true', '--sops-vault-configmap=vaults'];
    delivery = await (await Delivery.prepare(cluster())).start(flags);
  });
  after(async () => {
    await delivery.close();
    await services.stop();
  });

  it('decrypts with the keys of the Vaults a ConfigMap names', async () => {
    const sops = {
      hc_vault: [{ vault_address: services.vaultUrl, engine_path: 'sops/transit', key_name: 'shop', enc: wrapped }],
      mac: 'ENC[not looked at]',
      encrypted_regex: '^stringData$',
    };
    const password = sealed(services.dataKey, 'hidden', 'stringData:password:');
    const manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' }, stringData: { password }, sops };
    await delivery.source('login', {
      'secret.json': JSON.stringify(manifest),
      'kustomization.yaml': kustomization({ resources: ['secret.json'] }),
    });
    const metadata = { namespace: delivery.namespace };
    await delivery.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, name: 'decryptor' } });
    await delivery.kustomization('login', { decryption: { provider: 'sops', serviceAccountName: 'decryptor' } });
    const failed = await delivery.failed('login', 'BuildFailed');
    assert.match(
      (ready(failed)?.message ?? '').replaceAll(/\n\s+\| /g, ' '),
      /failed to get Vault ConfigMap 'delivery-\w+\/vaults': configmaps "vaults" not found/,
    );
    const config = { instances: [{ address: services.vaultUrl, loginPath: 'auth/kubernetes/login' }] };
    const data = { 'config.yaml': JSON.stringify(config) };
    await delivery.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, name: 'vaults' }, data });
    await delivery.reconcile('login');
    await delivery.ready('login');
    const secret = await delivery.get<Unstructured & { data?: Record<string, string> }>(secrets, 'login');
    assert.deepEqual(secret?.data, { password: Buffer.from('hidden').toString('base64') });
  });
});
