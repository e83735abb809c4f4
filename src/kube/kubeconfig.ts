// Kubeconfig files: merged and resolved to one cluster, with what an untrusted one may not do left out.
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { parseProxyUrl } from '#net/proxy';
import type { TlsOptions } from '#net/tls';
import { systemClock, type Clock } from '#lib/clock';
import { CodedError, errorMessage } from '#lib/errors';
import { Secret } from '#lib/secret';
import type { ClusterConfig, Environment } from './cluster-config.ts';
import { anonymous, basic, bearer, fixedCredentials, TokenFile, type Credentials } from './credentials.ts';
import type { Impersonation } from './impersonate.ts';
import type { ClusterEntry, ContextEntry, UserEntry } from './kubeconfig-entries.ts';
import { PluginCredentials } from './plugin-credentials.ts';

export interface KubeconfigOptions {
  /** @default the file's current-context */
  readonly context?: string;
  readonly clock?: Clock;
  /** For exec plugins. @default {} */
  readonly env?: Environment;
  /** What a kubeconfig from a Secret, which anybody may have written, is allowed. @default all */
  readonly trust?: Trust;
}

export interface Trust {
  /** Programs run to get a token. */
  readonly exec: boolean;
  /** `insecure-skip-tls-verify`. */
  readonly insecureTls: boolean;
  /** Reading files it names; without it such settings are dropped. */
  readonly files: boolean;
}

const TRUSTED: Trust = { exec: true, insecureTls: true, files: true };
const SIZE_LIMIT = 4 << 20;

/** The sections by name. Relative paths are already resolved against the file they stood in. */
interface Merged {
  currentContext: string;
  readonly clusters: Map<string, ClusterEntry>;
  readonly users: Map<string, UserEntry>;
  readonly contexts: Map<string, ContextEntry>;
}

/** Merges files as kubectl does: the first to name a thing wins, missing files are passed over. */
export async function loadKubeconfigFiles(
  paths: readonly string[],
  options: KubeconfigOptions = {},
): Promise<ClusterConfig> {
  const merged = emptyMerge();
  let found = false;
  for (const path of paths) {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new CodedError('KUBE_CONFIG', `cannot read kubeconfig ${path}: ${errorMessage(error)}`, { cause: error });
    }
    found = true;
    mergeInto(merged, parseDocument(text, `kubeconfig ${path}`), dirname(path));
  }
  if (!found) throw new CodedError('KUBE_CONFIG', `no kubeconfig found: looked for ${paths.join(', ') || 'nothing'}`);
  return resolve(merged, options);
}

/** One kubeconfig from memory, for instance from a Secret. */
export async function loadKubeconfigText(text: string, options: KubeconfigOptions = {}): Promise<ClusterConfig> {
  const merged = emptyMerge();
  mergeInto(merged, parseDocument(text, 'kubeconfig'), '.');
  return resolve(merged, options);
}

function emptyMerge(): Merged {
  return { currentContext: '', clusters: new Map(), users: new Map(), contexts: new Map() };
}

function parseDocument(text: string, what: string): Record<string, unknown> {
  if (text.length > SIZE_LIMIT) throw new CodedError('KUBE_CONFIG', `${what} is larger than ${SIZE_LIMIT} bytes`);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    // The parser quotes the text around the fault, which may be a key: only the position is passed on.
    const line = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
    throw new CodedError('KUBE_CONFIG', `${what} is not valid YAML${line === undefined ? '' : ` (line ${line})`}`);
  }
  if (!isRecord(value)) throw new CodedError('KUBE_CONFIG', `${what} is not a kubeconfig: it is not a mapping`);
  return value;
}

function mergeInto(merged: Merged, document: Record<string, unknown>, dir: string): void {
  if (merged.currentContext === '' && typeof document['current-context'] === 'string') {
    merged.currentContext = document['current-context'];
  }
  const relative = (entry: Record<string, unknown>, fields: readonly string[]): void => {
    for (const field of fields) {
      const path = entry[field];
      if (typeof path === 'string' && path !== '' && !isAbsolute(path)) entry[field] = join(dir, path);
    }
  };
  for (const [name, entry] of named(document['clusters'], 'cluster')) {
    relative(entry, ['certificate-authority']);
    if (!merged.clusters.has(name)) merged.clusters.set(name, entry);
  }
  for (const [name, entry] of named(document['users'], 'user')) {
    relative(entry, ['client-certificate', 'client-key', 'tokenFile']);
    const exec = entry['exec'];
    // A command with a slash is a path relative to the file; a bare one is looked up in PATH.
    if (isRecord(exec) && typeof exec['command'] === 'string' && exec['command'].includes('/'))
      relative(exec, ['command']);
    if (!merged.users.has(name)) merged.users.set(name, entry);
  }
  for (const [name, entry] of named(document['contexts'], 'context')) {
    if (!merged.contexts.has(name)) merged.contexts.set(name, entry);
  }
}

function* named(list: unknown, field: string): Generator<[string, Record<string, unknown>]> {
  if (!Array.isArray(list)) return;
  for (const item of list) {
    if (isRecord(item) && typeof item['name'] === 'string')
      yield [item['name'], isRecord(item[field]) ? item[field] : {}];
  }
}

async function resolve(merged: Merged, options: KubeconfigOptions): Promise<ClusterConfig> {
  const trust = options.trust ?? TRUSTED;
  const name = options.context ?? merged.currentContext;
  const context = merged.contexts.get(name);
  if (context === undefined) {
    throw new CodedError(
      'KUBE_CONFIG',
      name === '' ? 'the kubeconfig has no current-context' : `the kubeconfig has no context "${name}"`,
    );
  }
  const cluster = merged.clusters.get(context.cluster ?? '');
  if (cluster?.server === undefined || !URL.canParse(cluster.server)) {
    throw new CodedError(
      'KUBE_CONFIG',
      `the kubeconfig has no server URL for cluster "${context.cluster ?? ''}" of context "${name}"`,
    );
  }
  const user = merged.users.get(context.user ?? '') ?? {};
  const tls = await tlsOf(cluster, user, trust);
  const impersonate = impersonationOf(user);
  return {
    server: cluster.server,
    tls,
    credentials: credentialsOf(user, {
      cluster,
      tls,
      trust,
      clock: options.clock ?? systemClock,
      env: options.env ?? {},
    }),
    namespace: context.namespace || 'default',
    ...(cluster['proxy-url'] && { proxy: parseProxyUrl(cluster['proxy-url']) }),
    ...(impersonate && { impersonate }),
  };
}

async function tlsOf(cluster: ClusterEntry, user: UserEntry, trust: Trust): Promise<TlsOptions> {
  const material = (data: string | undefined, path: string | undefined): Promise<string | undefined> =>
    readMaterial(data, path, trust);
  const [ca, cert, key] = await Promise.all([
    material(cluster['certificate-authority-data'], cluster['certificate-authority']),
    material(user['client-certificate-data'], user['client-certificate']),
    material(user['client-key-data'], user['client-key']),
  ]);
  const asksInsecure = cluster['insecure-skip-tls-verify'] === true;
  if (asksInsecure && !trust.insecureTls && ca === undefined) {
    throw new CodedError(
      'KUBE_CONFIG',
      'the kubeconfig skips the verification of the server (insecure-skip-tls-verify), which is not allowed here: put its authority into certificate-authority-data',
    );
  }
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: new Secret(key) }),
    ...(cluster['tls-server-name'] && { serverName: cluster['tls-server-name'] }),
    ...(asksInsecure && trust.insecureTls && { insecureSkipVerify: true }),
  };
}

async function readMaterial(
  data: string | undefined,
  path: string | undefined,
  trust: Trust,
): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  if (!path || !trust.files) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CodedError('KUBE_CONFIG', `cannot read ${path} named by the kubeconfig: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

interface UserContext {
  readonly cluster: ClusterEntry;
  readonly tls: TlsOptions;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly env: Environment;
}

/** client-go's order: a token file wins over a token; plugins come only when nothing fixed is there. */
function credentialsOf(user: UserEntry, context: UserContext): Credentials {
  const { trust, clock } = context;
  if (user.tokenFile && trust.files) return new TokenFile(user.tokenFile, clock);
  if (user.token) return fixedCredentials(bearer(user.token));
  if (user.username) return fixedCredentials(basic(user.username, user.password ?? ''));
  if (user.exec === undefined && user['auth-provider'] === undefined) return anonymous;
  if (!trust.exec) {
    throw new CodedError(
      'KUBE_CONFIG',
      'the kubeconfig gets its credentials from a program or an auth provider, which is not allowed here: put a token or a client certificate into it',
    );
  }
  return new PluginCredentials({
    user,
    cluster: {
      server: context.cluster.server ?? '',
      ca: context.tls.ca,
      insecure: context.tls.insecureSkipVerify ?? false,
    },
    clock,
    env: context.env,
  });
}

function impersonationOf(user: UserEntry): Impersonation | undefined {
  if (!user.as) return undefined;
  return {
    user: user.as,
    ...(user['as-uid'] && { uid: user['as-uid'] }),
    ...(user['as-groups'] && { groups: user['as-groups'] }),
    ...(user['as-user-extra'] && { extra: user['as-user-extra'] }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
