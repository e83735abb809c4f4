// The command line of each server of the control plane, as a function of the data folder's layout.
import path from 'node:path';
import type { ComponentName } from './binaries.ts';
import { type CredentialFiles, proxyClientName } from './credentials.ts';

export interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiserver: number;
  readonly controllerManager: number;
}

export interface ComponentLayout {
  readonly dir: string;
  readonly ports: Ports;
  readonly files: CredentialFiles;
  readonly controllerManagerKubeconfig: string;
  /** In place of ours of the same name. */
  readonly extraArgs?: Partial<Readonly<Record<ComponentName, readonly string[]>>>;
}

type Flags = Readonly<Record<string, string | number | boolean>>;

export function componentArgs(name: ComponentName, layout: ComponentLayout): string[] {
  const flags = { etcd: etcd, 'kube-apiserver': apiserver, 'kube-controller-manager': controllerManager }[name](layout);
  const extra = layout.extraArgs?.[name] ?? [];
  // A flag that may be given several times would else have both values.
  const replaced = new Set(extra.map((arg) => arg.split('=', 1)[0]));
  const own = Object.entries(flags).filter(([flag]) => !replaced.has(`--${flag}`));
  return [...own.map(([flag, value]) => `--${flag}=${value}`), ...extra];
}

function etcd({ dir, ports, files }: ComponentLayout): Flags {
  const client = `https://127.0.0.1:${ports.etcd}`;
  const peer = `https://127.0.0.1:${ports.etcdPeer}`;
  return {
    name: 'default',
    'data-dir': path.join(dir, 'etcd'),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
    'cert-file': files.etcd.cert,
    'key-file': files.etcd.key,
    'trusted-ca-file': files.etcdCa.cert,
    'client-cert-auth': true,
    'peer-cert-file': files.etcd.cert,
    'peer-key-file': files.etcd.key,
    'peer-trusted-ca-file': files.etcdCa.cert,
    'peer-client-cert-auth': true,
    // The data is disposable: a crash of the machine may lose it, a crash of a process does not.
    'unsafe-no-fsync': true,
    'log-level': 'warn',
  };
}

function apiserver({ ports, files }: ComponentLayout): Flags {
  return {
    'etcd-servers': `https://127.0.0.1:${ports.etcd}`,
    'etcd-cafile': files.etcdCa.cert,
    'etcd-certfile': files.etcdClient.cert,
    'etcd-keyfile': files.etcdClient.key,
    'bind-address': '127.0.0.1',
    'secure-port': ports.apiserver,
    'advertise-address': '127.0.0.1',
    // A loopback address is refused as an endpoint of the `kubernetes` Service; nothing here needs that Service.
    'endpoint-reconciler-type': 'none',
    'tls-cert-file': files.apiserver.cert,
    'tls-private-key-file': files.apiserver.key,
    'client-ca-file': files.ca.cert,
    'requestheader-client-ca-file': files.frontProxyCa.cert,
    'requestheader-allowed-names': proxyClientName,
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-uid-headers': 'X-Remote-Uid',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': files.proxyClient.cert,
    'proxy-client-key-file': files.proxyClient.key,
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': files.serviceAccount.cert,
    'service-account-signing-key-file': files.serviceAccount.key,
    'service-cluster-ip-range': '10.96.0.0/16',
    'authorization-mode': 'RBAC',
    'allow-privileged': true,
    profiling: false,
  };
}

function controllerManager({ ports, files, controllerManagerKubeconfig }: ComponentLayout): Flags {
  return {
    kubeconfig: controllerManagerKubeconfig,
    'authentication-kubeconfig': controllerManagerKubeconfig,
    'authorization-kubeconfig': controllerManagerKubeconfig,
    'bind-address': '127.0.0.1',
    'secure-port': ports.controllerManager,
    'service-account-private-key-file': files.serviceAccount.key,
    'root-ca-file': files.ca.cert,
    'cluster-signing-cert-file': files.ca.cert,
    'cluster-signing-key-file': files.ca.key,
    'leader-elect': false,
    controllers: ['*', ...nodeControllers.map((name) => `-${name}`)].join(','),
    // Its defaults suit a shared API server; here they would only slow namespace deletion down.
    'kube-api-qps': 200,
    'kube-api-burst': 400,
    profiling: false,
  };
}

// There are no kubelets: these would only watch for what never comes.
const nodeControllers = [
  'node-ipam-controller',
  'node-lifecycle-controller',
  'node-route-controller',
  'cloud-node-lifecycle-controller',
  'service-lb-controller',
  'persistentvolume-attach-detach-controller',
];
