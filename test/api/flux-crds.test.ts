// Our custom resource definitions against those of Flux: equal to 2.7's but for what newer versions add and for the
// descriptions, which are our own; versions that 2.9 still serves equal to 2.9's. Where the definitions themselves are
// not at hand, digests of the constraints that they put on each version take their place.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { crdName, customResourceDefinition } from '#api/derive/crd';
import type { CustomResourceDefinition } from '#api/derive/crd';
import type { KindDefinition } from '#api/kind';
import { allKinds } from '#api/scheme';
import { skip } from '#test/support/skip';

const root = path.resolve(import.meta.dirname, '../..');
const fixtures = path.join(root, '../shared/fixtures');
const additionsFile = path.join(root, 'test/golden/api/added-since-flux-2.7.json');
const digestsFile = path.join(root, 'test/golden/api/flux-crds.json');

/** Differences from 2.9 that we mean, each with its reason. */
const deviations: Readonly<Record<string, string>> = {
  // 2.7 accepts such objects and ignores the field; a stored one must stay writable. Admission warns in its place.
  'HelmChart v1 x-kubernetes-validations': 'the rule of 2.8 that verify needs a HelmRepository is a warning here',
};

/** Kinds that are not Flux's. */
const ours = ['HelmPullRequest'];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Without descriptions, keys in order, and words whose order says nothing in order too. */
function normal(value: unknown): Json {
  if (Array.isArray(value)) {
    return value.map(normal);
  }
  if (typeof value !== 'object' || value === null) {
    return value as Json;
  }
  const entries = Object.entries(value)
    .filter(([key, child]) => !(key === 'description' && typeof child === 'string'))
    .map(([key, child]): [string, Json] => {
      const isSet = (key === 'required' || key === 'enum') && Array.isArray(child);
      return [key, isSet ? [...(child as string[])].toSorted() : normal(child)];
    });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function load(release: string, definition: KindDefinition): CustomResourceDefinition {
  const file = path.join(fixtures, release, 'crds', `${crdName(definition)}.yaml`);
  return parse(readFileSync(file, 'utf8')) as CustomResourceDefinition;
}

/** What both sides say of a version, but for what a deviation is known for. */
function comparable(kind: string, version: CustomResourceDefinition['spec']['versions'][number]): Json {
  const text = structuredClone(normal(version)) as { [key: string]: Json };
  if (`${kind} ${version.name} x-kubernetes-validations` in deviations) {
    const schema = text['schema'] as { openAPIV3Schema: { properties: { spec: { [key: string]: Json } } } };
    delete schema.openAPIV3Schema.properties.spec['x-kubernetes-validations'];
  }
  return text;
}

function skipWithoutFixtures(context: Mocha.Context): void {
  if (!existsSync(fixtures)) {
    skip(context, "Flux's own definitions are not at hand");
  }
}

function digest(value: Json): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** Where two definitions differ, each place with what kind of difference it is. */
function differences(before: Json | undefined, after: Json | undefined, at: string): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) {
    return [];
  }
  if (before === undefined || after === undefined) {
    return [`${at}: ${before === undefined ? 'added' : 'removed'}`];
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, current] = [before, after].map((list) => list.map((item) => JSON.stringify(item)));
    const words = [
      ...(current ?? []).filter((item) => !old?.includes(item)).map((item) => `added ${item}`),
      ...(old ?? []).filter((item) => !current?.includes(item)).map((item) => `removed ${item}`),
    ];
    return [`${at}: ${words.join(', ')}`];
  }
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) {
    return [`${at}: ${JSON.stringify(before)} is now ${JSON.stringify(after)}`];
  }
  const [old, current] = [before as Record<string, Json>, after as Record<string, Json>];
  return [...new Set([...Object.keys(old), ...Object.keys(current)])]
    .toSorted()
    .flatMap((key) => differences(old[key], current[key], key === 'properties' ? at : `${at}.${key}`));
}

const fluxKinds = allKinds.filter(({ kind }) => !ours.includes(kind));

function ourVersions(): Record<string, string> {
  return Object.fromEntries(
    fluxKinds.flatMap((definition) =>
      customResourceDefinition(definition).spec.versions.map((version): [string, string] => [
        `${definition.kind} ${version.name}`,
        digest(comparable(definition.kind, version)),
      ]),
    ),
  );
}

describe('custom resource definitions', () => {
  it('are fifteen kinds of Flux in twenty-eight versions', () => {
    assert.equal(fluxKinds.length, 15);
    assert.equal(Object.keys(ourVersions()).length, 28);
  });

  it('have the recorded constraints in every version', () => {
    assert.deepEqual(ourVersions(), JSON.parse(readFileSync(digestsFile, 'utf8')));
  });

  for (const definition of fluxKinds) {
    describe(definition.kind, () => {
      const mine = customResourceDefinition(definition);

      before(function () {
        skipWithoutFixtures(this);
      });

      it('has the names and the scope of Flux', () => {
        const theirs = load('flux-v2.9', definition).spec;
        assert.deepEqual(normal(mine.spec.names), normal(theirs.names));
        assert.equal(mine.spec.scope, theirs.scope);
      });

      it('serves and stores the versions of Flux 2.7, with its deprecations', () => {
        const shape = ({
          name,
          served,
          storage,
          deprecated,
          deprecationWarning,
        }: (typeof mine.spec.versions)[number]) => ({
          name,
          served,
          storage,
          deprecated,
          deprecationWarning,
        });
        assert.deepEqual(mine.spec.versions.map(shape), load('flux-v2.7', definition).spec.versions.map(shape));
      });

      it('constrains as Flux does', () => {
        const newer = load('flux-v2.9', definition).spec.versions;
        for (const older of load('flux-v2.7', definition).spec.versions) {
          const expected = newer.find(({ name }) => name === older.name) ?? older;
          const actual = mine.spec.versions.find(({ name }) => name === older.name);
          assert.ok(actual, older.name);
          assert.deepEqual(comparable(definition.kind, actual), comparable(definition.kind, expected));
        }
      });
    });
  }

  it('add to Flux 2.7 only what is listed', function () {
    skipWithoutFixtures(this);
    const found = fluxKinds.flatMap((definition) => {
      const mine = customResourceDefinition(definition).spec.versions;
      return load('flux-v2.7', definition).spec.versions.flatMap((older) => {
        const at = `${definition.kind} ${older.name}`;
        const version = mine.find(({ name }) => name === older.name);
        return differences(normal(older), version === undefined ? undefined : normal(version), at);
      });
    });
    const short = found.map((line) => line.replace('.schema.openAPIV3Schema', ''));
    assert.deepEqual(short, JSON.parse(readFileSync(additionsFile, 'utf8')));
  });

  it('describe every field in a sentence of their own', () => {
    const lacking: string[] = [];
    const walk = (schema: Json, at: string): void => {
      if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
        return;
      }
      for (const [name, child] of Object.entries((schema['properties'] ?? {}) as Record<string, Json>)) {
        const text = (child as { description?: string }).description ?? '';
        if (!/^(spec\.|[A-Z`]).*\.$/su.test(text)) {
          lacking.push(`${at}${name}`);
        }
        walk(child, `${at}${name}.`);
      }
      walk(schema['items'] ?? null, at);
      walk(schema['additionalProperties'] ?? null, at);
    };
    for (const definition of allKinds) {
      for (const version of customResourceDefinition(definition).spec.versions) {
        walk(version.schema.openAPIV3Schema as unknown as Json, `${definition.kind}/${version.name}.`);
      }
    }
    const standard = /^[^.]+\.metadata$/u;
    assert.deepEqual(
      lacking.filter((field) => !standard.test(field)),
      [],
    );
  });
});
