// Addresses, versions and paths that users and indexes name.
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkChartName, chooseVersion } from '#helm/repository/choose-version';
import { containedPath, existingPath } from '#helm/repository/contained-path';
import type { TableRow } from '#helm/repository/index-table';
import { localPath } from '#helm/repository/local-path';
import { chartUrl, indexUrl, normalizeRepositoryUrl, withoutPassword } from '#helm/repository/urls';
import { tempDir } from '#test/support/temp-dir';

function row(version: string, created = '2024-01-01T00:00:00Z'): TableRow {
  return [version, '', created, []];
}

const at = (repository: string): string => localPath({ name: 'dep', repository }, 'charts/app');

describe('address of a repository', () => {
  const normalized: readonly (readonly [url: string, form: string])[] = [
    ['', ''],
    ['https://example.com', 'https://example.com/'],
    ['https://example.com/', 'https://example.com/'],
    ['https://example.com/charts', 'https://example.com/charts/'],
    ['https://example.com/charts///', 'https://example.com/charts/'],
    ['HTTPS://Example.com:443/Charts', 'https://example.com/Charts/'],
    ['oci://example.com/charts/', 'oci://example.com/charts'],
    ['oci://example.com', 'oci://example.com'],
  ];
  for (const [url, form] of normalized) {
    it(`${url || 'nothing'} is compared as ${form || 'nothing'}`, () =>
      assert.equal(normalizeRepositoryUrl(url), form));
  }

  it('leads to the index, a query included', () => {
    assert.equal(indexUrl('https://example.com/a?token=x').href, 'https://example.com/a/index.yaml?token=x');
    assert.equal(indexUrl('http://example.com/a%2Fb/').href, 'http://example.com/a%2Fb/index.yaml');
    assert.throws(() => indexUrl('oci://example.com/a'), { code: 'HELM_REPOSITORY_URL' });
    assert.throws(() => indexUrl('nonsense'), { code: 'HELM_REPOSITORY_URL' });
  });

  it('leads to charts: below it, from its root, or elsewhere', () => {
    const base = 'https://example.com/charts?token=x';
    assert.equal(chartUrl(base, 'app-1.tgz').href, 'https://example.com/charts/app-1.tgz?token=x');
    assert.equal(chartUrl(base, '../app-1.tgz').href, 'https://example.com/app-1.tgz?token=x');
    assert.equal(chartUrl(base, '/app-1.tgz').href, 'https://example.com/app-1.tgz?token=x');
    assert.equal(chartUrl(base, 'https://cdn.example.com/app-1.tgz?y').href, 'https://cdn.example.com/app-1.tgz?y');
    assert.throws(() => chartUrl(base, 'file:///etc/passwd'), { code: 'HELM_REPOSITORY_URL' });
    assert.throws(() => chartUrl(base, 'oci://example.com/app'), { code: 'HELM_REPOSITORY_URL' });
  });

  it('is shown without its password', () => {
    assert.equal(withoutPassword('https://jane:s3cret@example.com/a'), 'https://example.com/a');
    assert.equal(withoutPassword('https://example.com/a@b'), 'https://example.com/a@b');
  });
});

describe('version of a chart', () => {
  const rows = ['2.0.0-rc.1', '1.10.0', '1.9.0', '1.0.0+old', '0.1.0', 'nonsense'].map((version) => row(version));
  const cases: readonly (readonly [wanted: string, version: string | RegExp])[] = [
    ['', '1.10.0'],
    ['*', '1.10.0'],
    ['>0-0', '2.0.0-rc.1'],
    ['1.9.x', '1.9.0'],
    ['1.0.0', '1.0.0+old'],
    ['1.0.0+old', '1.0.0+old'],
    ['nonsense', 'nonsense'],
    ['>=0.1.0 <1.0.0', '0.1.0'],
    ['0.1.0 || ^7', '0.1.0'],
    [
      '2.0.0',
      /^failed to get chart version for remote reference: no 'app' chart with version matching '2\.0\.0' found$/,
    ],
    ['~> !', /^failed to get chart version for remote reference: improper constraint: ~> !$/],
  ];
  for (const [wanted, version] of cases) {
    it(`${wanted || 'nothing'} asked for gives ${String(version)}`, () => {
      if (typeof version === 'string') assert.equal(chooseVersion(rows, 'app', wanted)[0], version);
      else assert.throws(() => chooseVersion(rows, 'app', wanted), { code: 'HELM_CHART_REFERENCE', message: version });
    });
  }

  it('is the one made last of those that differ in metadata alone', () => {
    const builds = [
      row('1.0.0+1', '2024-01-01T00:00:00Z'),
      row('1.0.0+3', '2024-03-01T00:00:00.5Z'),
      row('1.0.0+2', '2024-03-01T00:00:00Z'),
    ];
    assert.equal(chooseVersion(builds, 'app', '*')[0], '1.0.0+3');
  });

  it('is not there where the chart is not, or has none', () => {
    assert.throws(() => chooseVersion(undefined, 'app', '*'), /no chart name found$/);
    assert.throws(() => chooseVersion([], 'app', '*'), /no chart version found$/);
  });
});

describe('name of a chart', () => {
  for (const name of ['app', 'my-app', 'a.b', 'org/app', 'org/.app', 'app/', 'app.', '-', 'a/.b/c']) {
    it(`may be ${name}`, () => checkChartName(name));
  }
  for (const name of ['', 'App', '/app', 'a//b', 'a..b', 'a./b', './a', '../a', 'a b', `${'a'.repeat(50_000)}!`]) {
    it(`may not be ${JSON.stringify(name.slice(0, 20))}`, () => {
      assert.throws(() => checkChartName(name), { code: 'HELM_CHART_REFERENCE' });
    });
  }
});

describe('path in a source', () => {
  it('stays below its root, whatever it says', () => {
    for (const [given, below] of [
      ['a/b', '/srv/a/b'],
      ['/a', '/srv/a'],
      ['./a/../b/', '/srv/b/'],
      ['../../etc/passwd', '/srv/etc/passwd'],
      ['a/../../../b', '/srv/b'],
      ['', '/srv/'],
    ] as const) {
      assert.equal(containedPath('/srv', given), below);
    }
  });

  it('is refused when a link leads out', async () => {
    const dir = await tempDir();
    const root = path.join(dir, 'root');
    await mkdir(path.join(root, 'chart'), { recursive: true });
    await writeFile(path.join(dir, 'secret'), 's3cret');
    await symlink('../secret', path.join(root, 'out'));
    await symlink('..', path.join(root, 'chart', 'up'));
    assert.equal(existingPath(root, 'nothing'), undefined);
    assert.equal(existingPath(root, 'chart/up/chart'), path.join(root, 'chart'));
    assert.throws(() => existingPath(root, 'out'), { code: 'HELM_CHART_PACKAGE' });
    assert.throws(() => existingPath(root, 'chart/up/out'), { code: 'HELM_CHART_PACKAGE' });
  });

  it('of a dependency is relative to the chart', () => {
    assert.equal(at(''), '/charts/app/charts/dep');
    assert.equal(at('file://../dep'), '/charts/dep');
    assert.equal(at('file://../../../../../etc'), '/etc');
    assert.equal(at('file:///etc'), '/charts/app/etc');
    assert.equal(at('file://dep'), '/charts/app/dep');
  });
});
