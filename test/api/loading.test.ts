// What importing a kind brings in: its declaration, and no validator until one is asked for.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const root = path.resolve(import.meta.dirname, '../..');

/** The modules of src and node_modules that a program loads, relative to the repository. */
async function loadedBy(program: string): Promise<readonly string[]> {
  const hooked = `
    import { registerHooks } from 'node:module';
    const urls = [];
    registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
    ${program}
    process.stdout.write(JSON.stringify(urls));`;
  const args = ['--conditions=sluice-source', '--input-type=module', '--eval', hooked];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  const urls = JSON.parse(stdout) as string[];
  return urls.filter((url) => url.startsWith('file:')).map((url) => path.relative(root, new URL(url).pathname));
}

describe('loading the kinds', () => {
  it('loads no validator and no package for a kind or for the whole scheme', async () => {
    const files = await loadedBy("await import('#api/source/gitrepository'); await import('#api/scheme');");
    assert.ok(files.includes('src/api/source/gitrepository.ts'), files.join('\n'));
    assert.deepEqual(
      files.filter((file) => !file.startsWith('src/api/') || file.startsWith('src/api/generated/')),
      [],
    );
  });

  it("loads one kind's validator when it is asked for, and no CEL engine", async () => {
    const files = await loadedBy(`
      const { gitRepository } = await import('#api/source/gitrepository');
      const { loadValidator } = await import('#api/derive/validate');
      await loadValidator(gitRepository, gitRepository.versions[0]);`);
    assert.deepEqual(
      files.filter((file) => file.startsWith('src/api/generated/')),
      ['src/api/generated/loaders.ts', 'src/api/generated/gitrepository.ts'],
    );
    const packages = files.filter((file) => file.startsWith('node_modules/'));
    assert.deepEqual(packages, ['node_modules/ajv/dist/runtime/ucs2length.js']);
  });
});
