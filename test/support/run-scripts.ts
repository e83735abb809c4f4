// Runs every script below a folder whose name has a certain ending, one after the other: the benchmarks, the fuzzers.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { scriptsIn } from './scripts-in.ts';

const [folder = '', ending = ''] = process.argv.slice(2);
const failed: string[] = [];
for (const script of await scriptsIn(folder, ending)) {
  console.log(`\n== ${path.relative(folder, script)}`);
  const { status } = spawnSync(process.execPath, [...process.execArgv, script], { stdio: 'inherit' });
  if (status !== 0) failed.push(script);
}
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
