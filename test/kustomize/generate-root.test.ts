// The kustomization file of a Kustomization object: generated, merged, laid over the artifact, which stays as it is.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { applyCommonMetadata, DiskFiles, generateRoot, ParseCache, RootedFiles, type RootSpec } from '#kustomize/index';
import { buildJob } from '#kustomize/job';
import { withTempDir } from '#test/support/temp-dir';
import { writeFiles } from './write-files.ts';

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

function generate(root: string, spec: RootSpec = {}): string {
  const files = new RootedFiles(new DiskFiles({ workingDirectory: root, fileBytes: 1 << 20 }), root);
  return generateRoot(files, files.root, spec);
}

function inDir(files: Record<string, string>, work: (root: string) => void): Promise<void> {
  return withTempDir((root) => {
    writeFiles(root, files);
    work(root);
    return Promise.resolve();
  });
}

const HEADER = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';

describe('generated kustomization files', () => {
  it('lists manifests and kustomizations in the order of their paths', () =>
    inDir(
      {
        'b.yaml': configMap('b'),
        'a/x.yml': configMap('x'),
        'a/deep/y.yaml': configMap('y'),
        'k/kustomization.yml': 'resources: [z.yaml]\n',
        'k/z.yaml': configMap('z'),
        'note.txt': 'not a manifest',
        'empty.yaml': '# nothing\n',
      },
      (root) => {
        const listed = ['./a/deep/y.yaml', './a/x.yml', './b.yaml', './empty.yaml', './k'];
        assert.equal(generate(root), `${HEADER}resources:\n${listed.map((name) => `- ${name}\n`).join('')}`);
        assert.ok(!readdirSync(root).includes('kustomization.yaml'));
      },
    ));

  it('makes a placeholder of nothing', () =>
    inDir({ 'readme.md': '' }, (root) => {
      assert.equal(generate(root), `${HEADER}namespace: _placeholder\n`);
      assert.equal(generate(root, { targetNamespace: 'x' }), `${HEADER}namespace: x\n`);
    }));

  it('names the manifest that is none', () =>
    inDir({ 'bad.yaml': 'apiVersion: v1\nmetadata: {name: x}\n' }, (root) => {
      assert.throws(() => generate(root), /failed to decode Kubernetes YAML from .*bad\.yaml: missing kind in object/);
    }));

  it('merges the spec into a file that is there', () =>
    inDir(
      {
        'kustomization.yaml':
          '# comment\nresources: [a.yaml]\nnamePrefix: old-\nunknown: field\nimages: [{name: a, newTag: "1", newName: other}, {name: b}]\n',
        'a.yaml': configMap('a'),
      },
      (root) => {
        const text = generate(root, {
          namePrefix: 'new-',
          nameSuffix: '-s',
          targetNamespace: 'ns',
          images: [
            { name: 'a', newTag: '2' },
            { name: 'c', digest: 'sha256:1' },
          ],
          patches: [{ patch: 'x: y', target: { kind: 'ConfigMap' } }],
          components: ['comp'],
          buildMetadata: ['originAnnotations'],
        });
        assert.equal(
          text,
          'apiVersion: kustomize.config.k8s.io/v1beta1\nbuildMetadata:\n- originAnnotations\ncomponents:\n- comp\nimages:\n' +
            '- name: a\n  newTag: "2"\n- name: b\n- digest: sha256:1\n  name: c\nkind: Kustomization\nnamePrefix: new-\n' +
            "nameSuffix: -s\nnamespace: ns\npatches:\n- patch: 'x: y'\n  target:\n    kind: ConfigMap\nresources:\n- a.yaml\n",
        );
        assert.match(readFileSync(path.join(root, 'kustomization.yaml'), 'utf8'), /^# comment/);
      },
    ));

  it('notes origins where a file names no resources', () =>
    inDir({ 'kustomization.yaml': 'configMapGenerator: [{name: a}]\n' }, (root) => {
      assert.match(generate(root), /buildMetadata:\n- originAnnotations\n/);
    }));

  it('takes local components only, and may pass over those that are missing', () =>
    inDir({ 'comp/kustomization.yaml': '' }, (root) => {
      assert.throws(() => generate(root, { components: ['https://x/y'] }), /must be local and relative/);
      const text = generate(root, { components: ['comp', 'none'], ignoreMissingComponents: true });
      assert.match(text, /components:\n- comp\n/);
      assert.doesNotMatch(text, /none/);
    }));

  it('builds what it generated, without touching the artifact', () =>
    inDir({ 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') }, (root) => {
      const input = { directory: root, path: './app', spec: { namePrefix: 'p-', targetNamespace: 'ns' }, yaml: true };
      const output = buildJob(input, { cache: new ParseCache(), maxOutputBytes: 1 << 20 });
      assert.deepEqual(
        output.objects.map(({ metadata }) => metadata),
        [
          { name: 'p-a', namespace: 'ns' },
          { name: 'p-b', namespace: 'ns' },
        ],
      );
      assert.match(output.yaml ?? '', /name: p-a/);
      assert.deepEqual(readdirSync(path.join(root, 'app')), ['a.yaml', 'b.yaml']);
    }));

  it('cannot be led out of the artifact by its path', () =>
    inDir({ 'in/app/a.yaml': configMap('a'), 'outside/kustomization.yaml': 'namePrefix: x\n' }, (root) => {
      const input = { directory: path.join(root, 'in'), path: '../outside' };
      assert.throws(() => buildJob(input, { cache: new ParseCache(), maxOutputBytes: 1 << 20 }), /no such file/);
    }));

  it('sets common metadata over what objects have', () => {
    const objects = [{ kind: 'A', metadata: { name: 'a', labels: { x: '1', y: '1' } } }, { kind: 'B' }];
    applyCommonMetadata(objects, { labels: { y: '2' }, annotations: {} });
    assert.deepEqual(objects, [
      { kind: 'A', metadata: { name: 'a', labels: { x: '1', y: '2' } } },
      { kind: 'B', metadata: { labels: { y: '2' } } },
    ]);
  });
});
