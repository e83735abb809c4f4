// Runs a joined module (its path without `.js` is given) on the sample of its kind, and writes the code of what ran beside it.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const samples = {
  helm: ['template', 'sample', path.join(import.meta.dirname, 'chart'), '--include-crds'],
  kustomize: ['build', path.join(import.meta.dirname, 'overlay')],
};

const [file] = process.argv.slice(2);
rmSync(`${file}.code`, { force: true });
const { command, script } = await import(`${file}.js`);
const stdout = { write: (_chunk, done) => done() };
const status = await command(samples[path.basename(file)], { stdout, stderr: process.stderr, env: process.env });
if (status === 0) writeFileSync(`${file}.code`, script.createCachedData());
process.exitCode = status;
