// What the house asks of every file and the linter cannot say.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { mustRun } from '#test/support/run';

const root = path.resolve(import.meta.dirname, '../..');
const self = 'test/static/house-rules.test.ts';
const isSource = /\.(ts|cjs|mjs)$/;
const isText = /\.(ts|cjs|mjs|md|json|ya?ml|sh)$|(^|\/)(Makefile|run)$/;

interface File {
  readonly name: string;
  readonly text: string;
}

async function files(kind: RegExp): Promise<File[]> {
  const tracked = (await mustRun('git', ['ls-files', '-z'], { cwd: root })).split('\0');
  const names = tracked.filter((name) => kind.test(name) && name !== self && !name.startsWith('test/golden/'));
  // A tracked file that is being deleted in the work tree is not there.
  const read = names.map(async (name) => ({
    name,
    text: await readFile(path.join(root, name), 'utf8').catch(() => ''),
  }));
  return (await Promise.all(read)).filter(({ text }) => text !== '');
}

function lines({ name, text }: File, pattern: RegExp): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${name}:${index + 1}: ${line.trim()}`] : []));
}

async function none(kind: RegExp, pattern: RegExp): Promise<void> {
  assert.deepEqual(
    (await files(kind)).flatMap((file) => lines(file, pattern)),
    [],
  );
}

describe('house rules', () => {
  it('the first line of a source says what the file is for', async () => {
    const without = (await files(isSource)).filter(({ text }) => !/^(#!.*\n)?\/\/ \S.{10,}/.test(text));
    assert.deepEqual(
      without.map(({ name }) => name),
      [],
    );
  });

  it('no file or folder has a name that says nothing', async () => {
    const vague = /(^|\/)(utils?|helpers?|common|misc)(\.|\/)/;
    const found = (await files(isSource)).filter(({ name }) => vague.test(name));
    assert.deepEqual(
      found.map(({ name }) => name),
      [],
    );
  });

  it('nothing is left for later', () => none(isSource, /\b(TODO|FIXME|XXX|HACK)\b/));

  it('no test is switched off or alone', () =>
    none(/\.test\.ts$/, /\b(it|describe|context)\.(skip|only)\b|\bx(it|describe)\(/));

  it('no module keeps state that can change', async () => {
    const sources = (await files(/^(src|webhooks)\/.*\.ts$/)).filter(
      ({ name }) => !name.startsWith('src/api/generated/'),
    );
    assert.deepEqual(
      sources.flatMap((file) => lines(file, /^(export )?(let|var)\s/)),
      [],
    );
  });

  it('no text names a path of the machine it was written on', () =>
    none(isText, /(^|[\s'"`(=])\/(work|root|home\/\w+)\//));
});
