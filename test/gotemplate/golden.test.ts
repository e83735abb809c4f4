// Templates against recorded results of Go's own text/template (test/golden/gotemplate).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { sprintf, type MissingKey } from '#gotemplate/index';
import { decode, run } from './sample.ts';

interface Recorded {
  readonly about?: string;
  readonly texts: [string, string][];
  readonly missingKey?: MissingKey;
  readonly data?: unknown;
  readonly output?: string;
  readonly error?: string;
}

function load(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../golden/gotemplate/${name}.json`, import.meta.url), 'utf8'));
}

function check(recorded: Recorded, data: unknown, missingKey?: MissingKey): void {
  const result = run({ texts: recorded.texts, data, missingKey });
  const { output, error } = recorded;
  assert.deepEqual(result, error === undefined ? { output } : { error });
}

describe('gotemplate against recorded results of Go', () => {
  const crafted = load('crafted') as { data: unknown; cases: Recorded[] };
  for (const about of new Set(crafted.cases.map((each) => each.about))) {
    it(`${about}`, () => {
      for (const each of crafted.cases) {
        if (each.about === about) check(each, crafted.data, each.missingKey ?? 'zero');
      }
    });
  }

  it('generated templates', () => {
    const { library, cases } = load('generated') as { library: [string, string]; cases: Recorded[] };
    assert.ok(cases.length > 500);
    for (const each of cases) check({ ...each, texts: [...each.texts, library] }, each.data, each.missingKey);
  });

  it('printf with every verb, flag and kind', () => {
    const cases = load('printf') as { format: string; args: unknown[]; out: string }[];
    assert.ok(cases.length > 1000);
    for (const { format, args, out } of cases) {
      assert.equal(
        sprintf(
          format,
          args.map((arg) => decode(arg)),
        ),
        out,
        JSON.stringify({ format, args }),
      );
    }
  });
});
