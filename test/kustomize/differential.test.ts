// Random overlays, built here and by the real program: the same bytes, the same refusals.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { buildLocal, DiskFiles } from '#kustomize/index';
import { errorMessage } from '#lib/errors';
import { toolOrSkip } from '#test/support/tools';
import { withTempDir } from '#test/support/temp-dir';
import { makeOverlay } from '../fuzz/kustomize-overlays.ts';
import { stable } from './golden-file.ts';
import { writeFiles } from './write-files.ts';

const SEEDS = Number(process.env['SLUICE_DIFFERENTIAL_RUNS'] ?? 25);

describe('kustomize beside the real program', function () {
  this.timeout(300_000);

  it(`builds ${SEEDS} random overlays alike`, async function () {
    const kubectl = await toolOrSkip(this, 'kubectl');
    for (let seed = 5000; seed < 5000 + SEEDS; seed++) {
      await withTempDir((root) => {
        const target = path.join(root, writeFiles(root, makeOverlay(seed)));
        const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', target], { encoding: 'utf8' });
        const expected = status === 0 ? stdout : `error: ${stable(stderr, root)}`;
        let built: string;
        try {
          const files = new DiskFiles({ workingDirectory: root, fileBytes: 1 << 20 });
          built = buildLocal({ files, path: target, options: { managedByVersion: 'v5.7.1' } }).yaml();
        } catch (error) {
          built = `error: ${stable(errorMessage(error), root)}`;
        }
        assert.equal(built, expected, `seed ${seed}`);
        return Promise.resolve();
      });
    }
  });
});
