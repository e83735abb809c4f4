// What is checked in is what the declarations give.
import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { customResourceDefinition } from '#api/derive/crd';
import { storageVersion } from '#api/kind';
import { allKinds } from '#api/scheme';
import { command } from '../../src/cli/generate.ts';
import { crdYaml } from '../../src/cli/generate/crds.ts';
import { kindPage } from '../../src/cli/generate/kind-page.ts';
import { rulesModule } from '../../src/cli/generate/rules.ts';
import { kindNamed } from '../api/kinds.ts';

async function run(...args: string[]): Promise<{ status: number; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const status = await command(args, { stdin: Readable.from([]), stdout, stderr, env: {} });
  stdout.end();
  stderr.end();
  return { status, stderr: await text(stderr) };
}

describe('sluice generate', () => {
  it('--check finds nothing out of date', async () => {
    assert.deepEqual(await run('--check'), { status: 0, stderr: '' });
  });

  it('refuses other arguments', async () => {
    assert.equal((await run('--chekc')).status, 2);
  });

  it('writes definitions that read back as what was declared', () => {
    for (const definition of allKinds) {
      assert.deepEqual(parse(crdYaml(definition)), JSON.parse(JSON.stringify(customResourceDefinition(definition))));
    }
  });

  it('writes the same text every time', () => {
    assert.equal(rulesModule(allKinds), rulesModule(allKinds));
  });

  it('changes a page between its marks only', () => {
    const { definition } = kindNamed('Bucket');
    const page = kindPage(definition, undefined);
    const [begin = '', end = ''] = page.match(/<!-- (?:fields|end).*-->/gu) ?? [];
    const written = `# Mine\n\nBefore.\n\n${begin}\nold\n${end}\n\nAfter.\n`;
    const updated = kindPage(definition, written);
    assert.ok(updated.startsWith('# Mine\n\nBefore.\n'));
    assert.ok(updated.endsWith('\n\nAfter.\n'));
    assert.ok(!updated.includes('\nold\n'));
    assert.ok(updated.includes('`spec.bucketName`'));
    assert.throws(() => kindPage(definition, '# No marks\n'), /lacks the marks/u);
  });

  it('names every field of the storage version on the page of the kind', () => {
    for (const definition of allKinds) {
      const page = kindPage(definition, undefined);
      const { spec } = storageVersion(definition);
      for (const name of Object.keys(spec.json.properties ?? {})) {
        assert.ok(page.includes(`\`spec.${name}\``), `${definition.kind} ${name}`);
      }
    }
  });
});
