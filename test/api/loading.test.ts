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

  it('loads no package to judge an object, and no CEL engine', async () => {
    const files = await loadedBy(`
      const { gitRepository } = await import('#api/source/gitrepository');
      const { ObjectValidator } = await import('#api/derive/validate');
      new ObjectValidator(gitRepository, gitRepository.versions[0]).judge({ metadata: {}, spec: {} });`);
    const packages = files.filter((file) => file.startsWith('node_modules/'));
    assert.deepEqual(packages, []);
    assert.ok(files.includes('src/api/derive/rule-evaluation.ts'), files.join('\n'));
  });
});
