// Records what the real Helm 3.19 does with every case: `node --conditions=sluice-source test/helm/support/record-goldens.ts`.
import { writeFile } from 'node:fs/promises';
import { toolPath } from '#test/support/tools';
import { withTempDir } from '#test/support/temp-dir';
import { argsIn, type GoldenCase, goldenCases } from './golden-cases.ts';
import { goldenFile, type GoldenSet, type Recorded } from './golden.ts';
import { theirs, writeFiles } from './run-template.ts';

const helm = await toolPath('helm3');
if (helm === undefined) throw new Error('Helm 3.19 is not to be had here');

async function record(entry: GoldenCase, program: string): Promise<Recorded> {
  return withTempDir(async (folder) => {
    await writeFiles(folder, entry.files);
    const { status, stdout, stderr } = await theirs(program, argsIn(entry, folder), folder);
    return { status, stdout: stdout.replaceAll(folder, '{DIR}'), stderr: stderr.replaceAll(folder, '{DIR}') };
  });
}

for (const [set, cases] of Object.entries(goldenCases) as [GoldenSet, readonly GoldenCase[]][]) {
  const results: Record<string, Recorded> = {};
  for (const entry of cases) results[entry.name] = await record(entry, helm);
  await writeFile(goldenFile(set), `${JSON.stringify(results, undefined, 1)}\n`);
  console.log(`${set}: ${cases.length} cases`);
}
