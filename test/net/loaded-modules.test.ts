// What the server must not load: each would cost memory at rest that nothing gives back.
import assert from 'node:assert/strict';
import process from 'node:process';
import { mustRun } from '#test/support/run';

describe('what serving loads', () => {
  it('is neither fetch nor the parts of undici that nobody uses', async function () {
    this.timeout(30_000);
    const program = `
      await import('#cli/serve/process');
      const { createRequire } = await import('node:module');
      const files = Object.keys(createRequire(import.meta.url).cache);
      const all = [...process.moduleLoadList, ...files];
      console.log(JSON.stringify(all.filter((name) => /undici/.test(name))));`;
    const args = ['--conditions=sluice-source', '--input-type=module', '--eval', program];
    const loaded = JSON.parse(await mustRun(process.execPath, args)) as string[];
    assert.ok(
      loaded.some((name) => name.endsWith('dispatcher/agent.js')),
      'undici itself is found',
    );
    assert.deepEqual(
      loaded.filter((name) => /deps\/undici|lib\/(web|mock|cache)\//.test(name)),
      [],
    );
  });
});
