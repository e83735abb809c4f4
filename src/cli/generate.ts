// `sluice generate [--check]`: writes everything that is derived from the declarations in src/api and checked in.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { crdName } from '#api/derive/crd';
import { allKinds } from '#api/scheme';
import { packageRoot } from '#dev/package-root';
import type { Command } from './command.ts';
import { crdYaml } from './generate/crds.ts';
import { kindPage } from './generate/kind-page.ts';
import { rulesModule } from './generate/rules.ts';

const GENERATED = 'src/api/generated';
const CRDS = 'crds';
const PAGES = 'docs/kinds';

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(path.join(packageRoot(), file), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Every generated file by its path below the root of the repository. */
async function generatedFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>([[`${GENERATED}/rules.ts`, rulesModule(allKinds)]]);
  for (const definition of allKinds) {
    const name = definition.kind.toLowerCase();
    files.set(`${CRDS}/${crdName(definition)}.yaml`, crdYaml(definition));
    const page = `${PAGES}/${name}.md`;
    files.set(page, kindPage(definition, await textOf(page)));
  }
  return files;
}

/** Files in folders that hold nothing but generated ones, and that no kind stands for any more. */
async function strayFiles(files: ReadonlyMap<string, string>): Promise<string[]> {
  const listed = await Promise.all(
    [GENERATED, CRDS].map(async (folder) => {
      const names = await readdir(path.join(packageRoot(), folder)).catch(() => []);
      return names.map((name) => `${folder}/${name}`);
    }),
  );
  return listed.flat().filter((file) => !files.has(file));
}

/** Writes, or with --check only compares; exits with 1 when something is out of date. */
export const command: Command = async (args, io) => {
  const unknown = args.filter((arg) => arg !== '--check');
  if (unknown.length > 0) {
    io.stderr.write(`usage: sluice generate [--check]\n`);
    return 2;
  }
  const files = await generatedFiles();
  const stray = await strayFiles(files);
  const stale: string[] = [];
  for (const [file, text] of files) {
    if ((await textOf(file)) !== text) {
      stale.push(file);
    }
  }
  if (args.includes('--check')) {
    for (const file of [...stale, ...stray]) {
      io.stderr.write(`${file} is out of date: run \`npm run generate\`\n`);
    }
    return stale.length + stray.length === 0 ? 0 : 1;
  }
  for (const file of stale) {
    await mkdir(path.dirname(path.join(packageRoot(), file)), { recursive: true });
    await writeFile(path.join(packageRoot(), file), files.get(file) ?? '');
  }
  await Promise.all(stray.map((file) => rm(path.join(packageRoot(), file))));
  io.stdout.write(`${stale.length} of ${files.size} files written, ${stray.length} removed\n`);
  return 0;
};
