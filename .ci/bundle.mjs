// Joins the modules of each command that renders, and of the workers' jobs that do, into one script: finding and linking two
// hundred modules takes longer than rendering a small chart. Then runs each once on what most charts and overlays use, and
// keeps the engine's code of all functions that ran. They replace what the compiler wrote for these modules.
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const outdir = path.join(root, 'dist', 'src');
const joined = [
  'cli/helm',
  'cli/kustomize',
  'controllers/helmrelease/render-job',
  'controllers/kustomization/build-job',
];

/**
 * Importing one of Node's own modules loads it and, asking for each of its exports, much that is not needed. Here each is
 * loaded when something of it is first used: most charts need no cryptography.
 */
const builtins = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(node:)?(${builtinModules.join('|')})$`);
    onResolve({ filter }, ({ path: name }) => ({ path: name, namespace: 'builtin' }));
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path: name }) => ({
      contents: `
        for (const name of ${JSON.stringify(Object.keys(process.getBuiltinModule(name)))}) {
          const get = () => process.getBuiltinModule(${JSON.stringify(name)})[name];
          Object.defineProperty(module.exports, name, { enumerable: true, get });
        }`,
    }));
  },
};

/** The program loads each command when it is asked for, from the file that holds it. */
const commands = {
  name: 'commands',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/cli\// }, ({ kind, path: name }) =>
      kind === 'dynamic-import' ? { path: name.replace(/ts$/, 'js'), external: true } : undefined,
    );
  },
};

/** Large, and of use to few: loaded from its package by those who have such keys. A joined script cannot import. */
const packages = {
  name: 'packages',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^openpgp$/ }, ({ path: name }) => ({ path: name, namespace: 'package' }));
    onLoad({ filter: /.*/, namespace: 'package' }, ({ path: name }) => ({
      contents: `
        const { createRequire } = process.getBuiltinModule('node:module');
        module.exports = createRequire(importMeta.url)(${JSON.stringify(name)});`,
    }));
  },
};

const options = {
  absWorkingDir: root,
  bundle: true,
  conditions: ['sluice-source'],
  platform: 'node',
  target: 'node24',
  sourcemap: true,
  legalComments: 'linked',
  outdir,
  logLevel: 'warning',
};
await build({ ...options, entryPoints: ['src/main.ts'], format: 'esm', plugins: [builtins, commands] });
await build({
  ...options,
  entryPoints: joined.map((name) => ({ in: `src/${name}.ts`, out: `${name}.joined` })),
  format: 'cjs',
  plugins: [builtins, packages],
  define: { 'import.meta.url': 'importMeta.url', 'import.meta.main': 'false' },
  banner: { js: '(function (module, importMeta) {' },
  footer: { js: '})' },
});

/** The flags the launcher gives the engine for a command: its code is of use to one that has the same. */
function flagsFor(command) {
  const print = 'data:text/javascript,console.log(JSON.stringify(process.execArgv)),process.exit()';
  const env = { ...process.env, NODE_OPTIONS: `--import=${print}` };
  return JSON.parse(execFileSync(path.join(root, 'bin', 'sluice.cjs'), [command], { env, encoding: 'utf8' }));
}

for (const name of joined) {
  copyFileSync(path.join(import.meta.dirname, 'joined.mjs'), path.join(outdir, `${name}.js`));
  const [room, command] = name.split('/');
  const flags = flagsFor(room === 'cli' ? command : 'serve');
  const args = [...flags, path.join(import.meta.dirname, 'warm-up', 'keep-code.mjs'), path.join(outdir, name)];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
}
