// The release that tests of faults disturb: its chart, and whether helm, its HelmRelease and the cluster agree on it.
import assert from 'node:assert/strict';
import type { KubeObject } from '#kube/object';
import { chartContent } from '#test/integration/chart-server';
import { historyOf, type ReleaseStage } from '#test/integration/helmrelease-stage';
import { mustRun } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { toolOrSkip } from '#test/support/tools';

export const configMaps = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };
const services = { ...configMaps, plural: 'services' };
const deployments = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true };

/** Two ConfigMaps (`-b` by value), a Service, a Deployment; hooks take themselves away when they succeed. */
const content = {
  'values.yaml': 'tag: old\nbroken: false\nextra: false\nreplicas: 1\nport: 80\n',
  'templates/cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-a"}\ndata: {tag: "{{ .Values.tag }}"}\n',
  'templates/extra.yaml':
    '{{ if .Values.extra }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-b"}\n{{ end }}\n',
  'templates/service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\nspec:\n  ports: [{port: {{ .Values.port }}}]\n',
  'templates/deployment.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: "{{ .Release.Name }}"}\nspec:\n' +
    '  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: "{{ .Release.Name }}"}}\n' +
    '  template:\n    metadata: {labels: {app: "{{ .Release.Name }}", tag: "{{ .Values.tag }}"}}\n' +
    '    spec: {containers: [{name: x, image: x.invalid/x}]}\n',
  'templates/hook.yaml': hookText('hook', 'pre-install,pre-upgrade,pre-delete'),
  'templates/back.yaml': hookText('back', 'pre-rollback'),
  'templates/test.yaml': hookText('test', 'test'),
  // Everything is applied by then; the API server refuses the name.
  'templates/broken.yaml': `{{ if .Values.broken }}\n${hookText('BROKEN', 'post-install,post-upgrade')}{{ end }}\n`,
};

function hookText(suffix: string, events: string): string {
  return (
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "{{ .Release.Name }}-${suffix}"\n  annotations:\n` +
    `    helm.sh/hook: ${events}\n    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded\n`
  );
}

export async function publishFaulty({ server }: ReleaseStage, version = '1.0.0'): Promise<Buffer> {
  return server.publish('faulty', version, { files: chartContent('faulty', version, content) });
}

export type HelmCommand = (args: readonly string[]) => Promise<string>;

/** The real helm in the stage's namespace; skips where there is none. */
export async function helmFor(
  context: Mocha.Context,
  { namespace }: ReleaseStage,
  { kubeconfig, program = 'helm' }: { readonly kubeconfig: string; readonly program?: 'helm' | 'helm3' },
): Promise<HelmCommand> {
  const file = await toolOrSkip(context, program);
  const home = await tempDir('helm');
  const env = { KUBECONFIG: kubeconfig, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
  return (args) => mustRun(file, ['--namespace', namespace, ...args], { env });
}

export class FaultyRelease {
  readonly #stage: ReleaseStage;
  readonly #helm: HelmCommand;
  readonly name: string;

  constructor(stage: ReleaseStage, helm: HelmCommand, name: string) {
    this.#stage = stage;
    this.#helm = helm;
    this.name = name;
  }

  /** One revision is deployed, the newest; helm and the history say the same; no object is missing or left over. */
  async agrees(suffixes: readonly string[] = ['', '-a']): Promise<void> {
    const { name } = this;
    const [snapshot] = historyOf(await this.#stage.get(name));
    const ask = async <T>(...args: string[]): Promise<T> => JSON.parse(await this.#helm([...args, '-o', 'json'])) as T;
    const rows = await ask<{ revision: number; status: string }[]>('history', name);
    const deployed = rows.filter(({ status }) => status === 'deployed').map(({ revision }) => revision);
    assert.deepEqual(deployed, [snapshot!.version], JSON.stringify(rows));
    assert.equal(rows.at(-1)!.revision, snapshot!.version);
    assert.ok(
      rows.every(({ status }) => ['deployed', 'superseded', 'failed'].includes(status)),
      JSON.stringify(rows),
    );
    const status = await ask<{ info: { status: string }; version: number }>('status', name);
    assert.deepEqual([status.version, status.info.status], [snapshot!.version, 'deployed']);
    const listed = await ask<{ revision: string }[]>('list', '--filter', `^${name}$`);
    assert.deepEqual(
      listed.map(({ revision }) => revision),
      [String(snapshot!.version)],
    );
    assert.deepEqual(await this.objects(), suffixes.map((suffix) => name + suffix).toSorted());
  }

  /** Nothing of it is left, neither objects nor a record. */
  async isGone(): Promise<void> {
    assert.deepEqual(await this.objects(), []);
    assert.deepEqual(JSON.parse(await this.#helm(['list', '--filter', `^${this.name}$`, '-o', 'json'])), []);
  }

  /** Names of its ConfigMaps, Services and Deployments, hooks included. */
  async objects(): Promise<string[]> {
    const { client, namespace } = this.#stage;
    const lists = await Promise.all(
      [configMaps, services, deployments].map((kind) => client.list<KubeObject>(kind, { namespace })),
    );
    const own = ['', '-a', '-b', '-hook', '-back', '-test'].map((suffix) => this.name + suffix);
    const names = lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name ?? ''));
    return [...new Set(names.filter((name) => own.includes(name)))].toSorted();
  }

  async tag(): Promise<string | undefined> {
    const map = await this.#stage.find('configmaps', `${this.name}-a`);
    return (map?.['data'] as { tag?: string } | undefined)?.tag;
  }
}
