// Rendering beside the real Helm: whole processes, and in process the first and the following renders of a chart.
// Run: node --conditions=sluice-source test/bench/helm.bench.ts. Charts of the corpus are measured where it is beside the repository.
// `npm run build` before it: what users run is measured where it is built, else the sources.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { toolPath } from '#test/support/tools';
import { withTempDir } from '#test/support/temp-dir';

const repository = path.join(import.meta.dirname, '..', '..');
const rounds = 9;

interface Subject {
  readonly name: string;
  readonly chart: string;
}

/** One run. The peak is NaN where GNU time is not installed. */
interface Measured {
  readonly ms: number;
  readonly peakMiB: number;
}

const isBuilt = existsSync(path.join(repository, 'dist', 'src', 'main.js'));
/** The engine's flags are those of the launcher: the built command brings compiled code for them. */
const flags = ['--stack-size=6000', '--max-semi-space-size=2', '--no-turbofan'];

/** A child that renders once, with the engine loaded but never used: loading the chart and writing included. */
const firstProbe = `
import process from 'node:process';
const { command } = await import(process.argv[1]);
const sink = { write: (_chunk, done) => done?.() };
const start = performance.now();
await command(['template', 'rel', process.argv[2], '--include-crds'], { stdout: sink, stderr: sink, env: process.env });
console.log(performance.now() - start);
`;

/** A child that keeps the chart, as workers do: the median of renders after the first ones. */
const warmProbe = `
import process from 'node:process';
import { loadChart, renderable, renderChart } from '#helm/engine/index';
const input = { values: {}, release: { name: 'rel', namespace: 'default', revision: 1, isUpgrade: false } };
const chart = renderable(loadChart(process.argv[1]));
const times = [];
for (let i = 0; i < 15; i++) { const at = performance.now(); renderChart(chart, input); times.push(performance.now() - at); }
console.log(times.slice(5).toSorted((a, b) => a - b)[5]);
`;

function wholeProcess(program: string, args: readonly string[]): Measured {
  const start = performance.now();
  // GNU time writes the peak.
  const isTimed = existsSync('/usr/bin/time');
  const command = isTimed ? '/usr/bin/time' : program;
  const all = isTimed ? ['-f', '%M', program, ...args] : [...args];
  const { status, stderr } = spawnSync(command, all, {
    cwd: repository,
    maxBuffer: 256 * 1024 * 1024,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program} failed: ${stderr.slice(0, 400)}`);
  const peakMiB = isTimed ? Number(stderr.trim().split('\n').at(-1)) / 1024 : Number.NaN;
  return { ms: performance.now() - start, peakMiB };
}

/** Milliseconds that a probe prints. */
function inProcess(nodeFlags: readonly string[], probe: string, args: readonly string[]): number {
  const all = [...nodeFlags, '--conditions=sluice-source', '--input-type=module', '-e', probe, ...args];
  return Number(execFileSync(process.execPath, all, { cwd: repository, encoding: 'utf8' }));
}

function firstRender(chart: string): number {
  const command = isBuilt ? ['dist', 'src', 'cli', 'helm.js'] : ['src', 'cli', 'helm.ts'];
  return inProcess(flags, firstProbe, [path.join(repository, ...command), chart]);
}

/** The program as users start it. */
function ourProgram(): readonly [program: string, ...args: string[]] {
  if (isBuilt) return [path.join(repository, 'bin', 'sluice.cjs')];
  return [process.execPath, '--conditions=sluice-source', path.join(repository, 'src', 'main.ts')];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
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

/** Whole processes and first renders take turns, so that what else the machine does hits all of them. */
function measure(helm: string, chart: string): Record<string, string> {
  const [program, ...first] = ourProgram();
  const real: Measured[] = [];
  const cold: Measured[] = [];
  const firsts: number[] = [];
  for (let round = 0; round < rounds; round++) {
    real.push(wholeProcess(helm, ['template', 'rel', chart, '--include-crds']));
    cold.push(wholeProcess(program, [...first, 'helm', 'template', 'rel', chart, '--include-crds']));
    firsts.push(firstRender(chart));
  }
  const ofReal = median(real.map(({ ms }) => ms));
  const show = (ms: number): string => `${ms.toFixed(1)} ms (${(ms / ofReal).toFixed(2)} ×)`;
  const peak = (runs: readonly Measured[]): string => `${median(runs.map(({ peakMiB }) => peakMiB)).toFixed(0)} MiB`;
  return {
    helm: `${ofReal.toFixed(0)} ms, ${peak(real)}`,
    'our CLI': `${show(median(cold.map(({ ms }) => ms)))}, ${peak(cold)}`,
    'load + first render': show(median(firsts)),
    'warm render': show(inProcess([], warmProbe, [chart])),
  };
}

const helm = (await toolPath('helm3')) ?? (await toolPath('helm'));
if (helm === undefined) {
  console.log('no real Helm to compare with');
} else {
  await withTempDir(async (folder) => {
    console.log(`beside ${path.basename(helm)}, medians of ${rounds}; × is our time divided by that of the real one`);
    const table: Record<string, Record<string, string>> = {};
    for (const { name, chart } of [...(await madeCharts(folder)), ...corpusCharts()])
      table[name] = measure(helm, chart);
    console.table(table);
  });
}
