// The flags of `sluice serve`: Flux's names and defaults where Flux has them.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { digestAlgorithms, isDigestAlgorithm, type DigestAlgorithm } from '#artifact/digest';
import { durationToMs, parseDuration } from '#lib/go-duration';
import { errorMessage } from '#lib/errors';
import { parseFeatureGates, type FeatureGates } from './feature-gates.ts';

export const roles = ['controllers', 'admission', 'apiserver'] as const;
export type Role = (typeof roles)[number];

export interface ServeFlags {
  readonly roles: ReadonlySet<Role>;
  readonly kubeconfig?: string;
  readonly storagePath: string;
  readonly storageAddr: string;
  readonly storageAdvAddr: string;
  readonly artifactRetentionTtl: number;
  readonly artifactRetentionRecords: number;
  readonly metricsAddr: string;
  readonly healthAddr: string;
  readonly webhookAddr: string;
  readonly apiserverAddr: string;
  /** Where the API server reaches webhooks by URL; empty: by the Service. */
  readonly webhookUrl: string;
  readonly concurrent: number;
  readonly concurrentSsa: number;
  readonly requeueDependency: number;
  readonly minRetryDelay: number;
  readonly maxRetryDelay: number;
  readonly intervalJitterPercentage: number;
  readonly noCrossNamespaceRefs: boolean;
  readonly defaultServiceAccount: string;
  /** Of kubeconfig ConfigMaps that name none; empty: the identity of this process. */
  readonly defaultKubeconfigServiceAccount: string;
  /** Of decryption with cloud keys where an object names none; empty: the identity of this process. */
  readonly defaultDecryptionServiceAccount: string;
  /** Secret with age keys of objects that name none, in the own namespace; empty for none. */
  readonly sopsAgeSecret: string;
  /** ConfigMap of the Vaults that ServiceAccounts log in to, in the own namespace; empty for none. */
  readonly sopsVaultConfigmap: string;
  readonly insecureKubeconfigExec: boolean;
  readonly insecureKubeconfigTls: boolean;
  /** Tokens of clouds kept; 0 for none. */
  readonly tokenCacheMaxSize: number;
  readonly tokenCacheMaxDuration: number;
  readonly featureGates: FeatureGates;
  readonly overrideManagers: readonly string[];
  /** `Kind` of the core group, or `group/Kind`: applied before what is left. */
  readonly customApplyStageKinds: readonly string[];
  readonly artifactDigestAlgo: DigestAlgorithm;
  readonly watchLabelSelector: string;
  readonly watchAllNamespaces: boolean;
  readonly strictSubstitution: boolean;
  /** Kustomizations are built from their artifact alone. */
  readonly noRemoteBases: boolean;
  readonly gitMaxPackSize: number;
  /** Empty: what fits known_hosts. */
  readonly sshHostKeyAlgos: readonly string[];
  /** Empty: the default. */
  readonly sshKexAlgos: readonly string[];
  readonly helmIndexMaxSize: number;
  readonly helmChartMaxSize: number;
  readonly helmChartFileMaxSize: number;
  readonly enableLeaderElection: boolean;
  readonly leaderElectionLeaseDuration: number;
  readonly leaderElectionRenewDeadline: number;
  readonly leaderElectionRetryPeriod: number;
  readonly leaderElectionReleaseOnCancel: boolean;
  readonly gracefulShutdownTimeout: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'error';
}

interface FlagInfo {
  readonly default: string;
  readonly help: string;
  readonly boolean?: true;
  readonly multiple?: true;
}

const flags = {
  role: { default: roles.join(','), help: `what this replica does: any of ${roles.join(', ')}, separated by commas` },
  kubeconfig: { default: '', help: 'kubeconfig to use; else $KUBECONFIG, the service account, ~/.kube/config' },
  'storage-path': { default: '/data', help: 'directory artifacts are kept in; must exist' },
  'storage-addr': { default: ':9090', help: 'address artifacts are served on' },
  'storage-adv-addr': { default: '', help: 'address clients reach artifacts at; that of --storage-addr by default' },
  'artifact-retention-ttl': { default: '60s', help: 'how long an artifact is kept after it was replaced' },
  'artifact-retention-records': { default: '2', help: 'how many artifacts of an object are kept' },
  'metrics-addr': { default: ':8080', help: 'address of /metrics; empty for none' },
  'health-addr': { default: ':9440', help: 'address of /livez, /readyz, /healthz' },
  'webhook-addr': { default: ':9443', help: 'address of the admission webhooks' },
  'webhook-url': { default: '', help: 'base URL the API server calls webhooks at; by their Service when empty' },
  'apiserver-addr': { default: ':6443', help: 'address of the aggregated API' },
  concurrent: { default: '8', help: 'objects of a kind worked on at once; waiting for health does not count' },
  'concurrent-ssa': { default: '16', help: 'objects of one Kustomization applied at once' },
  'requeue-dependency': { default: '30s', help: 'how soon to look again at a dependency no event told of' },
  'min-retry-delay': { default: '750ms', help: 'first delay after a failure' },
  'max-retry-delay': { default: '15m', help: 'longest delay after failures' },
  'interval-jitter-percentage': { default: '5', help: 'how far intervals are spread, in percent' },
  'no-cross-namespace-refs': { default: 'false', help: 'refuse references to other namespaces', boolean: true },
  'default-service-account': { default: '', help: 'service account to act as where an object names none' },
  'default-kubeconfig-service-account': {
    default: '',
    help: 'service account of kubeconfig ConfigMaps that name none; needs the gate ObjectLevelWorkloadIdentity',
  },
  'default-decryption-service-account': {
    default: '',
    help: 'service account of spec.decryption that names none; needs the gate ObjectLevelWorkloadIdentity',
  },
  'sops-age-secret': {
    default: '',
    help: 'Secret in the own namespace with age keys for spec.decryption without a Secret',
  },
  'sops-vault-configmap': {
    default: '',
    help: 'ConfigMap in the own namespace of Vaults that ServiceAccounts log in to',
  },
  'insecure-kubeconfig-exec': { default: 'false', help: 'kubeconfigs in Secrets may run programs', boolean: true },
  'insecure-kubeconfig-tls': {
    default: 'false',
    help: 'kubeconfigs in Secrets may skip the verification of servers',
    boolean: true,
  },
  'token-cache-max-size': { default: '100', help: 'tokens of clouds that are kept; 0 for none' },
  'token-cache-max-duration': { default: '1h', help: 'how long a token of a cloud is used at most' },
  'feature-gates': {
    default: '',
    help: 'gates of Flux, e.g. ObjectLevelWorkloadIdentity=true, separated by commas',
    multiple: true,
  },
  'override-manager': { default: '', help: 'field manager whose fields are taken over; repeatable', multiple: true },
  'custom-apply-stage-kinds': {
    default: '',
    help: 'kinds to apply before the rest, e.g. Secret,example.com/Tenant',
  },
  'artifact-digest-algo': { default: 'sha256', help: 'digest of artifacts: sha256, sha384, sha512 or sha1' },
  'watch-label-selector': {
    default: '',
    help: 'only reconcile objects with these labels, e.g. sharding.fluxcd.io/key=a',
  },
  'watch-all-namespaces': { default: 'true', help: 'false: only the own namespace', boolean: true },
  'strict-substitution': { default: 'false', help: 'fail a build on a variable that is not set', boolean: true },
  'no-remote-bases': { default: 'false', help: 'refuse bases and files from outside of the source', boolean: true },
  'ssh-hostkey-algos': { default: '', help: 'host key signatures to accept over SSH, separated by commas' },
  'ssh-kex-algos': { default: '', help: 'key exchanges to offer over SSH, separated by commas' },
  'git-max-pack-size': { default: '1073741824', help: 'bytes of a Git pack at most' },
  'helm-index-max-size': { default: '52428800', help: 'bytes of the index of a Helm repository at most' },
  'helm-chart-max-size': { default: '10485760', help: 'bytes of a packaged Helm chart at most' },
  'helm-chart-file-max-size': { default: '5242880', help: 'bytes of a file of a Helm chart in a directory at most' },
  'enable-leader-election': { default: 'false', help: 'only one replica runs the controllers', boolean: true },
  'leader-election-lease-duration': { default: '35s', help: 'how long others wait for a silent leader' },
  'leader-election-renew-deadline': { default: '30s', help: 'how long the leader tries to stay one' },
  'leader-election-retry-period': { default: '5s', help: 'how often candidates try' },
  'leader-election-release-on-cancel': { default: 'true', help: 'step down on a clean stop', boolean: true },
  'graceful-shutdown-timeout': { default: '30s', help: 'how long work under way may go on after a stop' },
  'log-level': { default: 'info', help: 'trace, debug, info or error' },
  // Flux's Deployments pass these; they have nothing to set here.
  'events-addr': { default: '', help: 'accepted for Flux: events are handled in this process' },
  'log-encoding': { default: 'json', help: 'accepted for Flux: logs are JSON' },
  'helm-cache-max-size': { default: '0', help: 'accepted for Flux: indexes are kept on disk' },
  'helm-cache-ttl': { default: '15m', help: 'accepted for Flux: indexes are kept on disk' },
  'helm-cache-purge-interval': { default: '1m', help: 'accepted for Flux: indexes are kept on disk' },
  'snapshot-digest-algo': { default: 'sha256', help: 'accepted for Flux: snapshots of releases have sha256' },
  'http-retry': { default: '9', help: 'accepted for Flux: what fails is tried again by the retry delays' },
  'http-timeout': { default: '30s', help: 'accepted for Flux: artifacts of our own are read from disk' },
  'oom-watch-interval': { default: '500ms', help: 'accepted for Flux: memory is bounded job by job' },
  'oom-watch-memory-threshold': { default: '95', help: 'accepted for Flux: memory is bounded job by job' },
  'oom-watch-max-memory-path': { default: '', help: 'accepted for Flux: memory is bounded job by job' },
  'oom-watch-current-memory-path': { default: '', help: 'accepted for Flux: memory is bounded job by job' },
  'kube-api-qps': { default: '0', help: 'accepted for Flux: requests are not throttled by the client' },
  'kube-api-burst': { default: '0', help: 'accepted for Flux: requests are not throttled by the client' },
} as const satisfies Record<string, FlagInfo>;

type FlagName = keyof typeof flags;

/** A flag that cannot be read. The message names it and says what to write. */
export class FlagError extends Error {}

export function serveUsage(): string {
  const rows = Object.entries(flags as Record<string, FlagInfo>).map(([name, info]) => {
    const shown = info.default === '' ? '' : ` (default ${info.default})`;
    return `  --${name.padEnd(36)} ${info.help}${shown}`;
  });
  return ['usage: sluice serve [flags]', '', ...rows, ''].join('\n');
}

/** Reads the flags; a bare boolean flag means true. Environment variables of Flux count where flags are absent. */
export function parseServeFlags(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ServeFlags {
  const given = parse(args);
  const text = (name: FlagName): string => given.get(name)?.at(-1) ?? fromEnvironment(name, env) ?? flags[name].default;
  const duration = (name: FlagName): number => {
    try {
      return durationToMs(parseDuration(text(name)));
    } catch (error) {
      throw new FlagError(`--${name}: ${errorMessage(error)}: write a Go duration such as 30s or 5m`);
    }
  };
  const integer = (name: FlagName): number => {
    if (!/^\d{1,15}$/.test(text(name))) throw new FlagError(`--${name}: ${text(name)} is not a number`);
    return Number(text(name));
  };
  const boolean = (name: FlagName): boolean => {
    if (text(name) !== 'true' && text(name) !== 'false') throw new FlagError(`--${name}: write true or false`);
    return text(name) === 'true';
  };
  const jitter = integer('interval-jitter-percentage');
  if (jitter >= 100) throw new FlagError('--interval-jitter-percentage: must be less than 100');
  const kubeconfig = text('kubeconfig');
  const featureGates = gatesOf(given.get('feature-gates') ?? []);
  const defaultAccount = (name: FlagName): string => {
    if (text(name) === '' || featureGates.ObjectLevelWorkloadIdentity) return text(name);
    const message =
      'cannot set default service accounts when the feature gate ObjectLevelWorkloadIdentity is not enabled';
    throw new FlagError(`--${name}: ${message}`);
  };
  return {
    roles: parseRoles(text('role')),
    ...(kubeconfig !== '' && { kubeconfig }),
    storagePath: text('storage-path'),
    storageAddr: text('storage-addr'),
    storageAdvAddr: text('storage-adv-addr'),
    artifactRetentionTtl: duration('artifact-retention-ttl'),
    artifactRetentionRecords: integer('artifact-retention-records'),
    metricsAddr: text('metrics-addr'),
    healthAddr: text('health-addr'),
    webhookAddr: text('webhook-addr'),
    apiserverAddr: text('apiserver-addr'),
    webhookUrl: text('webhook-url'),
    concurrent: integer('concurrent'),
    concurrentSsa: integer('concurrent-ssa'),
    requeueDependency: duration('requeue-dependency'),
    minRetryDelay: duration('min-retry-delay'),
    maxRetryDelay: duration('max-retry-delay'),
    intervalJitterPercentage: jitter,
    noCrossNamespaceRefs: boolean('no-cross-namespace-refs'),
    defaultServiceAccount: text('default-service-account'),
    defaultKubeconfigServiceAccount: defaultAccount('default-kubeconfig-service-account'),
    defaultDecryptionServiceAccount: defaultAccount('default-decryption-service-account'),
    sopsAgeSecret: text('sops-age-secret'),
    sopsVaultConfigmap: text('sops-vault-configmap'),
    insecureKubeconfigExec: boolean('insecure-kubeconfig-exec'),
    insecureKubeconfigTls: boolean('insecure-kubeconfig-tls'),
    tokenCacheMaxSize: integer('token-cache-max-size'),
    tokenCacheMaxDuration: duration('token-cache-max-duration'),
    featureGates,
    overrideManagers: given.get('override-manager') ?? [],
    customApplyStageKinds: commaList(text('custom-apply-stage-kinds')),
    artifactDigestAlgo: parseDigestAlgorithm(text('artifact-digest-algo')),
    watchLabelSelector: text('watch-label-selector'),
    watchAllNamespaces: boolean('watch-all-namespaces'),
    strictSubstitution: boolean('strict-substitution') || featureGates.StrictPostBuildSubstitutions,
    noRemoteBases: boolean('no-remote-bases'),
    gitMaxPackSize: integer('git-max-pack-size'),
    sshHostKeyAlgos: commaList(text('ssh-hostkey-algos')),
    sshKexAlgos: commaList(text('ssh-kex-algos')),
    helmIndexMaxSize: integer('helm-index-max-size'),
    helmChartMaxSize: integer('helm-chart-max-size'),
    helmChartFileMaxSize: integer('helm-chart-file-max-size'),
    enableLeaderElection: boolean('enable-leader-election'),
    leaderElectionLeaseDuration: duration('leader-election-lease-duration'),
    leaderElectionRenewDeadline: duration('leader-election-renew-deadline'),
    leaderElectionRetryPeriod: duration('leader-election-retry-period'),
    leaderElectionReleaseOnCancel: boolean('leader-election-release-on-cancel'),
    gracefulShutdownTimeout: duration('graceful-shutdown-timeout'),
    logLevel: parseLogLevel(text('log-level')),
  };
}

function parse(args: readonly string[]): Map<string, string[]> {
  // `--flag` alone is true to Go's flags, where parseArgs would take the next word as its value.
  const booleans = new Set(
    Object.entries(flags as Record<string, FlagInfo>).flatMap(([name, info]) => (info.boolean ? [name] : [])),
  );
  const normal = args.map((arg) => (arg.startsWith('--') && booleans.has(arg.slice(2)) ? `${arg}=true` : arg));
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const name of Object.keys(flags)) options[name] = { type: 'string', multiple: true };
  try {
    const { values } = parseArgs({ args: normal, options, strict: true });
    return new Map(Object.entries(values as Record<string, string[]>));
  } catch (error) {
    throw new FlagError(errorMessage(error));
  }
}

const environment: Partial<Record<FlagName, string>> = {
  'storage-path': 'STORAGE_PATH',
  'storage-addr': 'STORAGE_ADDRESS',
  'storage-adv-addr': 'STORAGE_ADV_ADDR',
  'metrics-addr': 'METRICS_ADDR',
};

function fromEnvironment(name: FlagName, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const variable = environment[name];
  return variable === undefined ? undefined : env[variable] || undefined;
}

function parseDigestAlgorithm(text: string): DigestAlgorithm {
  if (isDigestAlgorithm(text)) return text;
  throw new FlagError(`--artifact-digest-algo: ${text} is none of ${digestAlgorithms.join(', ')}`);
}

function gatesOf(values: readonly string[]): FeatureGates {
  try {
    return parseFeatureGates(values);
  } catch (error) {
    throw new FlagError(`--feature-gates: ${errorMessage(error)}`);
  }
}

function parseRoles(text: string): ReadonlySet<Role> {
  const wanted = text === 'all' ? [...roles] : text.split(',').map((word) => word.trim());
  const unknown = wanted.find((role) => !(roles as readonly string[]).includes(role));
  if (unknown !== undefined) throw new FlagError(`--role: ${unknown} is none of ${roles.join(', ')}`);
  return new Set(wanted as Role[]);
}

function parseLogLevel(text: string): ServeFlags['logLevel'] {
  if (text === 'trace' || text === 'debug' || text === 'info' || text === 'error') return text;
  throw new FlagError(`--log-level: ${text} is none of trace, debug, info, error`);
}

/** `:9090` and `host:9090` as host and port. An empty host is every address. */
export function parseAddress(name: string, address: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[^\]]+\]|[^:]*):(\d{1,5})$/.exec(address);
  if (match === null) throw new FlagError(`--${name}: ${address} is not an address: write host:port or :port`);
  return { host: match[1] === '' ? '0.0.0.0' : match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
