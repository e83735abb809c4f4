// Runs a joined module (its path without `.js` is given) on the sample of its kind, and writes the code of what ran beside it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const [file] = process.argv.slice(2);
const sample = (name) => path.join(import.meta.dirname, name);
rmSync(`${file}.code`, { force: true });
const { command, run, script } = await import(`${file}.js`);

const runs = {
  'cli/helm': () => runCommand('template', 'sample', sample('chart'), '--include-crds'),
  'cli/kustomize': () => runCommand('build', sample('overlay')),
  'helmrelease/render-job': release,
  'kustomization/build-job': kustomization,
};

async function runCommand(...args) {
  const stdout = { write: (_chunk, done) => done() };
  const status = await command(args, { stdout, stderr: process.stderr, env: process.env });
  if (status !== 0) throw new Error(`the sample fails with ${status}`);
}

/** As helm-controller's worker renders it: from the archive in an artifact. */
function release() {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-warm-up-'));
  try {
    const archive = path.join(folder, 'chart.tgz');
    execFileSync('tar', ['-czf', archive, '-C', import.meta.dirname, 'chart']);
    const hash = createHash('sha256').update(readFileSync(archive));
    const input = {
      type: 'render',
      chart: { path: archive, digest: `sha256:${hash.digest('hex')}` },
      values: {},
      release: { name: 'sample', namespace: 'sample', revision: 1, isUpgrade: false },
      skipSchemaValidation: false,
      postRendering: { owner: { name: 'sample', namespace: 'sample' } },
    };
    run(input, { maxOutputBytes: 1 << 20 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function kustomization() {
  const input = {
    kustomization: {
      metadata: { name: 'sample', namespace: 'sample' },
      spec: { prune: true, targetNamespace: 'sample' },
    },
    source: { type: 'directory', directory: sample('overlay') },
    digest: 'sha256:',
    variables: { name: 'value' },
    strictSubstitution: false,
  };
  await run(input, { maxOutputBytes: 1 << 20 });
}

await runs[file.split(path.sep).slice(-2).join('/')]();
writeFileSync(`${file}.code`, script.createCachedData());
