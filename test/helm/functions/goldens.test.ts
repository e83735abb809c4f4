// Every function against what Helm 3.19 itself answered: test/golden/helm-functions holds templates with Go's results.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { GoError, ParseError } from '#gotemplate/index';
import { helmFunctions } from '../../../src/helm/functions/index.ts';
import { render } from './render.ts';

interface Recorded {
  readonly template: string;
  readonly output?: string;
  readonly error?: string;
}

const folder = new URL('../../golden/helm-functions/', import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
const families = readdirSync(folder).filter((file) => !/^(?:lib-|values)/.test(file));

/** Helm's own shortening of Go's error texts. */
function helmText(error: Error): string {
  const parts = error.message.split(': ');
  if (error instanceof ParseError) return `parse error at (${parts[1]}): ${parts.at(-1)}`;
  const warning = /HELM_ERR_START([^]*?)HELM_ERR_END/.exec(error.message);
  return warning === null ? error.message : `execution error at (${parts[1]}): ${warning[1]}`;
}

function outcome(template: string, values: object): Recorded {
  try {
    // The records are JSON, where bytes that are not UTF-8 could not be kept.
    return { template, output: render(template, values).toWellFormed() };
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    return { template, error: helmText(error).toWellFormed() };
  }
}

describe('template functions against recorded results of Helm', () => {
  const values = read('values.json') as object;
  const zone = process.env['TZ'];

  before(() => {
    process.env['TZ'] = 'UTC';
  });
  after(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  for (const family of families) {
    it(family.replace('.json', ''), () => {
      const cases = read(family) as Recorded[];
      assert.ok(cases.length > 0);
      for (const recorded of cases) assert.deepEqual(outcome(recorded.template, values), recorded);
    });
  }

  it('has a record for every function', () => {
    const all = families.map((family) => JSON.stringify(read(family))).join('\n');
    const names = [...helmFunctions({ include: () => '', tpl: () => '' }).keys()];
    assert.ok(names.length > 200);
    assert.deepEqual(
      names.filter((name) => !new RegExp(`[{(| ]${name}\\b`).test(all)),
      // These have their own tests.
      ['genSignedCertWithKey', 'genCAWithKey'].filter((name) => !new RegExp(`[{(| ]${name}\\b`).test(all)),
    );
  });
});
