// Rendering beside the real Helm: whole processes, and in process the first and the following renders of a chart.
// Run: node --conditions=sluice-source test/bench/helm.bench.ts. Charts of the corpus are measured where it is beside the repository.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { toolPath } from '#test/support/tools';
import { withTempDir } from '#test/support/temp-dir';

const repository = path.join(import.meta.dirname, '..', '..');
const rounds = 5;

interface Subject {
  readonly name: string;
  readonly chart: string;
}

interface Measured {
  readonly ms: number;
  readonly peakMiB: number;
}

interface InProcess {
  readonly loadMs: number;
  readonly firstMs: number;
  readonly warmMs: number;
  readonly peakMiB: number;
}

/** A child that measures itself: loading, the first render, and the best of the following ones. */
const probe = `
import { loadChart, renderable, renderChart } from '#helm/engine/index';
const input = { values: {}, release: { name: 'rel', namespace: 'default', revision: 1, isUpgrade: false } };
const start = performance.now();
const chart = renderable(loadChart(process.argv[1]));
const loaded = performance.now();
renderChart(chart, input);
const first = performance.now();
let best = Infinity;
for (let i = 0; i < 12; i++) { const at = performance.now(); renderChart(chart, input); best = Math.min(best, performance.now() - at); }
console.log(JSON.stringify({ loadMs: loaded - start, firstMs: first - loaded, warmMs: best, peakMiB: process.resourceUsage().maxRSS / 1024 }));
`;

function wholeProcess(program: string, args: readonly string[]): Measured {
  let best = Number.POSITIVE_INFINITY;
  let peakMiB = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    // GNU time writes the peak, where it is installed; else the time alone is measured.
    const timed = existsSync('/usr/bin/time');
    const command = timed ? '/usr/bin/time' : program;
    const all = timed ? ['-f', '%M', program, ...args] : [...args];
    const { status, stderr } = spawnSync(command, all, {
      cwd: repository,
      maxBuffer: 256 * 1024 * 1024,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${program} failed: ${stderr.slice(0, 400)}`);
    best = Math.min(best, performance.now() - start);
    const peak = Number(stderr.trim().split('\n').at(-1));
    if (timed) peakMiB = Math.min(peakMiB, peak / 1024);
  }
  return { ms: best, peakMiB };
}

function inProcess(chart: string): InProcess {
  const args = ['--conditions=sluice-source', '--input-type=module', '-e', probe, chart];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: repository, encoding: 'utf8' })) as InProcess;
}

/** The program as users start it, when it is built: sources are stripped of their types at every start. */
function ourProgram(): readonly [program: string, ...args: string[]] {
  if (existsSync(path.join(repository, 'dist', 'src', 'main.js'))) return [path.join(repository, 'bin', 'sluice.cjs')];
  return [process.execPath, '--conditions=sluice-source', path.join(repository, 'src', 'main.ts')];
}

async function writeChart(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

const meta = (name: string): string => `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`;
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "names" . }}-SUFFIX
  labels: {{- toYaml (merge (dict "app" .Chart.Name) .Values.labels) | nindent 4 }}
spec:
  replicas: {{ .Values.replicas | default 1 }}
  template:
    spec:
      containers:
        {{- range $name, $image := .Values.images }}
        - name: {{ $name | quote }}
          image: {{ printf "%s:%s" $image.repository ($image.tag | toString) }}
          resources: {{- toYaml $image.resources | nindent 12 }}
        {{- end }}
`;
const helpers =
  '{{- define "names" -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end }}\n';
const values = `labels: {team: a, tier: "1"}
replicas: 2
images:
  main: {repository: example.com/main, tag: 1.25, resources: {limits: {cpu: 100m, memory: 128Mi}}}
  side: {repository: example.com/side, tag: v2, resources: {}}
`;

function manyTemplates(count: number): Record<string, string> {
  const files: Record<string, string> = {
    'Chart.yaml': meta('many'),
    'values.yaml': values,
    'templates/_helpers.tpl': helpers,
  };
  for (let i = 0; i < count; i++) files[`templates/d${i}.yaml`] = deployment.replace('SUFFIX', String(i));
  return files;
}

function umbrella(charts: number): Record<string, string> {
  const files: Record<string, string> = {};
  let dependencies = 'dependencies:\n';
  for (let i = 0; i < charts; i++) {
    dependencies += `- {name: sub${i}, version: "*", repository: "", condition: sub${i}.enabled}\n`;
    files[`charts/sub${i}/Chart.yaml`] = meta(`sub${i}`);
    files[`charts/sub${i}/values.yaml`] = `enabled: true\n${values}`;
    files[`charts/sub${i}/templates/_helpers.tpl`] = helpers;
    for (let j = 0; j < 10; j++) files[`charts/sub${i}/templates/d${j}.yaml`] = deployment.replace('SUFFIX', String(j));
  }
  return { ...files, 'Chart.yaml': meta('umbrella') + dependencies, 'values.yaml': 'global: {region: x}\n' };
}

async function madeCharts(folder: string): Promise<Subject[]> {
  const made: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    tiny: {
      'Chart.yaml': meta('tiny'),
      'templates/a.yaml': 'kind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n',
    },
    '300 templates': manyTemplates(300),
    'umbrella of 20': umbrella(20),
  };
  for (const [name, files] of Object.entries(made)) await writeChart(path.join(folder, name), files);
  return Object.keys(made).map((name) => ({ name, chart: path.join(folder, name) }));
}

function corpusCharts(): Subject[] {
  const unpack = path.join(repository, '..', 'shared', 'tools', 'unpack.sh');
  if (!existsSync(unpack)) return [];
  const folder = path.join(execFileSync(unpack, { encoding: 'utf8' }).trim(), 'charts');
  return ['ingress-nginx', 'kube-prometheus-stack'].flatMap((name) => {
    const file = readdirSync(folder).find((entry) => entry.includes(`--${name}-`));
    return file === undefined ? [] : [{ name, chart: path.join(folder, file) }];
  });
}

const helm = (await toolPath('helm3')) ?? (await toolPath('helm'));
if (helm === undefined) {
  console.log('no real Helm to compare with');
} else {
  await withTempDir(async (folder) => {
    const [program, ...first] = ourProgram();
    console.log(`beside ${path.basename(helm)}, best of ${rounds}; × is the time of the real one divided by ours`);
    const table: Record<string, Record<string, string>> = {};
    for (const { name, chart } of [...(await madeCharts(folder)), ...corpusCharts()]) {
      const real = wholeProcess(helm, ['template', 'rel', chart, '--include-crds']);
      const cold = wholeProcess(program, [...first, 'helm', 'template', 'rel', chart, '--include-crds']);
      const inside = inProcess(chart);
      const show = (ms: number): string => `${ms.toFixed(1)} ms (× ${(real.ms / ms).toFixed(1)})`;
      table[name] = {
        helm: `${real.ms.toFixed(0)} ms, ${real.peakMiB.toFixed(0)} MiB`,
        'our CLI': `${show(cold.ms)}, ${cold.peakMiB.toFixed(0)} MiB`,
        'load + first render': show(inside.loadMs + inside.firstMs),
        'warm render': show(inside.warmMs),
      };
    }
    console.table(table);
  });
}
