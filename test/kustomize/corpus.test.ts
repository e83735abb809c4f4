// Public overlays and upstream's own inputs, built to the bytes and refused with the words of the real program.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { buildLocal, DiskFiles, ParseCache } from '#kustomize/index';
import { errorMessage } from '#lib/errors';
import { skip } from '#test/support/skip';
import { withTempDir } from '#test/support/temp-dir';
import { stable } from './golden-file.ts';
import { writeFiles } from './write-files.ts';

interface Case {
  readonly files: Readonly<Record<string, string | { readonly base64: string }>>;
  readonly path: string;
  readonly expect: 'ok' | 'error';
  readonly error?: string;
  /** The order of the documents where nothing is sorted. */
  readonly fifoOrder?: 'same' | readonly number[];
}

const unpack = path.resolve(import.meta.dirname, '../../../shared/tools/unpack.sh');

function casesByLetter(): Map<string, string[]> {
  if (!existsSync(unpack)) return new Map();
  const folder = path.join(execFileSync(unpack, { encoding: 'utf8' }).trim(), 'kustomize');
  const folders = readdirSync(folder).map((name) => path.join(folder, name));
  return Map.groupBy(folders, (name) => path.basename(name)[0] ?? '');
}

function contentsOf({ files }: Case): Record<string, string | Buffer> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name,
      typeof text === 'string' ? text : Buffer.from(text.base64, 'base64'),
    ]),
  );
}

const cache = new ParseCache();

function outcome(root: string, directory: string, sort: 'legacy' | 'fifo'): string {
  const files = new DiskFiles({ workingDirectory: root, fileBytes: 64 << 20 });
  try {
    const options = { sort, cache, managedByVersion: 'v5.7.1' };
    return buildLocal({ files, path: path.join(root, directory), options }).yaml();
  } catch (error) {
    return `error: ${stable(errorMessage(error), root)}`;
  }
}

function reordered(yaml: string, order: readonly number[]): string {
  const documents = yaml.replace(/\n$/, '').split('\n---\n');
  return `${order.map((i) => documents[i]).join('\n---\n')}\n`;
}

describe('kustomize corpus', function () {
  this.timeout(120_000);
  const groups = casesByLetter();

  it('is there', function () {
    if (groups.size === 0) skip(this, 'the corpus of recorded overlays is not beside the repository');
  });

  for (const [letter, folders] of groups) {
    it(`${folders.length} cases of ${letter}`, async () => {
      for (const folder of folders) {
        const recorded = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as Case;
        await withTempDir((root) => {
          writeFiles(root, contentsOf(recorded));
          const built = outcome(root, recorded.path, 'legacy');
          if (recorded.expect === 'error') {
            assert.equal(built, `error: ${stable(recorded.error ?? '', root)}`, folder);
            return Promise.resolve();
          }
          const expected = readFileSync(path.join(folder, 'expected.yaml'), 'utf8');
          assert.equal(built, expected, folder);
          if (Array.isArray(recorded.fifoOrder)) {
            const unsorted = outcome(root, recorded.path, 'fifo');
            assert.equal(unsorted, reordered(expected, recorded.fifoOrder as readonly number[]), `${folder} (fifo)`);
          }
          return Promise.resolve();
        });
      }
    });
  }
});
