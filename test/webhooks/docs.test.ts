// The page on admission names every rule, and no other.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { rules } from '#webhooks/rules';

describe('docs/admission.md', () => {
  it('names every rule in its table', async () => {
    const page = await readFile(path.resolve(import.meta.dirname, '../../docs/admission.md'), 'utf8');
    const named = [...page.matchAll(/^\| `([a-z-]+)` \|/gmu)].map(([, id]) => id);
    assert.equal(named.length, rules.length);
    assert.deepEqual(new Set(named), new Set(rules.map(({ id }) => id)));
  });

  it('is about rules that say why they are there', () => {
    for (const { id, why, kinds } of rules) {
      assert.match(why, /\.$/u, id);
      assert.ok(kinds.length > 0, id);
    }
  });
});
