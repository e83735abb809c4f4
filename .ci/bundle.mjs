// Joins the modules of each command that renders into few files: finding and linking two hundred modules takes longer than
// rendering a small chart. They replace what the compiler wrote for these commands (an argument names another folder).
import { rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const outdir = path.resolve(process.argv[2] ?? path.join(root, 'dist', 'src', 'cli'));

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

// Names of chunks change with their content.
rmSync(path.join(outdir, 'chunks'), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/helm.ts', 'src/cli/kustomize.ts'],
  bundle: true,
  splitting: true,
  conditions: ['sluice-source'],
  plugins: [builtins],
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[hash]',
  outdir,
  logLevel: 'warning',
});
