// Hostile overlays end in clear errors, soon.
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { buildLocal, DiskFiles, KustomizeError, MemoryFiles, RootedFiles, type BuildLimits } from '#kustomize/index';
import { withTempDir } from '#test/support/temp-dir';
import { writeFiles } from './write-files.ts';

function buildFiles(files: Record<string, string>, limits: Partial<BuildLimits> = {}): string {
  return buildLocal({ files: new MemoryFiles(Object.entries(files)), path: '/overlay', options: { limits } }).yaml();
}

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

function configMapPatch(i: number): string {
  return `- patch: "{apiVersion: v1, kind: ConfigMap, metadata: {name: c${i % 1000}}, data: {k${i}: v}}"\n`;
}

function refusal(files: Record<string, string>, limits: Partial<BuildLimits>): KustomizeError {
  try {
    buildFiles(files, limits);
  } catch (error) {
    assert.ok(error instanceof KustomizeError);
    return error;
  }
  assert.fail('the build went through');
}

describe('kustomize limits', () => {
  it('finds cycles of bases', () => {
    const files = {
      'overlay/kustomization.yaml': 'resources: [../a]\n',
      'a/kustomization.yaml': 'resources: [../b]\n',
      'b/kustomization.yaml': 'resources: [../a]\n',
    };
    assert.match(refusal(files, {}).message, /cycle detected: candidate root '\/a' contains visited root '\/a'/);
  });

  it('bounds the depth of bases', () => {
    const files: Record<string, string> = { 'overlay/kustomization.yaml': 'resources: [../d0]\n' };
    for (let i = 0; i < 50; i++) files[`d${i}/kustomization.yaml`] = `resources: [../d${i + 1}]\n`;
    const error = refusal(files, { depth: 20 });
    assert.match(error.message, /nested more than 20 levels deep/);
    assert.equal(error.kind, 'limit');
  });

  it('bounds trees that fan out', () => {
    const files: Record<string, string> = { 'overlay/kustomization.yaml': 'resources: [../l0]\n' };
    for (let i = 0; i < 12; i++) {
      files[`l${i}/kustomization.yaml`] = `resources: [../l${i + 1}, ../l${i + 1}, ../l${i + 1}]\n`;
    }
    files['l12/kustomization.yaml'] = 'namePrefix: x\n';
    assert.match(refusal(files, { kustomizations: 500 }).message, /more than 500 kustomizations/);
  });

  it('bounds the expansion of aliases', () => {
    let bomb = `${configMap('x')}a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n`;
    for (let i = 1; i < 12; i++) {
      bomb += `a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]\n`;
    }
    const error = refusal({ 'overlay/kustomization.yaml': 'resources: [a.yaml]\n', 'overlay/a.yaml': bomb }, {});
    assert.match(error.message, /expansion of anchors makes the document too large/);
  });

  it('refuses an anchor that holds itself', () => {
    const files = {
      'overlay/kustomization.yaml': 'resources: [a.yaml]\n',
      'overlay/a.yaml': `${configMap('x')}a: &a [1, *a]\n`,
    };
    assert.match(refusal(files, {}).message, /value contains itself/);
  });

  it('applies ten thousand patches in time that grows with their number', () => {
    const count = 10_000;
    const resources = Array.from({ length: 1000 }, (_, i) => configMap(`c${i}`)).join('---\n');
    const patches = Array.from({ length: count }, (_, i) => configMapPatch(i)).join('');
    const yaml = buildFiles({
      'overlay/kustomization.yaml': `resources: [a.yaml]\npatches:\n${patches}`,
      'overlay/a.yaml': resources,
    });
    assert.equal(yaml.split(/^ {2}k\d+: v$/m).length - 1, count);
  }).timeout(60_000);

  it('bounds the number of patches', () => {
    const files = {
      'overlay/kustomization.yaml': `resources: [a.yaml]\npatches:\n${'- {target: {kind: X}, patch: "- {op: remove, path: /x}"}\n'.repeat(20)}`,
      'overlay/a.yaml': configMap('x'),
    };
    assert.match(refusal(files, { patches: 10 }).message, /more than 10 patches/);
  });

  it('takes a big ConfigMap and bounds its file', () => {
    const files = {
      'overlay/kustomization.yaml': 'configMapGenerator: [{name: big, files: [big.txt]}]\n',
      'overlay/big.txt': `${'0123456789'.repeat(100_000)}\n`,
    };
    assert.ok(buildFiles(files).length > 1_000_000);
    assert.match(refusal(files, { fileBytes: 1000 }).message, /larger than 1000 bytes/);
  });

  it('bounds what a build reads in all', () => {
    const files = {
      'overlay/kustomization.yaml': `configMapGenerator:\n${Array.from({ length: 30 }, (_, i) => `- {name: n${i}, files: [big.txt]}\n`).join('')}`,
      'overlay/big.txt': 'x'.repeat(10_000),
    };
    assert.match(refusal(files, { totalBytes: 100_000 }).message, /reads more than 100000 bytes/);
  });

  it('takes keys of objects for data', () => {
    const yaml = buildFiles({
      'overlay/kustomization.yaml': 'resources: [a.yaml]\ncommonLabels: {__proto__: polluted, constructor: x}\n',
      'overlay/a.yaml': `${configMap('x')}data: {__proto__: "1", toString: "2"}\n`,
    });
    assert.match(yaml, /__proto__: "1"/);
    assert.match(yaml, /__proto__: polluted/);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('lets no link lead out of the root', () =>
    withTempDir((root) => {
      writeFiles(root, { 'in/kustomization.yaml': 'resources: [link.yaml]\n', 'out/secret.yaml': configMap('secret') });
      symlinkSync(path.join(root, 'out/secret.yaml'), path.join(root, 'in/link.yaml'));
      symlinkSync('/etc', path.join(root, 'in/etc'));
      const disk = new DiskFiles({ workingDirectory: root, fileBytes: 1 << 20 });
      const target = path.join(root, 'in');
      assert.throws(() => buildLocal({ files: disk, path: target }), /security; file '.*link.yaml' is not in or below/);
      const rooted = new RootedFiles(disk, target);
      const options = { loadRestrictions: 'none' as const };
      assert.throws(() => buildLocal({ files: rooted, path: target, options }), /fs-security-constraint/);
      assert.throws(() => rooted.read(path.join(target, 'etc/hostname')), /fs-security-constraint/);
      assert.throws(() => rooted.list(path.join(target, 'etc')), /fs-security-constraint/);
      return Promise.resolve();
    }));

  it('tells no secrets in errors', () => {
    const secret = 'hunter2';
    const generator = `secretGenerator: [{name: s, literals: [password=${secret}, ${secret}]}]\n`;
    const literals = refusal({ 'overlay/kustomization.yaml': generator }, {});
    assert.match(literals.message, /literal sources \[password=\*\*\* \*\*\*\]: invalid literal source \*\*\*/);
    const twice = (namespace: string): string =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ${namespace}}\nstringData: {a: ${secret}}\n`;
    const conflict = refusal(
      {
        'overlay/kustomization.yaml': 'resources: [a.yaml]\nnamespace: one\n',
        'overlay/a.yaml': `${twice('x')}---\n${twice('y')}`,
      },
      {},
    );
    assert.match(conflict.message, /ID conflict: .*"a":"\*\*\*"/);
  });

  it('refuses what is remote unless it is allowed', () => {
    const error = refusal({ 'overlay/kustomization.yaml': 'resources: ["https://example.com/x.yaml"]\n' }, {});
    assert.match(error.message, /remote bases and files are disabled/);
  });
});
