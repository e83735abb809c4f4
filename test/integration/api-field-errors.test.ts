// Our validators against a real API server that holds our definitions: the same field errors, the same stored objects.
import assert from 'node:assert/strict';
import { Agent, request } from 'undici';
import { formatFieldError } from '#api/derive/field-error';
import { ObjectValidator } from '#api/derive/validate';
import { objectSchema } from '#api/kind';
import type { KindDefinition, KindVersion } from '#api/kind';
import { allKinds } from '#api/scheme';
import { useSharedCluster } from '#test/support/controlplane';
import { badManifests } from '../api/bad-manifests/index.ts';
import { badObject } from '../api/bad-manifests/row.ts';
import { kindNamed } from '../api/kinds.ts';
import { mutant, randomFrom } from '../api/mutants.ts';
import { installCrds } from '#test/support/crds';

interface Answer {
  readonly code: number;
  readonly body: {
    readonly message?: string;
    readonly details?: { readonly causes?: readonly { readonly field?: string; readonly message: string }[] };
    readonly spec?: unknown;
  };
}

/** Object keys in order, for comparing what is stored. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(ordered);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, ordered(child)]),
  );
}

// The API server walks a Go map, so the order of its causes is random.
function causes({ body }: Answer): readonly string[] {
  return [
    ...new Set((body.details?.causes ?? []).map(({ field, message }) => `${field ?? ''}: ${message}`)),
  ].toSorted();
}

function collection({ group, plural }: KindDefinition, { name }: KindVersion): string {
  return `/apis/${group}/${name}/namespaces/default/${plural}`;
}

describe('field errors', function () {
  this.timeout(120_000);
  const cluster = useSharedCluster();
  let agent: Agent;

  before(async () => {
    const { ca, cert, key } = cluster().admin;
    agent = new Agent({ connections: 8, connect: { ca, cert, key } });
    await installCrds(cluster().kubectl);
  });

  after(async () => {
    await agent?.close();
  });

  async function send(method: 'POST' | 'PUT', path: string, object: unknown): Promise<Answer> {
    const url = `${cluster().admin.server}${path}?dryRun=All&fieldValidation=Ignore`;
    const { statusCode, body } = await request(url, {
      method,
      dispatcher: agent,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(object),
    });
    return { code: statusCode, body: (await body.json()) as Answer['body'] };
  }

  async function compare(definition: KindDefinition, version: KindVersion, object: Record<string, unknown>) {
    const judged = new ObjectValidator(definition, version).judge(object);
    const answer = await send('POST', collection(definition, version), object);
    const mine = [...new Set(judged.errors.map(formatFieldError))].toSorted();
    const text = `${definition.kind} ${version.name} ${JSON.stringify(object['spec'])}: ${answer.body.message ?? ''}`;
    assert.deepEqual(mine, causes(answer), text);
    assert.equal(answer.code, mine.length === 0 ? 201 : 422, text);
    // What is stored in an older version also gets the storage version's defaults.
    if (mine.length === 0 && version.storage === true) {
      assert.deepEqual(ordered(judged.object['spec']), ordered(answer.body.spec), text);
    }
    return mine.length;
  }

  it('are the same for every bad manifest of the tables', async () => {
    for (const row of badManifests) {
      const { definition, version } = kindNamed(row.kind, row.version);
      assert.ok((await compare(definition, version, badObject(row))) > 0);
    }
  });

  it('are none, with the same defaults, for every good manifest', async () => {
    for (const definition of allKinds) {
      for (const version of definition.versions) {
        const object = badObject({ kind: definition.kind, version: version.name, change: {} });
        assert.equal(await compare(definition, version, object), 0);
      }
    }
  });

  it('are the same for random objects of every kind', async () => {
    const random = randomFrom(20261123);
    let good = 0;
    for (let round = 0; round < 30; round += 1) {
      for (const definition of allKinds) {
        for (const version of definition.versions) {
          const schema = objectSchema(definition, version).properties?.['spec'] ?? {};
          // Half of them nearly right, so that rules between fields get their turn.
          const spec = mutant(schema, random, round % 2 === 0 ? 0.06 : 0.005);
          const object = {
            apiVersion: `${definition.group}/${version.name}`,
            kind: definition.kind,
            metadata: { name: 'mutant', namespace: 'default' },
            spec,
          };
          good += (await compare(definition, version, object)) === 0 ? 1 : 0;
        }
      }
    }
    assert.ok(good > 30, `only ${good} random objects were right`);
  });

  it('are the same for a status, its times included', async () => {
    const { kubectl, namespace } = cluster();
    const name = await namespace('status');
    const { definition, version } = kindNamed('GitRepository');
    const object = {
      ...badObject({ kind: 'GitRepository', change: {} }),
      metadata: { name: 'app', namespace: name },
    };
    const applied = await kubectl.apply(object);
    assert.equal(applied.status, 0, applied.stderr);
    const { metadata } = await kubectl.get(['-n', name, 'gitrepository', 'app']);
    const validator = new ObjectValidator(definition, version);
    const path = `/apis/${definition.group}/${version.name}/namespaces/${name}/${definition.plural}/app/status`;
    const good = {
      type: 'Ready',
      status: 'True',
      reason: 'Succeeded',
      message: 'm',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const statuses = [
      { conditions: [good] },
      { conditions: [{ ...good, lastTransitionTime: '2026-02-30T00:00:00Z' }] },
      { conditions: [{ ...good, lastTransitionTime: '2024-02-29t23:59:59.123+01:00' }] },
      { conditions: [{ ...good, lastTransitionTime: '2026-01-01 00:00:00' }] },
      { conditions: [{ ...good, lastTransitionTime: '2026-01-01T24:00:00Z' }] },
      { conditions: [{ ...good, lastTransitionTime: null }] },
      { conditions: [{ ...good, status: 'Yes', reason: '', type: 'not a type' }] },
      { conditions: [{ ...good, observedGeneration: -1 }], observedGeneration: 1.5 },
      { artifact: { digest: 'none', path: 'a', revision: 'b', url: 'c', size: '1' } },
    ];
    for (const status of statuses) {
      const sent = { ...object, metadata, status };
      const answer = await send('PUT', path, sent);
      // A status is judged by itself: its own part of a text does not name it.
      const mine = validator
        .judge(sent)
        .errors.map((error) => formatFieldError(error).replaceAll(': status.', ': '))
        .toSorted();
      assert.deepEqual(mine, causes(answer), JSON.stringify(status));
    }
  });
});
