// Joins the modules of each command that renders into few files: finding and linking two hundred modules takes longer than
// rendering a small chart. They replace what the compiler wrote for these commands (an argument names another folder).
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const outdir = path.resolve(process.argv[2] ?? path.join(root, 'dist', 'src', 'cli'));

// Names of chunks change with their content.
rmSync(path.join(outdir, 'chunks'), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/helm.ts', 'src/cli/kustomize.ts'],
  bundle: true,
  splitting: true,
  conditions: ['sluice-source'],
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: true,
  legalComments: 'linked',
  // Libraries in CommonJS ask for Node's modules by require.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  chunkNames: 'chunks/[hash]',
  outdir,
  logLevel: 'warning',
});
