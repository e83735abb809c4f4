// The import rings: the linter refuses every edge that points upwards, and the sources have no edge that is not named here.
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';

const root = path.resolve(import.meta.dirname, '../..');

const engines = [
  'git',
  'oci',
  'bucket',
  'verify',
  'cloudauth',
  'sops',
  'gotemplate',
  'helm',
  'kustomize',
  'envsubst',
  'cel',
  'imagepolicy',
];
const rules = ['webhooks/validate', 'webhooks/mutate', 'webhooks/policies'];
const top = ['notify', 'apiserver', 'webhooks/server', 'webhooks/certs', 'cli', 'dev', 'main'];
/** Of the top ring, those that know neither controllers nor the command line. */
const servers = ['notify', 'apiserver', 'webhooks/server', 'webhooks/certs'];
const rings: readonly (readonly string[])[] = [
  ['api', 'lib', 'goyaml'],
  ['net', 'kube', 'artifact', 'workers'],
  engines,
  ['runtime'],
  ['controllers'],
  top,
];
const ioModules = [
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:http',
  'node:https',
  'node:tls',
  'node:child_process',
  'undici',
];

interface Edge {
  readonly from: string;
  readonly to: string;
}

/** Edges that the linter must refuse. */
function forbiddenEdges(): Edge[] {
  const edges: Edge[] = [];
  rings.slice(0, -1).forEach((rooms, ring) => {
    const above = [...rings.slice(ring + 1).flat(), ...(ring < 3 ? rules : [])];
    for (const from of rooms) for (const to of above) edges.push({ from, to: specifier(to) });
  });
  // What the rules share lies beside their folders.
  for (const from of [...rules, 'webhooks']) {
    const allowed = new Set(['api', 'lib', 'cel', 'imagepolicy', 'goyaml', ...rules]);
    const rooms = rings.flat().filter((room) => !allowed.has(room));
    for (const to of rooms) edges.push({ from, to: specifier(to) });
  }
  for (const from of [...(rings[0] ?? []), ...rules]) for (const to of ioModules) edges.push({ from, to });
  for (const from of servers) {
    for (const to of ['controllers', 'cli', 'dev', 'main']) edges.push({ from, to: specifier(to) });
  }
  for (const from of engines) edges.push({ from, to: '@kubernetes/client-node' });
  return edges;
}

/** The same edges written as a path instead of by the house's alias. */
function asRelative({ from, to }: Edge): Edge | undefined {
  if (!to.startsWith('#') || to.startsWith('#webhooks/') || from.startsWith('webhooks')) return undefined;
  return { from, to: `../${to.slice(1)}.ts` };
}

/** Edges that the linter must let pass. */
function allowedEdges(): Edge[] {
  const edges: Edge[] = [];
  rings.forEach((rooms, ring) => {
    for (const from of rooms)
      for (const to of rings.slice(0, ring).flat()) {
        if (!(engines.includes(from) && to === 'kube') && !(servers.includes(from) && to === 'controllers'))
          edges.push({ from, to: specifier(to) });
      }
  });
  for (const from of rules)
    for (const to of ['api', 'lib', 'cel', 'imagepolicy']) edges.push({ from, to: specifier(to) });
  return edges;
}

function specifier(room: string): string {
  return room === 'main' ? '#main' : `#${room}/file`;
}

function folderOf(room: string): string {
  return room.startsWith('webhooks') ? room : `src/${room}`;
}

/** Lints one file per edge and gives back the edges that were refused. */
async function refused(edges: readonly Edge[]): Promise<Set<Edge>> {
  const dir = await tempDir('rings');
  await cp(path.join(root, '.oxlintrc.json'), path.join(dir, '.oxlintrc.json'));
  const byFile = new Map<string, Edge>();
  for (const [index, edge] of edges.entries()) {
    const file = `${folderOf(edge.from)}/edge-${index}.ts`;
    byFile.set(file, edge);
    await mkdir(path.join(dir, path.dirname(file)), { recursive: true });
    await writeFile(path.join(dir, file), `import { x } from '${edge.to}';\nexport const y = x;\n`);
  }
  const args = ['--format', 'json', '--disable-nested-config', '-c', '.oxlintrc.json', '.'];
  const { stdout } = await run(path.join(root, 'node_modules/.bin/oxlint'), args, { cwd: dir });
  const report = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[]; number_of_files: number };
  // Zero refusals because nothing was read would pass half of this file.
  assert.equal(report.number_of_files, edges.length);
  const found = new Set<Edge>();
  for (const { code, filename } of report.diagnostics) {
    const edge = byFile.get(filename.replace(/^\.\//, ''));
    if (code === 'eslint(no-restricted-imports)' && edge !== undefined) found.add(edge);
  }
  return found;
}

function show({ from, to }: Edge): string {
  return `${from} → ${to}`;
}

describe('import rings', function () {
  this.timeout(120_000);

  it('the linter refuses every edge that points upwards', async () => {
    const edges = forbiddenEdges();
    const found = await refused(edges);
    assert.deepEqual(edges.filter((edge) => !found.has(edge)).map(show), []);
  });

  it('the linter refuses them as relative paths too', async () => {
    const edges = forbiddenEdges()
      .map(asRelative)
      .filter((edge) => edge !== undefined);
    const found = await refused(edges);
    assert.deepEqual(edges.filter((edge) => !found.has(edge)).map(show), []);
  });

  it('the linter lets edges pass that point downwards', async () => {
    const found = await refused(allowedEdges());
    assert.deepEqual([...found].map(show), []);
  });
});

// Edges within a ring. Everything else within one is refused.
const sameRing: Readonly<Record<string, readonly string[]>> = {
  api: ['lib', 'goyaml'],
  goyaml: ['lib'],
  kube: ['net'],
  artifact: ['workers'],
  helm: ['gotemplate'],
  kustomize: ['helm'],
  git: ['cloudauth', 'verify'],
  oci: ['cloudauth', 'verify'],
  bucket: ['cloudauth', 'verify'],
  sops: ['cloudauth'],
};

// Of the rooms of kinds in src/controllers; what several share is in apply and source.
const betweenKinds = ['kustomization → gitrepository'];

describe('imports in the sources', () => {
  it('within a ring follow the edges that are named', async () => {
    const wrong: string[] = [];
    for (const { file, room, target } of await imports()) {
      const ring = rings.find((rooms) => rooms.includes(room) && room !== target && rooms !== top);
      if (ring?.includes(target) === true && sameRing[room]?.includes(target) !== true)
        wrong.push(`${file} → ${target}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('between the controllers of kinds follow the edges that are named', async () => {
    const found = new Set<string>();
    for (const { file, text } of await sources()) {
      const [, room, kind = ''] = /^src\/(controllers)\/([^/]+)\//.exec(file) ?? [];
      if (room === undefined) continue;
      for (const [, other = ''] of text.matchAll(/from '(?:\.\.|#controllers)\/([^/']+)\//g)) {
        if (other !== kind && !['apply', 'source'].includes(other)) found.add(`${kind} → ${other}`);
      }
    }
    assert.deepEqual([...found], betweenKinds);
  });

  it('of an engine from outside go through its index', async () => {
    const wrong: string[] = [];
    for (const { file, room, target, rest } of await imports()) {
      // A worker job is named by its file; types are erased. A face may be a part of the room, where the whole would load
      // what a server must not hold; the template engine's values and errors are small, and all that others speak of.
      const isFace = rest === 'job' || rest === 'index' || rest.endsWith('/index');
      const isSmall = target === 'gotemplate' && ['value', 'errors'].includes(rest);
      if (engines.includes(target) && room !== target && !isFace && !isSmall) wrong.push(`${file} → ${target}/${rest}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('never climb into another room by a relative path', async () => {
    const wrong: string[] = [];
    for (const { file, text } of await sources()) {
      const folder = path.dirname(file);
      for (const [, fixed, dynamic] of text.matchAll(importPattern)) {
        const target = fixed ?? dynamic ?? '';
        if (!target.startsWith('.') || target.endsWith('package.json')) continue;
        const [from, to] = [file, path.join(folder, target)].map((each) =>
          roomOf(each).replace(/^webhooks\/.*/, 'webhooks'),
        );
        if (from !== to && from !== 'main') wrong.push(`${file} → ${target}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
});

const importPattern = /^(?:import|export)\b[^'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

function roomOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  if (first === 'webhooks') return `webhooks/${second}`;
  return second.replace(/\.ts$/, '');
}

async function sources(): Promise<{ file: string; text: string }[]> {
  const found: { file: string; text: string }[] = [];
  for (const folder of ['src', 'webhooks']) {
    for (const name of await readdir(path.join(root, folder), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const file = `${folder}/${name}`;
      found.push({ file, text: await readFile(path.join(root, file), 'utf8') });
    }
  }
  return found;
}

async function imports(): Promise<{ file: string; room: string; target: string; rest: string }[]> {
  const found = [];
  for (const { file, text } of await sources()) {
    for (const [, fixed, dynamic] of text.matchAll(importPattern)) {
      const alias = /^#((?:webhooks\/)?[^/]+)(?:\/(.*))?$/.exec(fixed ?? dynamic ?? '');
      if (alias !== null) found.push({ file, room: roomOf(file), target: alias[1] ?? '', rest: alias[2] ?? '' });
    }
  }
  return found;
}
