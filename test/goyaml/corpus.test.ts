// Thousands of real manifests: their trees written back, their JSON and their canonical form, against Go's.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { emitDocuments, parseDocuments, sigsMarshal, sigsUnmarshal, yamlToJSON } from '#goyaml/index';
import { skip } from '#test/support/skip';
import { outcome } from './golden.ts';

interface Digests {
  readonly version: string;
  readonly groups: Readonly<Record<string, Group>>;
}

interface Group {
  readonly texts: number;
  readonly emit: string;
  readonly y2j: string;
  readonly sigsround: string;
}

const digests = JSON.parse(
  readFileSync(new URL('../golden/goyaml/corpus-digests.json', import.meta.url), 'utf8'),
) as Digests;

function corpus(): string | undefined {
  const unpack = path.resolve(import.meta.dirname, '../../../shared/tools/unpack.sh');
  return existsSync(unpack) ? execFileSync(unpack, { encoding: 'utf8' }).trim() : undefined;
}

function textsOf(root: string, group: string): string[] {
  const [kind = '', letter = ''] = group.split('/');
  const cases = readdirSync(path.join(root, kind)).filter((name) => name[0]?.toLowerCase() === letter);
  return cases
    .toSorted()
    .flatMap((name) =>
      kind === 'helm' ? helmTexts(path.join(root, kind, name)) : kustomizeTexts(path.join(root, kind, name)),
    );
}

function helmTexts(folder: string): string[] {
  const file = path.join(folder, 'expected.yaml');
  return existsSync(file) ? [readFileSync(file, 'utf8')] : [];
}

function kustomizeTexts(folder: string): string[] {
  const { files } = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as {
    files: Record<string, unknown>;
  };
  return Object.keys(files)
    .toSorted()
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => files[name])
    .filter((text) => typeof text === 'string');
}

function digest(texts: readonly string[], convert: (text: string) => string): string {
  const hash = createHash('sha256');
  for (const [index, text] of texts.entries()) {
    const result = outcome(() => convert(text));
    hash.update((index === 0 ? '' : '\0') + (typeof result === 'string' ? result : `error: ${result.err}`));
  }
  return hash.digest('hex').slice(0, 16);
}

describe('real manifests', function () {
  this.timeout(120_000);
  let root: string;
  before(function () {
    const found = corpus();
    if (found === undefined || path.basename(found) !== digests.version) {
      skip(this, 'the fixtures these digests were taken from are not here');
    }
    root = found;
  });

  for (const [group, expected] of Object.entries(digests.groups)) {
    it(group, () => {
      const texts = textsOf(root, group);
      assert.deepEqual(
        {
          texts: texts.length,
          emit: digest(texts, (text) => emitDocuments(parseDocuments(text, { comments: true }))),
          y2j: digest(texts, (text) => yamlToJSON(text)),
          sigsround: digest(texts, (text) => sigsMarshal(sigsUnmarshal(text))),
        },
        expected,
      );
    });
  }
});
