// `sluice helm template` where it is about names and files; what it renders is compared in test/helm.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ours, type Outcome, writeFiles } from '#test/helm/support/run-template';
import { withTempDir } from '#test/support/temp-dir';

const meta = 'apiVersion: v2\nname: c\nversion: 1.0.0\n';

/** Runs the command in a folder with a chart `c`; {DIR} is the folder. */
async function run(args: readonly string[], files: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  let outcome: Outcome | undefined;
  await withTempDir(async (folder) => {
    await writeFiles(folder, { 'c/Chart.yaml': meta, 'c/templates/a.yaml': 'a: {{ .Release.Name }}\n', ...files });
    outcome = await ours(args.map((arg) => arg.replaceAll('{DIR}', folder)));
  });
  assert.ok(outcome);
  return outcome;
}

describe('helm template, names', () => {
  const errors: readonly (readonly [args: readonly string[], error: string])[] = [
    [['x', 'nope'], 'non-absolute URLs should be in form of repo_name/path_to_chart, got: nope'],
    [['x', 'repo/name'], 'repo repo not found'],
    [['x', './nope'], 'path "./nope" not found'],
    [['--name-template', 'x{{ 1', '{DIR}/c'], 'template: name-template:1: unclosed action'],
    [
      ['--name-template', '{{ fail "no" }}', '{DIR}/c'],
      'template: name-template:1:3: executing "name-template" at <fail "no">: error calling fail: no',
    ],
    [
      ['--name-template', 'x-{{ "y" | upper }}', '{DIR}/c'],
      'release name "x-Y": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?' +
        '(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53',
    ],
  ];
  for (const [args, error] of errors) {
    it(args.join(' '), async () => {
      assert.deepEqual(await run(args), { status: 1, stdout: '', stderr: `Error: ${error}\n` });
    });
  }

  it('makes the name of the release from a template', async () => {
    const { stdout } = await run(['--name-template', 'n-{{ lower "ABC" | trunc 2 }}', '{DIR}/c']);
    assert.match(stdout, /^a: n-ab$/m);
  });
});

async function stderrOf(...args: string[]): Promise<string> {
  const { stderr } = await run(['x', '{DIR}/c', '--helm-version', '4', ...args], { 'v.yaml': '- 1\n' });
  return stderr;
}

describe('helm template, values of Helm 4', () => {
  it('are those of all documents of a file', async () => {
    const files = { 'v.yaml': 'a: 1\n---\nb: 2\na: 3\n', 'c/templates/a.yaml': 'a: {{ toJson .Values }}\n' };
    const { stdout } = await run(['x', '{DIR}/c', '-f', '{DIR}/v.yaml', '--helm-version', '4'], files);
    assert.match(stdout, /^a: \{"a":3,"b":2\}$/m);
    const three = await run(['x', '{DIR}/c', '-f', '{DIR}/v.yaml'], files);
    assert.match(three.stdout, /^a: \{"a":1\}$/m);
  });

  it('are said to be of a document when they cannot be read', async () => {
    assert.match(
      await stderrOf('-f', '{DIR}/v.yaml'),
      /v\.yaml: cannot unmarshal yaml document: error unmarshaling JSON: /,
    );
    assert.match(await stderrOf('--set-json', '{"a":1'), /failed parsing --set-json data JSON: \{"a":1\n$/);
  });
});

describe('helm template --output-dir', () => {
  it('writes a file for each template, and hooks behind what is there', async () => {
    await withTempDir(async (folder) => {
      await writeFiles(folder, {
        'c/Chart.yaml': meta,
        'c/templates/a.yaml':
          'kind: B\n---\nkind: Job\nmetadata: {annotations: {"helm.sh/hook": test}}\n---\nkind: A\n',
        'out/c/templates/a.yaml': 'old\n',
      });
      const { status } = await ours(['rel', `${folder}/c`, '--output-dir', `${folder}/out`]);
      assert.equal(status, 0);
      const source = '---\n# Source: c/templates/a.yaml\n';
      assert.equal(
        await readFile(path.join(folder, 'out/c/templates/a.yaml'), 'utf8'),
        `${source}kind: A\n${source}kind: B\n${source}kind: Job\nmetadata: {annotations: {"helm.sh/hook": test}}\n`,
      );
    });
  });
});
