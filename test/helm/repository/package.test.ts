// Charts as they are packed: with values, metadata and dependencies, the same bytes every time, good for the real Helm.
import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadArchive } from '#helm/engine/index';
import { run as inspectOrPackage, type ChartJobInput, type InspectedChart } from '#helm/repository/chart-job';
import { packageChart, type PackagedChart, type PackageOptions } from '#helm/repository/package-chart';
import { withMetadata } from '#helm/repository/version-metadata';
import { mergeValuesFiles } from '#helm/repository/values-files';
import { run } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { toolOrSkip } from '#test/support/tools';

const sizes = { archive: 1 << 20, file: 1 << 16 };
const chartYaml = 'apiVersion: v2\nname: app\nversion: 1.2.3\n';

async function tree(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await tempDir('chart');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  return root;
}

async function pack(root: string, options: Partial<PackageOptions> = {}): Promise<PackagedChart & { archive: Buffer }> {
  const target = path.join(await tempDir('package'), 'chart.tgz');
  const location = { path: path.join(root, 'app'), root };
  const given = { location, sizes, target, algorithm: 'sha256', versionMetadata: '', dependencies: [] } as const;
  const packed = await packageChart({ ...given, ...options });
  return { ...packed, archive: await readFile(target) };
}

async function inspect(root: string): Promise<InspectedChart> {
  const input: ChartJobInput = { inspect: { location: { path: path.join(root, 'app'), root }, sizes } };
  return (await inspectOrPackage(input)) as InspectedChart;
}

describe('packing a chart', () => {
  it('gives the same bytes whatever the clock and the order of the files', async () => {
    const files = { 'app/Chart.yaml': chartYaml, 'app/values.yaml': 'a: 1\n', 'app/templates/x.yaml': 'x: 1\n' };
    const first = await tree(files);
    const second = await tree(Object.fromEntries(Object.entries(files).toReversed()));
    await utimes(path.join(second, 'app/values.yaml'), 1, 1);
    const [one, two] = [await pack(first), await pack(second)];
    assert.ok(one.archive.equals(two.archive));
    assert.equal(one.digest, two.digest);
    assert.equal(one.size, one.archive.length);
    assert.deepEqual(one.files, [
      { path: 'app/Chart.yaml', size: 40 },
      { path: 'app/values.yaml', size: 5 },
      { path: 'app/templates/x.yaml', size: 5 },
    ]);
  });

  it('holds what the real Helm packs', async function () {
    const helm = await toolOrSkip(this, 'helm');
    const files = {
      'app/Chart.yaml': `${chartYaml}appVersion: 1\nkeywords: [b, a]\nannotations:\n  z: "1"\n  a: "2"\ntype: application\n`,
      'app/values.yaml': '# kept\na: 1\n',
      'app/values.schema.json': '{"type":"object"}\n',
      'app/templates/x.yaml': 'x: 1\n',
      'app/templates/NOTES.txt': 'hello\n',
      'app/README.md': 'read me\n',
      'app/.helmignore': '*.tmp\n',
      'app/x.tmp': 'gone\n',
      'app/charts/dep/Chart.yaml': chartYaml.replace('name: app', 'name: dep'),
      'app/crds/y.yaml': 'y: 1\n',
    };
    const root = await tree(files);
    const dir = await tempDir('helm');
    const made = await run(helm, ['package', path.join(root, 'app'), '-d', dir]);
    assert.equal(made.status, 0, made.stderr);
    const theirs = loadArchive(await readFile(path.join(dir, 'app-1.2.3.tgz')));
    assert.deepEqual(loadArchive((await pack(root)).archive), theirs);
  });

  it('writes metadata into the version and values into values.yaml', async () => {
    const root = await tree({
      'app/Chart.yaml': chartYaml,
      'app/values.yaml': '# gone\na: {b: 1, c: [1, 2]}\n',
      'prod.yaml': 'a: {c: [3], d: null}\n',
    });
    const valuesFiles = { paths: ['app/values.yaml', 'prod.yaml', 'none.yaml'], ignoreMissing: true, root };
    const packed = await pack(root, { versionMetadata: '0123456789ab.7', valuesFiles });
    assert.equal(packed.version, '1.2.3+0123456789ab.7');
    assert.deepEqual(packed.usedValuesFiles, ['app/values.yaml', 'prod.yaml']);
    const chart = loadArchive(packed.archive);
    assert.equal(chart.metadata.version, packed.version);
    assert.deepEqual(chart.values, { a: { b: 1, c: [3], d: null } });
  });

  it('leaves the dependencies of a v1 chart in requirements.yaml', async () => {
    const root = await tree({
      'app/Chart.yaml': chartYaml.replace('v2', 'v1'),
      'app/requirements.yaml': 'dependencies:\n- name: dep\n  version: "1"\n  repository: file://../dep\n',
      'dep/Chart.yaml': chartYaml.replace('name: app', 'name: dep'),
    });
    const { missing } = await inspect(root);
    assert.deepEqual(
      missing.map(({ name }) => name),
      ['dep'],
    );
    const { archive } = await pack(root, { dependencies: missing.map((dependency) => ({ dependency })) });
    const chart = loadArchive(archive);
    assert.deepEqual(
      chart.metadata.dependencies?.map(({ name }) => name),
      ['dep'],
    );
    assert.deepEqual(
      chart.subcharts.map(({ metadata }) => metadata.name),
      ['dep'],
    );
  });

  it('looks for what the lock names, and for nothing where all is there', async () => {
    const dependencies = 'dependencies:\n- name: dep\n  version: ^1\n  repository: https://example.com\n';
    const locked = {
      'app/Chart.yaml': chartYaml + dependencies,
      'app/Chart.lock': dependencies.replace('^1', '1.0.7'),
    };
    assert.deepEqual(
      (await inspect(await tree(locked))).missing.map(({ version }) => version),
      ['1.0.7'],
    );
    const vendored = { ...locked, 'app/charts/dep/Chart.yaml': chartYaml.replace('name: app', 'name: dep') };
    assert.deepEqual((await inspect(await tree(vendored))).missing, []);
  });

  it('refuses links out of the source, and files and packages that are too large', async () => {
    const root = await tree({ 'app/Chart.yaml': chartYaml });
    await symlink('/etc/passwd', path.join(root, 'app', 'passwd'));
    await assert.rejects(pack(root), { code: 'HELM_CHART_INVALID', message: /leads out of the directory/ });
    const large = await tree({ 'app/Chart.yaml': chartYaml, 'app/big': 'x'.repeat(sizes.file + 1) });
    await assert.rejects(pack(large), {
      code: 'HELM_CHART_INVALID',
      message: /larger than the maximum file size 65536/,
    });
    const location = { archive: new Uint8Array(sizes.archive + 1) };
    await assert.rejects(pack(root, { location }), { message: "size of chart '1048577' exceeds '1048576' limit" });
  });

  it('leaves no half package behind', async () => {
    const root = await tree({ 'app/Chart.yaml': chartYaml });
    const valuesFiles = { paths: ['none.yaml'], ignoreMissing: false };
    await assert.rejects(pack(root, { valuesFiles }), { code: 'HELM_CHART_VALUES_FILES' });
  });
});

describe('version metadata', () => {
  for (const [version, metadata, expected] of [
    ['1.2.3', '', '1.2.3'],
    ['v1.2', '', 'v1.2'],
    ['1.2.3', '7', '1.2.3+7'],
    ['v1.2', '7', '1.2.0+7'],
    ['1.2.3-rc.1+old', 'abc.7', '1.2.3-rc.1+abc.7'],
  ] as const) {
    it(`${version} with ${metadata || 'none'} is ${expected}`, () =>
      assert.equal(withMetadata(version, metadata), expected));
  }
  it('must be metadata', () => {
    assert.throws(() => withMetadata('1.2.3', 'a_b'), { code: 'HELM_CHART_METADATA' });
    assert.throws(() => withMetadata('nonsense', '7'), { code: 'HELM_CHART_METADATA' });
  });
});

const file = (name: string, text: string): { name: string; data: Buffer } => ({ name, data: Buffer.from(text) });

describe('values files of a chart', () => {
  const files = [
    file('values.yaml', 'a: {x: 1, z: 2}\nlist: [1, 2]\n'),
    file('values-2.yaml', 'a: {z: 3}\nlist: [3]\n'),
    file('values-3.yaml', 'a: null\n'),
    file('empty.yaml', ''),
    file('list.yaml', '- 1\n'),
    file('proto.yaml', '__proto__: {x: 1}\n'),
  ];
  const merge = (...paths: readonly string[]): unknown =>
    mergeValuesFiles(files, { paths, ignoreMissing: false }).values;

  it('are merged map by map, the later one winning, null included', () => {
    assert.deepEqual(merge('values.yaml', './values-2.yaml'), { a: { x: 1, z: 3 }, list: [3] });
    assert.deepEqual(merge('values-2.yaml', 'values.yaml'), { a: { x: 1, z: 2 }, list: [1, 2] });
    assert.deepEqual(merge('values.yaml', 'values-3.yaml', 'empty.yaml'), { a: null, list: [1, 2] });
    assert.deepEqual(Object.keys(merge('proto.yaml') as object), ['__proto__']);
  });

  it('that are missing or no maps are named', () => {
    assert.throws(() => merge('none.yaml'), {
      code: 'HELM_CHART_VALUES_FILES',
      message: `no values file found at path 'none.yaml'`,
    });
    assert.throws(() => merge('list.yaml'), { message: /^unmarshaling values from 'list\.yaml' failed: / });
  });

  it('may be missing where that is allowed, all of them too', () => {
    const merged = mergeValuesFiles(files, { paths: ['none.yaml', '../../etc/passwd'], ignoreMissing: true });
    assert.deepEqual(merged, { values: {}, used: [] });
  });
});
