// Every bad manifest gets one sentence that names the field and says what to do.
import assert from 'node:assert/strict';
import { errorPerField, formatFieldError } from '#api/derive/field-error';
import { ObjectValidator } from '#api/derive/validate';
import { allKinds } from '#api/scheme';
import { badManifests } from './bad-manifests/index.ts';
import { badObject } from './bad-manifests/row.ts';
import { kindNamed } from './kinds.ts';
import { validSpecs } from './valid-specs.ts';

describe('bad manifests', () => {
  for (const row of badManifests) {
    const { kind, version, change, error, hint } = row;
    const told = JSON.stringify(change);
    it(`${kind} ${version ?? ''} ${told.length > 100 ? `${told.slice(0, 100)}…` : told}`, async () => {
      const named = kindNamed(kind, version);
      const validator = new ObjectValidator(named.definition, named.version);
      const errors = errorPerField(validator.judge(badObject(row)).errors);
      assert.deepEqual(
        errors.map((found) => ({ error: formatFieldError(found), hint: found.hint })),
        [{ error, hint }],
      );
    });
  }

  it('stand for every kind', () => {
    assert.deepEqual([...new Set(badManifests.map(({ kind }) => kind))].toSorted(), Object.keys(validSpecs).toSorted());
    assert.ok(badManifests.length >= 60);
  });

  it('name the field first and end without a full stop', () => {
    for (const { error, hint } of badManifests) {
      assert.match(error, /^spec[\w.[\]]*: /u);
      assert.doesNotMatch(hint, /\.$|^$/u);
    }
  });
});

describe('good manifests', () => {
  for (const definition of allKinds) {
    for (const version of definition.versions) {
      it(`${definition.kind} ${version.name} has nothing wrong and nothing unknown`, async () => {
        const object = badObject({ kind: definition.kind, version: version.name, change: {} });
        const judged = new ObjectValidator(definition, version).judge(object);
        assert.deepEqual(judged.errors, []);
        assert.deepEqual(judged.unknownFields, []);
      });
    }
  }
});
