// Each feature of kustomize: the same bytes, and the same refusals, as the real program.
import assert from 'node:assert/strict';
import path from 'node:path';
import { build, DiskFiles } from '#kustomize/index';
import { errorMessage } from '#lib/errors';
import { withTempDir } from '#test/support/temp-dir';
import { cases } from './cases.ts';
import { readGoldens, stable, type Answer } from './golden-file.ts';
import { writeFiles } from './write-files.ts';

describe('kustomize features', () => {
  const { answers, oracle } = readGoldens();

  for (const [name, files] of Object.entries(cases)) {
    it(`${name}: as ${oracle}`, () =>
      withTempDir(async (root) => {
        const target = path.join(root, writeFiles(root, files));
        const disk = new DiskFiles({ workingDirectory: root, fileBytes: 1 << 20 });
        let answer: Answer;
        try {
          const built = await build({ files: disk, path: target, options: { managedByVersion: 'v5.7.1' } });
          answer = { yaml: built.yaml() };
        } catch (error) {
          answer = { error: stable(errorMessage(error), root) };
        }
        assert.deepEqual(answer, answers[name]);
      }));
  }

  it('has an answer for each case', () => {
    assert.deepEqual(Object.keys(answers).toSorted(), Object.keys(cases).toSorted());
  });
});
