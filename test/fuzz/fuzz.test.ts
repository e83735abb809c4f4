// Every fuzzer of this folder, briefly: seeded scripts of their own that fail by exit status.
import assert from 'node:assert/strict';
import path from 'node:path';
import process from 'node:process';
import { run } from '#test/support/run';
import { scriptsIn } from '#test/support/scripts-in';
import { skip } from '#test/support/skip';

const scripts = await scriptsIn(import.meta.dirname, '.fuzz.ts');

describe('fuzzers', function () {
  this.timeout(300_000);
  before(function () {
    if (process.env['SLUICE_TEST_ALL'] === undefined) skip(this, 'only `make test-all` and `make fuzz` run them');
  });
  for (const script of scripts) {
    it(path.basename(script), async () => {
      const { status, stdout, stderr } = await run(process.execPath, ['--conditions=sluice-source', script], {
        timeout: 280_000,
      });
      assert.equal(status, 0, `${stdout}\n${stderr}`.slice(-4000));
    });
  }
});
