// Bad manifests that only the rules refuse: the schema has nothing to say of them, and the rules say one sentence.
import assert from 'node:assert/strict';
import { errorPerField, formatFieldError } from '#api/derive/field-error';
import { ObjectValidator } from '#api/derive/validate';
import { badManifests } from '#test/api/bad-manifests/index';
import { badObject } from '#test/api/bad-manifests/row';
import { semanticManifests } from '#test/api/bad-manifests/semantic.table';
import { kindNamed } from '#test/api/kinds';
import type { ReviewedObject } from '#webhooks/rule';
import { rules } from '#webhooks/rules';
import { snapshotOf } from './rule-table.ts';

describe('bad manifests that take a rule', () => {
  for (const row of semanticManifests) {
    it(`${row.kind} ${JSON.stringify(row.change)}`, async () => {
      const { definition, version } = kindNamed(row.kind);
      const { object, errors } = new ObjectValidator(definition, version).judge(badObject(row));
      assert.deepEqual(errors, []);
      const context = {
        object: object as unknown as ReviewedObject,
        old: undefined,
        user: { username: 'jane', groups: [] },
        snapshot: snapshotOf(),
      };
      const found = rules
        .filter(({ kinds }) => kinds.includes(row.kind))
        .flatMap((rule) => rule.check(context))
        .flatMap((finding) => (finding.level === 'error' ? [finding.error] : []));
      assert.deepEqual(
        errorPerField(found).map((error) => ({ error: formatFieldError(error), hint: error.hint })),
        [{ error: row.error, hint: row.hint }],
      );
    });
  }

  it('make a hundred with those the schema refuses', () => {
    assert.ok(badManifests.length + semanticManifests.length >= 100);
  });
});
