// The build's job with encrypted files: what is looked at, what is asked for, and what a message may quote.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '#controllers/kustomization/build-job';
import type { BuildInput, BuildOutput, MissingKeys } from '#controllers/kustomization/build';
import { keyId, type RemoteAnswer } from '#sops/index';
import { sealed, sealedDocument } from '#test/sops/sealed';
import { tempDir } from '#test/support/temp-dir';

const dataKey = randomBytes(32);
const key = { type: 'hc_vault', enc: 'x', address: 'https://vault.test', enginePath: 'transit', keyName: 'k' } as const;
const metadata = { hc_vault: [{ vault_address: key.address, engine_path: 'transit', key_name: 'k', enc: 'x' }] };
const known = new Map<string, RemoteAnswer>([[keyId(key), { part: dataKey }]]);

async function job(
  files: Readonly<Record<string, string>>,
  { answers = known, spec = {} }: { readonly answers?: ReadonlyMap<string, RemoteAnswer>; readonly spec?: object } = {},
): Promise<BuildOutput | MissingKeys> {
  const directory = await tempDir('artifact');
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), content);
  }
  const input: BuildInput = {
    source: { type: 'directory', directory },
    digest: 'sha256:0',
    kustomization: { metadata: { name: 'k' }, spec: spec as BuildInput['kustomization']['spec'] },
    strictSubstitution: false,
    decryption: { files: [], where: 'the test', answers },
  };
  return (await run(input, { maxOutputBytes: 1 << 24 })) as BuildOutput | MissingKeys;
}

async function built(files: Readonly<Record<string, string>>, spec: object = {}): Promise<BuildOutput['objects']> {
  const result = await job(files, { spec });
  assert.ok('objects' in result);
  return result.objects;
}

function kustomization(content: object): string {
  return JSON.stringify({ generatorOptions: { disableNameSuffixHash: true }, ...content });
}

const file = sealedDocument(dataKey, 'hidden', metadata);
const made = kustomization({ secretGenerator: [{ name: 'made', files: ['file.json'] }] });

describe('a build of encrypted files', () => {
  it('names the keys it wants of services before it builds anything', async () => {
    assert.deepEqual(await job({ 'kustomization.yaml': made, 'file.json': file }, { answers: new Map() }), {
      wanted: [[key]],
    });
  });

  it('follows directories, whichever way they are named', async () => {
    const below = await built(
      {
        'a/kustomization.yaml': kustomization({ resources: ['../b'] }),
        'b/kustomization.yaml': made,
        'b/file.json': file,
      },
      { path: './a/' },
    );
    const [secret] = below as unknown as { data: Record<string, string> }[];
    assert.match(Buffer.from(secret!.data['file.json']!, 'base64').toString('utf8'), /"password": "hidden"/);
  });

  it('leaves what ConfigMaps are made of as it is', async () => {
    const files = { 'kustomization.yaml': made.replace('secretGenerator', 'configMapGenerator'), 'file.json': file };
    const [configMap] = (await built(files)) as unknown as { data: Record<string, string> }[];
    assert.equal(configMap?.data['file.json'], file);
  });

  for (const { what, files, message } of [
    {
      what: 'a directory without a kustomization',
      files: { 'kustomization.yaml': kustomization({ resources: ['below'] }), 'below/a.txt': '' },
      message: 'error decrypting sources: no kustomization file found',
    },
    {
      what: 'a directory with two',
      files: {
        'kustomization.yaml': kustomization({ resources: ['below'] }),
        'below/kustomization.yaml': '{}',
        'below/Kustomization': '{}',
      },
      message: 'error decrypting sources: found multiple kustomization files',
    },
    {
      what: 'a file that is too large',
      files: { 'kustomization.yaml': made, 'file.json': 'x'.repeat(5 * 1024 * 1024 + 1) },
      message: 'error decrypting sources: cannot decrypt file with size (5242881 bytes) exceeding limit (5242880)',
    },
    {
      what: 'a file that is not there',
      files: { 'kustomization.yaml': made },
      message: 'error decrypting sources: lstat file.json: no such file or directory',
    },
    {
      what: 'a value that was not encrypted',
      files: { 'kustomization.yaml': made, 'file.json': file.replace(/"ENC\[AES[^"]*"/, '"forgotten"') },
      message:
        "error decrypting sources: error decrypting sops tree: Error walking tree: Could not decrypt value: Input string <redacted> does not match sops' data format",
    },
  ]) {
    it(`says what is wrong: ${what}`, async () => {
      await assert.rejects(job(files), { message });
    });
  }

  it('quotes no word that was encrypted in a patch', async () => {
    const patch = {
      apiVersion: sealed(dataKey, 'v1', 'apiVersion:'),
      kind: sealed(dataKey, 'Secret', 'kind:'),
      metadata: { name: sealed(dataKey, 'hidden-name', 'metadata:name:') },
      sops: { ...metadata, mac: 'ENC[not looked at]' },
    };
    const files = {
      'kustomization.yaml': kustomization({ resources: ['a.yaml'], patches: [{ path: 'patch.json' }] }),
      'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n',
      'patch.json': JSON.stringify(patch, undefined, 1),
    };
    const error = await job(files).then(
      () => assert.fail('it was built'),
      (error: unknown) => error as Error,
    );
    assert.match(error.message, /^kustomize build failed: .*\*\*\*/s);
    assert.doesNotMatch(error.message, /hidden/);
  });
});
