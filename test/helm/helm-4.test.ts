// What Helm 4 says otherwise than Helm 3, by charts of one template: results of Helm 4.1.4.
import assert from 'node:assert/strict';
import { withTempDir } from '#test/support/temp-dir';
import { ours, writeFiles } from './support/run-template.ts';

const meta = 'apiVersion: v2\nname: c\nversion: 1.0.0\n';

/** The output of a chart, or its error. */
async function helm4(files: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<string> {
  let said = '';
  await withTempDir(async (folder) => {
    await writeFiles(folder, { 'c/Chart.yaml': meta, ...files });
    const inFolder = args.map((arg) => arg.replaceAll('{DIR}', folder));
    const { status, stdout, stderr } = await ours(['rel', `${folder}/c`, '--helm-version', '4', ...inFolder]);
    said = (status === 0 ? stdout.split('\n').slice(2).join('\n') : stderr).replaceAll(folder, '{DIR}');
  });
  return said;
}

const rendered = (template: string, args?: readonly string[]): Promise<string> =>
  helm4({ 'c/templates/a.yaml': template }, args);

const ofApiVersion = (text: string): Promise<string> => helm4({ 'c/Chart.yaml': meta.replace('v2', text) });

describe('helm template of Helm 4', () => {
  it('has a field more in the Kubernetes version', async () => {
    const template = 'a: {{ .Capabilities.KubeVersion }} {{ toString .Capabilities.KubeVersion | quote }}';
    assert.equal(await rendered(template), 'a: v1.35.0 "{v1.35.0 v1.35.0 1 35}"\n');
    assert.equal(
      await rendered(template, ['--kube-version', '1.29.3-gke.1']),
      'a: v1.29.3-gke.1 "{v1.29.3-gke.1 v1.29.3 1 29}"\n',
    );
    assert.equal(await rendered('a: {{ typeOf .Capabilities.KubeVersion }}'), 'a: common.KubeVersion\n');
    assert.equal(await rendered('a: {{ typeOf .Capabilities.APIVersions }}'), 'a: common.VersionSet\n');
    assert.equal(
      await rendered('a: {{ toJson .Capabilities.KubeVersion }}'),
      'a: {"Version":"v1.35.0","Major":"1","Minor":"35"}\n',
    );
  });

  it('looks at the apiVersion before the rest', async () => {
    assert.equal(await ofApiVersion('v3'), 'Error: invalid chart apiVersion\n');
    assert.equal(await ofApiVersion('foo'), 'Error: unsupported chart version\n');
  });

  it('misses dependencies in small letters', async () => {
    assert.equal(
      await helm4({ 'c/Chart.yaml': `${meta}dependencies: [{name: s, version: "1", repository: ""}]\n` }),
      'Error: an error occurred while checking for chart dependencies. You may need to run `helm dependency build` to ' +
        'fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: s\n',
    );
  });
});
