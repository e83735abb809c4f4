// `sluice helm template [NAME] [CHART]`: renders a chart as `helm template` does, with the same output, errors and status.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import {
  checkInstallable,
  loadChart,
  mergeUserValues,
  nameFromTemplate,
  prepareRender,
  renderable,
  renderPrepared,
  showOnly,
  systemError,
} from '#helm/engine/index';
import {
  type Capabilities,
  checkReleaseName,
  defaultCapabilities,
  type HelmMajor,
  type HelmWarning,
  type Hook,
  isTestHook,
  manifestParts,
  parseKubeVersion,
  type RenderableChart,
  type Rendered,
  type RenderInput,
  trimSpace,
  type ValuesMap,
  warningLine,
} from '#helm/index';
import { errorMessage } from '#lib/errors';
import { fromBytes, toBytes } from '#lib/go-string';
import type { Command, CommandIO } from './command.ts';
import { FlagError, type ParsedFlags, parseFlags } from './helm-flags.ts';
import { OutputFolder } from './helm-output-folder.ts';
import { print } from './output.ts';

const usage = 'usage: sluice helm template [NAME] [CHART] [flags]\n';

export const command: Command = async (argv, io) => {
  const [name, ...rest] = argv;
  if (name !== 'template' || rest.includes('--help') || rest.includes('-h')) {
    io.stderr.write(usage);
    return name === 'template' ? 0 : 2;
  }
  try {
    for (const chunk of chunks(await template(rest, io))) await print(io.stdout, toBytes(chunk));
    return 0;
  } catch (error) {
    io.stderr.write(toBytes(`Error: ${errorMessage(error)}\n`));
    return 1;
  }
};

/** Characters written at once: the output may be megabytes, which are not to be held a second time as one text. */
const chunkLength = 256 * 1024;

function* chunks(parts: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const part of parts) {
    chunk += part;
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

async function template(argv: readonly string[], io: CommandIO): Promise<Iterable<string>> {
  const flags = parseFlags(argv);
  const helm = helmMajor(flags);
  checkDryRun(flags, helm);
  const capabilities = capabilitiesOf(flags, helm);
  const { releaseName, chartPath } = nameAndChart(flags);
  const path = locate(chartPath, flags);
  const values = await valuesOf(flags, io, helm);
  const warn = (warning: HelmWarning): void => {
    io.stderr.write(toBytes(`${warningLine(warning)}\n`));
  };
  const chart = renderable(loadChart(path, { warn, helm }), { helm });
  checkInstallable(chart.chart, { helm });
  if (chart.chart.metadata.deprecated) io.stderr.write('WARNING: This chart is deprecated\n');
  checkReleaseName(releaseName);
  const input: RenderInput = {
    values,
    release: {
      name: releaseName,
      namespace: [flags.string('namespace'), io.env['HELM_NAMESPACE']].find(Boolean) ?? 'default',
      revision: 1,
      isUpgrade: flags.bool('is-upgrade'),
    },
    capabilities,
    helm,
    warn,
    skipSchemaValidation: flags.bool('skip-schema-validation'),
    subchartNotes: flags.bool('render-subchart-notes'),
  };
  const rendered = render(chart, input);
  const folder = flags.string('output-dir') ?? '';
  return folder === '' ? show(rendered, flags) : write(rendered, flags, { folder, releaseName });
}

/** Errors of the templates come with a hint that errors before them lack. */
function render(chart: RenderableChart, input: RenderInput): Rendered {
  const prepared = prepareRender(chart, input);
  try {
    return renderPrepared(chart, prepared, input);
  } catch (cause) {
    throw new Error(`${errorMessage(cause)}\n\nUse --debug flag to render out invalid YAML`, { cause });
  }
}

function show(rendered: Rendered, flags: ParsedFlags): Iterable<string> {
  const wanted = flags.list('show-only');
  const parts = documents(rendered, flags);
  return wanted.length === 0 ? parts : [showOnly([...parts].join(''), wanted)];
}

function* documents({ manifests, crds, hooks }: Rendered, flags: ParsedFlags): Generator<string> {
  let last = '';
  for (const part of manifestParts(manifests, flags.bool('include-crds') ? crds : [])) {
    yield last;
    last = part;
  }
  // The manifest ends with one line break, whatever the last CRD ends with.
  yield `${trimSpace(last)}\n`;
  for (const hook of shownHooks(hooks, flags)) yield `---\n# Source: ${hook.path}\n${hook.manifest}\n`;
}

function shownHooks(hooks: readonly Hook[], flags: ParsedFlags): readonly Hook[] {
  if (flags.bool('no-hooks')) return [];
  return flags.bool('skip-tests') ? hooks.filter((hook) => !isTestHook(hook)) : hooks;
}

interface Target {
  readonly folder: string;
  readonly releaseName: string;
}

/** Each document goes to a file of its template's name; what is printed says so. CRDs are of no release. */
function* write({ manifests, crds, hooks }: Rendered, flags: ParsedFlags, target: Target): Generator<string> {
  const top = new OutputFolder(target.folder);
  if (flags.bool('include-crds')) for (const crd of crds) yield top.add(crd.path, fromBytes(crd.data));
  const folder = flags.bool('release-name') ? new OutputFolder(join(target.folder, target.releaseName)) : top;
  for (const manifest of manifests) yield folder.add(manifest.path, manifest.content);
  // Hooks go behind whatever is there, of this run or an earlier one.
  for (const hook of shownHooks(hooks, flags)) yield folder.append(hook.path, hook.manifest);
  const [wanted] = flags.list('show-only');
  yield wanted === undefined ? '\n' : showOnly('', [wanted]);
}

function helmMajor(flags: ParsedFlags): HelmMajor {
  const asked = flags.string('helm-version') ?? '3';
  if (asked === '3' || asked === '4') return asked === '3' ? 3 : 4;
  throw new FlagError(`invalid argument ${JSON.stringify(asked)} for "--helm-version" flag: must be 3 or 4`);
}

function checkDryRun(flags: ParsedFlags, helm: HelmMajor): void {
  const asked = flags.string('dry-run') ?? 'client';
  const known = ['true', 'false', 'none', 'client', 'server', ...(helm === 4 ? ['unset'] : [])];
  if (known.includes(asked)) return;
  throw new FlagError(
    helm === 4
      ? `invalid dry-run value (${JSON.stringify(asked)}). Must be "none", "server", or "client"`
      : 'Invalid dry-run flag. Flag must one of the following: false, true, none, client, server',
  );
}

function capabilitiesOf(flags: ParsedFlags, helm: HelmMajor): Capabilities {
  const known = defaultCapabilities(helm);
  const asked = flags.string('kube-version') ?? '';
  return {
    kubeVersion: asked === '' ? known.kubeVersion : kubeVersion(asked, helm),
    apiVersions: [...known.apiVersions, ...flags.list('api-versions')],
    helmVersion: known.helmVersion,
  };
}

function kubeVersion(asked: string, helm: HelmMajor): Capabilities['kubeVersion'] {
  try {
    return parseKubeVersion(asked, helm);
  } catch (cause) {
    throw new FlagError(`invalid kube version '${asked}': ${errorMessage(cause)}`);
  }
}

function nameAndChart(flags: ParsedFlags): { releaseName: string; chartPath: string } {
  const { args } = flags;
  const [first, second] = args;
  if (first === undefined) {
    throw new FlagError('"helm template" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]');
  }
  if (args.length > 2) {
    throw new FlagError(`expected at most two arguments, unexpected arguments: ${args.slice(2).join(', ')}`);
  }
  const template = flags.string('name-template') ?? '';
  if (second === undefined) {
    return { releaseName: template === '' ? 'release-name' : nameFromTemplate(template), chartPath: first };
  }
  if (flags.bool('generate-name')) throw new FlagError('cannot set --generate-name and also specify a name');
  if (template !== '') {
    throw new FlagError('cannot set --name-template and also specify a name');
  }
  return { releaseName: first, chartPath: second };
}

/** Charts are local here: repositories and registries are the controllers' matter. */
function locate(chart: string, flags: ParsedFlags): string {
  const name = chart.trim();
  if (existsSync(name)) {
    if (flags.bool('verify')) throw unverifiable(name);
    return resolve(name);
  }
  if (isAbsolute(name) || name.startsWith('.')) throw new Error(`path ${JSON.stringify(name)} not found`);
  if (name.includes('://')) throw new Error(`chart ${JSON.stringify(name)} is no local directory or file`);
  const [repository = '', ...path] = name.split('/');
  if (path.length > 0) throw new Error(`repo ${repository} not found`);
  throw new Error(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${name}`);
}

function unverifiable(name: string): Error {
  if (statSync(name).isDirectory()) return new Error('unpacked charts cannot be verified');
  return new Error(`${name}: the provenance of charts is not verified here; leave --verify out`);
}

async function valuesOf(flags: ParsedFlags, io: CommandIO, helm: HelmMajor): Promise<ValuesMap> {
  const files = flags.list('values');
  const stdin = files.some((name) => name.trim() === '-') ? await readAll(io.stdin) : '';
  return mergeUserValues(
    {
      files,
      json: flags.list('set-json'),
      set: flags.list('set'),
      strings: flags.list('set-string'),
      fromFiles: flags.list('set-file'),
      literals: flags.list('set-literal'),
    },
    { helm, readFile: (name) => (name.trim() === '-' ? stdin : readText(name)) },
  );
}

function readText(name: string): string {
  try {
    return fromBytes(readFileSync(name));
  } catch (cause) {
    throw new Error(systemError(cause, 'open', name), { cause });
  }
}
