// `sluice kustomize build`: output, files, warnings, errors and status; charts and remote bases.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Readable, Writable } from 'node:stream';
import { command } from '#cli/kustomize';
import { withTempDir } from '#test/support/temp-dir';
import { writeFiles } from './write-files.ts';

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

class Sink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function sluice(...args: readonly string[]): Promise<Result> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const status = await command(['build', ...args], { stdin: Readable.from([]), stdout, stderr, env });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

function inDir(files: Record<string, string>, work: (root: string) => Promise<void>): Promise<void> {
  return withTempDir((root) => {
    writeFiles(root, files);
    return work(root);
  });
}

const configMap = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${more}}\n`;

describe('sluice kustomize build', () => {
  it('prints the objects, and warnings of deprecated fields', () =>
    inDir(
      {
        'kustomization.yaml': 'bases: [b]\n',
        'b/kustomization.yaml': 'resources: [a.yaml]\n',
        'b/a.yaml': configMap('a'),
      },
      async (root) => {
        const { status, stdout, stderr } = await sluice(root);
        assert.equal(status, 0);
        assert.equal(stdout, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n');
        assert.match(stderr, /^# Warning: 'bases' is deprecated\. Please use 'resources' instead\./);
      },
    ));

  it('tells errors on one stream and by its status', () =>
    inDir({}, async (root) => {
      const { status, stdout, stderr } = await sluice(root);
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(
        stderr,
        /^Error: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization'/,
      );
    }));

  it('refuses two directories, and values that flags do not know', async () => {
    assert.equal((await sluice('a', 'b')).stderr, 'Error: specify one path to kustomization.yaml\n');
    assert.match(
      (await sluice('--reorder', 'up', '.')).stderr,
      /illegal flag value --reorder up; legal values: \[legacy none\]/,
    );
    assert.equal((await sluice('--load-restrictor=x')).status, 1);
  });

  it('reads outside of the root only when it may', () =>
    inDir({ 'a.yaml': configMap('a'), 'o/kustomization.yaml': 'resources: [../a.yaml]\n' }, async (root) => {
      const target = path.join(root, 'o');
      assert.match((await sluice(target)).stderr, /security; file/);
      assert.equal((await sluice(target, '--load-restrictor', 'LoadRestrictionsNone')).status, 0);
    }));

  it('writes one file for each object', () =>
    inDir(
      {
        'in/kustomization.yaml': 'resources: [a.yaml]\n',
        'in/a.yaml': `${configMap('A.b', ', namespace: X')}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n---\n${configMap('s')}`,
        'out/.keep': '',
      },
      async (root) => {
        assert.equal((await sluice(path.join(root, 'in'), '-o', path.join(root, 'out'))).status, 0);
        const names = ['.keep', 'default_v1_configmap_s.yaml', 'v1_namespace_n.yaml', 'x_v1_configmap_a.b.yaml'];
        assert.deepEqual(readdirSync(path.join(root, 'out')).toSorted(), names);
        assert.equal((await sluice(path.join(root, 'in'), '-o', path.join(root, 'one.yaml'))).stdout, '');
        assert.match(readFileSync(path.join(root, 'one.yaml'), 'utf8'), /^apiVersion: v1\nkind: Namespace\n/);
      },
    ));

  it('renders charts that are there, with their values brought together', () =>
    inDir(
      {
        'kustomization.yaml': `helmCharts:
- {name: c, releaseName: rel, namespace: ns, valuesInline: {a: {x: inline}}, additionalValuesFiles: [more.yaml]}
- {name: c, releaseName: two, valuesMerge: replace, valuesInline: {a: {z: only}}}
namePrefix: p-
`,
        'more.yaml': 'more: added\n',
        'charts/c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
        'charts/c/values.yaml': 'a: {x: file, k: kept}\n',
        'charts/c/templates/cm.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\ndata:\n  values: {{ toJson .Values | quote }}\n',
      },
      async (root) => {
        assert.match((await sluice(root)).stderr, /must specify --enable-helm/);
        const { stdout, status } = await sluice(root, '--enable-helm');
        assert.equal(status, 0);
        assert.match(stdout, /'\{"a":\{"k":"kept","x":"inline"\},"more":"added"\}'/);
        assert.match(stdout, /name: p-rel\n {2}namespace: ns\n/);
        assert.match(stdout, /"z":"only"/);
      },
    ));

  it('clones bases from Git, each once', () =>
    inDir(
      { 'repo/sub/kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: g-\n', 'repo/sub/a.yaml': configMap('a') },
      async (root) => {
        const repo = path.join(root, 'repo');
        const git = (...args: readonly string[]): string =>
          execFileSync('git', ['-C', repo, ...args], { encoding: 'utf8' });
        git('init', '-q', '-b', 'main');
        git('add', '.');
        git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-q', '-m', 'x');
        writeFiles(root, {
          'use/kustomization.yaml': `resources: ["file://${repo}//sub?ref=main"]\nbuildMetadata: [originAnnotations]\n`,
          'not/kustomization.yaml': `resources: ["file://${repo}//none?ref=main"]\n`,
        });
        const { stdout, stderr } = await sluice(path.join(root, 'use'));
        assert.equal(stderr, '');
        assert.match(stdout, /path: sub\/a\.yaml\n {6}repo: file:\/\/.*\n {6}ref: main\n {2}name: g-a\n/);
        assert.match((await sluice(path.join(root, 'not'))).stderr, /no such file or directory/);
      },
    ));
});
