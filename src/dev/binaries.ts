// Where the control plane's programs come from: $KUBEBUILDER_ASSETS, the cache, or a build from Go modules.
import { access, constants } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DevError } from './errors.ts';
import { ensureGoBuild, type GoCommand } from './go-build.ts';
import { packageRoot } from './package-root.ts';

export const kubernetesVersion = 'v1.35.4';

export const componentNames = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const;
export type ComponentName = (typeof componentNames)[number];
export type Binaries = Readonly<Record<ComponentName, string>>;

type Env = Readonly<Record<string, string | undefined>>;

export interface BinariesOptions {
  readonly env: Env;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The folder that keeps what is built or downloaded once, by the XDG convention. */
export function cacheFolder(env: Env): string {
  const base = env['XDG_CACHE_HOME'];
  return path.join(base === undefined || base === '' ? path.join(os.homedir(), '.cache') : base, 'sluice');
}

export async function findBinaries(options: BinariesOptions): Promise<Binaries> {
  const assets = options.env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return inFolder(assets);
  const target = path.join(cacheFolder(options.env), 'controlplane', kubernetesVersion);
  await ensureGoBuild({
    ...options,
    recipe: path.join(packageRoot(), 'deploy', 'controlplane'),
    target,
    commands: commands(),
  });
  return inFolder(target);
}

function commands(): GoCommand[] {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? [];
  const version = 'k8s.io/component-base/version';
  const stamps = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const ldflags = ['-s', '-w', ...Object.entries(stamps).map(([name, value]) => `-X ${version}.${name}=${value}`)].join(
    ' ',
  );
  return [
    { name: 'etcd', importPath: 'go.etcd.io/etcd/server/v3' },
    { name: 'kube-apiserver', importPath: 'k8s.io/kubernetes/cmd/kube-apiserver', ldflags },
    { name: 'kube-controller-manager', importPath: 'k8s.io/kubernetes/cmd/kube-controller-manager', ldflags },
  ];
}

async function inFolder(folder: string): Promise<Binaries> {
  const found: Partial<Record<ComponentName, string>> = {};
  for (const name of componentNames) {
    const file = path.join(folder, name);
    try {
      await access(file, constants.X_OK);
    } catch (cause) {
      const message = `${file} is missing: put it there, or unset KUBEBUILDER_ASSETS to let Sluice build its own`;
      throw new DevError('DEV_BINARIES_MISSING', message, { cause });
    }
    found[name] = file;
  }
  return found as Binaries;
}
