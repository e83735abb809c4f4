// Random charts through the real Helm 3.19 and Helm 4, and through ours.
import assert from 'node:assert/strict';
import { skip } from '#test/support/skip';
import { withTempDir } from '#test/support/temp-dir';
import { toolPath } from '#test/support/tools';
import { generateChart } from './support/generate-chart.ts';
import { sortedLines } from './support/golden.ts';
import { absolute, ours, theirs, writeFiles } from './support/run-template.ts';

/** The recorded ones are below this. */
const firstSeed = 1000;
const seeds = 25;

for (const [tool, extra] of [
  ['helm3', []],
  ['helm', ['--helm-version', '4']],
] as const) {
  describe(`random charts beside the real ${tool}`, function () {
    this.timeout(120_000);
    let program = '';

    before(async function () {
      const found = await toolPath(tool);
      if (found === undefined) skip(this, `${tool} is not to be had`);
      program = found;
    });

    it('renders them alike', async () => {
      for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
        const { files, args } = generateChart(seed);
        await withTempDir(async (folder) => {
          await writeFiles(folder, files);
          const all = ['rel', `${folder}/c`, ...absolute(args, folder)];
          const mine = await ours([...all, ...extra]);
          const real = await theirs(program, all, folder);
          assert.equal(mine.stdout, real.stdout, `seed ${seed}`);
          assert.equal(mine.status, real.status, `seed ${seed}`);
          // Helm 4 logs in another form.
          if (tool === 'helm3') assert.equal(sortedLines(mine.stderr), sortedLines(real.stderr), `seed ${seed}`);
        });
      }
    });
  });
}
