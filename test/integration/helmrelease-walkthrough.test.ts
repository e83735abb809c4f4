// docs/walkthrough-helm.md, followed word by word: with ingress-nginx where the corpus is there, else with a chart like it.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chartArchive, chartServer, type ChartServer } from '#test/integration/chart-server';
import { sluiceOn, type TestSluice } from '#test/integration/sluice';
import { useOwnCluster } from '#test/support/controlplane';
import { installCrds } from '#test/support/crds';
import { documentedSteps, prints, type Step } from '#test/support/documented-steps';
import { PodStandIn } from '#test/support/pod-stand-in';
import { mustRun, run } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { toolOrSkip } from '#test/support/tools';

const page = path.resolve(import.meta.dirname, '../../docs/walkthrough-helm.md');
const corpus = path.resolve(import.meta.dirname, '../../../shared/tools/unpack.sh');
const upstream = 'https://kubernetes.github.io/ingress-nginx';

describe('the walk-through of a release', function () {
  this.timeout(180_000);
  const cluster = useOwnCluster();
  let server: ChartServer;
  let sluice: TestSluice;
  let pods: PodStandIn;
  let env: Record<string, string>;

  before(async function () {
    const programs = [await toolOrSkip(this, 'helm'), await toolOrSkip(this, 'kubectl')];
    const { kubeconfigPath, kubectl } = cluster();
    await installCrds(kubectl);
    server = await chartServer();
    sluice = await sluiceOn(cluster(), { roles: ['controllers'], flags: { 'min-retry-delay': '100ms' } });
    pods = await PodStandIn.start(sluice.context.client, 'apps');
    server.add('ingress-nginx', '4.15.1', await ingressNginx('4.15.1'));
    const home = await tempDir('home');
    const folders = [...programs.map((program) => path.dirname(program)), process.env['PATH'] ?? ''];
    env = { PATH: folders.join(':'), KUBECONFIG: kubeconfigPath, HOME: home };
  });
  after(async () => {
    await pods?.stop();
    await sluice?.stop();
    await server?.stop();
  });

  async function follow(step: Step): Promise<void> {
    if (step.type === 'manifest') {
      const { status, stderr } = await cluster().kubectl.apply(step.yaml.replaceAll(upstream, server.url));
      assert.equal(status, 0, stderr);
      return;
    }
    const { status, stdout, stderr } = await run('bash', ['-c', step.line], { env, timeout: 150_000 });
    if (status !== 0) {
      const conditions = ['get', 'helmrelease', '-n', 'apps', '-o', 'jsonpath={.items[*].status.conditions}'];
      assert.fail(`${step.line}\n${stderr}\n${await cluster().kubectl.ok(conditions)}`);
    }
    assert.ok(prints(step.output, stdout + stderr), `$ ${step.line}\n${stdout}${stderr}`);
  }

  it('is as the page says', async () => {
    const sections = documentedSteps(await readFile(page, 'utf8'));
    assert.ok(sections.filter(({ steps }) => steps.length > 0).length >= 6);
    for (const { title, steps } of sections) {
      // What the page says that others do.
      if (title.includes('new version')) server.add('ingress-nginx', '4.15.2', await ingressNginx('4.15.2'));
      for (const step of steps) await follow(step);
    }
  });
});

/** The chart as it is published, or one with the same objects to look at. */
async function ingressNginx(version: string): Promise<Buffer> {
  const unpacked = await run('bash', [corpus]).catch(() => undefined);
  if (unpacked?.status !== 0) return chartArchive('ingress-nginx', ownChart(version));
  const archive = path.join(unpacked.stdout.trim(), 'charts', 'kubernetes-ingress-nginx--ingress-nginx-4.15.1.tgz');
  const folder = await tempDir('chart');
  await mustRun('tar', ['-xzf', archive, '-C', folder]);
  const file = path.join(folder, 'ingress-nginx', 'Chart.yaml');
  const text = await readFile(file, 'utf8');
  assert.match(text, /^version: 4\.15\.1$/m);
  await writeFile(file, text.replace(/^version: .*$/m, `version: ${version}`));
  await mustRun('tar', ['-czf', path.join(folder, 'chart.tgz'), '-C', folder, 'ingress-nginx']);
  return readFile(path.join(folder, 'chart.tgz'));
}

function ownChart(version: string): Record<string, string> {
  const labels = '{app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/instance: "{{ .Release.Name }}"}';
  return {
    'Chart.yaml': `apiVersion: v2\nname: ingress-nginx\nversion: ${version}\nappVersion: 1.15.1\n`,
    'values.yaml': 'controller:\n  replicaCount: 1\n',
    'templates/controller.yaml':
      `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ingress-nginx-controller\n  labels: ${labels}\n` +
      `spec:\n  replicas: {{ .Values.controller.replicaCount }}\n  selector: {matchLabels: ${labels}}\n` +
      `  template:\n    metadata: {labels: ${labels}}\n    spec: {containers: [{name: controller, image: x.invalid/x}]}\n`,
    'templates/class.yaml':
      `apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata:\n  name: nginx\n  labels: ${labels}\n` +
      'spec: {controller: k8s.io/ingress-nginx}\n',
    'templates/job.yaml':
      `apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: ingress-nginx-admission-create\n  labels: ${labels}\n` +
      '  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}\n' +
      'spec:\n  template: {spec: {restartPolicy: Never, containers: [{name: create, image: x.invalid/x}]}}\n',
  };
}
