// The real API server takes every definition of ours, prints its columns, explains its fields and publishes it.
import assert from 'node:assert/strict';
import { crdName } from '#api/derive/crd';
import { openApiComponents } from '#api/derive/openapi';
import { objectSchema, storageVersion } from '#api/kind';
import { allKinds } from '#api/scheme';
import { useSharedCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';
import { badObject } from '../api/bad-manifests/row.ts';
import { installCrds } from '#test/support/crds';

interface Crd {
  readonly status: {
    readonly storedVersions: readonly string[];
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}

type Component = Readonly<Record<string, unknown>>;

/** Without descriptions; the API server has its own for the fields that every kind has. */
function undescribed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(undescribed);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value).filter(([key, child]) => key !== 'description' || typeof child !== 'string');
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, child]) => [key, undescribed(child)]),
  );
}

describe('custom resource definitions on the API server', function () {
  this.timeout(120_000);
  const cluster = useSharedCluster();

  before(async () => {
    await installCrds(cluster().kubectl);
  });

  for (const definition of allKinds) {
    const { kind, group, plural, shortNames = [] } = definition;

    it(`${kind} is established, structural, and stored as ${storageVersion(definition).name}`, async () => {
      const { status } = await cluster().kubectl.get<Crd>(['crd', crdName(definition)]);
      const conditions = Object.fromEntries(status.conditions.map(({ type, status: holds }) => [type, holds]));
      assert.equal(conditions['Established'], 'True');
      assert.equal(conditions['NamesAccepted'], 'True');
      assert.equal(conditions['NonStructuralSchema'], undefined);
      assert.deepEqual(status.storedVersions, [storageVersion(definition).name]);
    });

    it(`${kind} is found by its names, and its fields are explained in our words`, async () => {
      const { kubectl } = cluster();
      for (const name of [plural, kind.toLowerCase(), ...shortNames]) {
        await until(() =>
          kubectl
            .ok(['get', `${name}.${group}`, '-A'])
            .catch(() => kubectl.ok(['get', name, '-A']))
            .then(() => true),
        );
      }
      const explained = await kubectl.ok(['explain', `${plural}.${group}`]);
      assert.ok(explained.replaceAll(/\s+/gu, ' ').includes(definition.description), explained);
    });

    it(`${kind} is published as our OpenAPI says`, async () => {
      const { name, deprecationWarning } = storageVersion(definition);
      assert.equal(deprecationWarning, undefined);
      const text = await cluster().kubectl.ok(['get', '--raw', `/openapi/v3/apis/${group}/${name}`]);
      const published = (JSON.parse(text) as { components: { schemas: Record<string, Component> } }).components.schemas;
      const schema = objectSchema(definition, storageVersion(definition));
      const mine = openApiComponents({ group, version: name, kind, schema });
      for (const [component, declared] of Object.entries(mine)) {
        assert.deepEqual(undescribed(declared), undescribed(published[component]), component);
      }
    });

    for (const version of definition.versions.filter(({ deprecationWarning }) => deprecationWarning !== undefined)) {
      it(`${kind} ${version.name} is served with its warning`, async () => {
        const { kubectl, namespace } = cluster();
        const object = badObject({ kind, version: version.name, change: {} });
        const metadata = { name: 'old', namespace: await namespace('old') };
        const { stderr, status } = await kubectl.apply({ ...object, metadata }, ['--dry-run=server']);
        assert.equal(status, 0, stderr);
        assert.ok(stderr.includes(`Warning: ${version.deprecationWarning ?? ''}`), stderr);
      });
    }
  }
});
