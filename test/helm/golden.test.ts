// `sluice helm template` against recorded results of the real Helm 3.19: output, error text and status.
import assert from 'node:assert/strict';
import { withTempDir } from '#test/support/temp-dir';
import { argsIn, type GoldenCase, goldenCases } from './support/golden-cases.ts';
import { type GoldenSet, readGolden, sortedLines } from './support/golden.ts';
import { ours, writeFiles } from './support/run-template.ts';

for (const [set, cases] of Object.entries(goldenCases) as [GoldenSet, readonly GoldenCase[]][]) {
  describe(`helm template, recorded ${set}`, function () {
    this.timeout(120_000);
    const recorded = readGolden(set);

    it('has a record of every case', () => {
      assert.deepEqual(
        [...recorded.keys()],
        cases.map((entry) => entry.name),
      );
    });

    // Hundreds of schemas in tests of their own would say little more.
    const groups = set === 'schemas' || set === 'set-lines' ? [cases] : cases.map((entry) => [entry]);
    for (const group of groups) {
      it(group.length === 1 ? (group[0]?.name ?? '') : `${group.length} cases`, async () => {
        for (const entry of group) {
          await withTempDir(async (folder) => {
            await writeFiles(folder, entry.files);
            const { status, stdout, stderr } = await ours(argsIn(entry, folder));
            const want = recorded.get(entry.name);
            assert.equal(stdout.replaceAll(folder, '{DIR}'), want?.stdout, entry.name);
            assert.equal(sortedLines(stderr.replaceAll(folder, '{DIR}')), sortedLines(want?.stderr ?? ''), entry.name);
            assert.equal(status, want?.status, entry.name);
          });
        }
      });
    }
  });
}
