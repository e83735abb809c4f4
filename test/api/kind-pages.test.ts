// The examples on the pages of the kinds are right, and there is one for each kind.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { isJsonObject } from '#api/derive/json-object';
import { ObjectValidator } from '#api/derive/validate';
import { allKinds, versionOf } from '#api/scheme';

const pages = path.resolve(import.meta.dirname, '../../docs/kinds');

describe('pages of the kinds', () => {
  for (const definition of allKinds) {
    it(`${definition.kind}: the examples have nothing wrong and nothing unknown`, async () => {
      const page = readFileSync(path.join(pages, `${definition.kind.toLowerCase()}.md`), 'utf8');
      const examples = [...page.matchAll(/```yaml\n(.*?)```/gsu)].map(([, text]) => parse(text ?? '') as unknown);
      assert.ok(examples.length > 0);
      for (const example of examples) {
        assert.ok(isJsonObject(example));
        const found = versionOf(example);
        assert.equal(found?.definition, definition);
        assert.equal(found.version.storage, true);
        const judged = new ObjectValidator(definition, found.version).judge(example);
        assert.deepEqual(judged.errors, []);
        assert.deepEqual(judged.unknownFields, []);
      }
    });
  }
});
