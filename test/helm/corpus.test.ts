// Hundreds of real charts with the output of the real Helm, where that corpus is beside the repository.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { skip } from '#test/support/skip';
import { sortedLines } from './support/golden.ts';
import { ours } from './support/run-template.ts';

interface CorpusCase {
  readonly chart: string;
  readonly release: string;
  readonly namespace: string;
  readonly values: string | null;
  readonly kubeVersion: string;
  readonly includeCRDs: boolean;
  readonly apiVersions?: readonly string[];
  readonly extraArgs?: readonly string[];
  readonly expect: 'ok' | 'error';
  /** Lines that are random, counted from 0. */
  readonly masks?: readonly number[];
  readonly stderr?: string;
  readonly error?: string;
}

const unpack = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'tools', 'unpack.sh');

function argsOf(entry: CorpusCase, corpus: string, folder: string): string[] {
  const { release, chart, namespace, kubeVersion, includeCRDs, values, apiVersions = [], extraArgs = [] } = entry;
  const args = [release, path.join(corpus, 'charts', chart), '--namespace', namespace, '--kube-version', kubeVersion];
  if (includeCRDs) args.push('--include-crds');
  if (values !== null) args.push('-f', path.join(folder, values));
  return [...args, ...apiVersions.flatMap((version) => ['--api-versions', version]), ...extraArgs];
}

function masked(text: string, masks: readonly number[] = []): string {
  const lines = text.split('\n');
  for (const line of masks) if (line < lines.length) lines[line] = '(random)';
  return lines.join('\n');
}

describe('helm template on real charts', function () {
  this.timeout(300_000);
  let corpus = '';

  before(function () {
    if (!existsSync(unpack)) skip(this, 'the corpus of real charts is not beside the repository');
    corpus = execFileSync(unpack, { encoding: 'utf8' }).trim();
  });

  it('gives the same output, warnings and errors', async () => {
    const failed: string[] = [];
    const names = readdirSync(path.join(corpus, 'helm')).toSorted();
    for (const name of names) {
      const folder = path.join(corpus, 'helm', name);
      const entry = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as CorpusCase;
      const { status, stdout, stderr } = await ours(argsOf(entry, corpus, folder));
      const isError = entry.expect === 'error';
      const expected = isError ? '' : readFileSync(path.join(folder, 'expected.yaml'), 'utf8');
      const wantStderr = (isError ? entry.error : entry.stderr) ?? '';
      const same =
        status === (isError ? 1 : 0) &&
        masked(stdout, entry.masks) === masked(expected, entry.masks) &&
        sortedLines(stderr) === sortedLines(wantStderr);
      if (!same) failed.push(name);
    }
    assert.ok(names.length > 0);
    assert.deepEqual(failed, []);
  });
});
