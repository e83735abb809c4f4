// Credentials that a program or an identity provider hands out. The library that knows how is large, so it runs in a
// child process of a second's life and never in this one.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#lib/clock';
import { CodedError } from '#lib/errors';
import { Secret } from '#lib/secret';
import type { Environment } from './cluster-config.ts';
import type { Credential, Credentials } from './credentials.ts';
import type { UserEntry } from './kubeconfig-entries.ts';

export interface PluginOptions {
  readonly user: UserEntry;
  readonly cluster: { readonly server: string; readonly ca: string | undefined; readonly insecure: boolean };
  readonly clock: Clock;
  readonly env: Environment;
  /** @default 30_000 */
  readonly timeoutMs?: number;
}

/** What the child is told on its standard input. */
export interface PluginRequest {
  readonly user: UserEntry;
  readonly cluster: PluginOptions['cluster'];
}

/** What the child answers on its standard output. */
export type PluginAnswer =
  | {
      readonly ok: true;
      readonly token?: string;
      readonly cert?: string;
      readonly key?: string;
      readonly expiresAt?: number;
      readonly refreshed?: Record<string, string>;
    }
  | { readonly ok: false; readonly message: string };

const OUTPUT_LIMIT = 1 << 20;
// Renewed a little early, so that a request under way does not arrive with what has just expired.
const EARLY_MS = 10_000;

export class PluginCredentials implements Credentials {
  readonly #options: PluginOptions;
  #current: Credential | undefined;
  #expiresAt = Number.POSITIVE_INFINITY;
  #asking: Promise<Credential> | undefined;
  /** A refreshed OIDC token replaces the one of the file, which a provider may accept only once. */
  #refreshed: Record<string, string> = {};

  constructor(options: PluginOptions) {
    this.#options = options;
  }

  get(): Credential | Promise<Credential> {
    if (this.#current !== undefined && this.#options.clock.now() < this.#expiresAt - EARLY_MS) return this.#current;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  invalidate(): boolean {
    this.#current = undefined;
    return true;
  }

  async #ask(): Promise<Credential> {
    const answer = await runChild({ user: this.#user(), cluster: this.#options.cluster }, this.#options);
    if (!answer.ok) throw new CodedError('KUBE_CREDENTIALS', `getting cluster credentials failed: ${answer.message}`);
    this.#refreshed = answer.refreshed ?? {};
    this.#expiresAt = answer.expiresAt ?? Number.POSITIVE_INFINITY;
    this.#current = {
      ...(answer.token !== undefined && { authorization: new Secret(`Bearer ${answer.token}`) }),
      ...(answer.cert !== undefined && { cert: answer.cert }),
      ...(answer.key !== undefined && { key: new Secret(answer.key) }),
    };
    return this.#current;
  }

  #user(): UserEntry {
    const { user } = this.#options;
    const provider = user['auth-provider'];
    if (provider === undefined) return user;
    return { ...user, 'auth-provider': { ...provider, config: { ...provider.config, ...this.#refreshed } } };
  }
}

/** One child, one question, one answer. */
async function runChild(request: PluginRequest, options: PluginOptions): Promise<PluginAnswer> {
  const source = import.meta.url.endsWith('.ts');
  const script = fileURLToPath(new URL(source ? './plugin-child.ts' : './plugin-child.js', import.meta.url));
  const child = spawn(process.execPath, [...(source ? ['--conditions=sluice-source'] : []), script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...options.env },
  });
  const cancelTimer = options.clock.after(options.timeoutMs ?? 30_000, () => child.kill('SIGKILL'));
  try {
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(request));
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > OUTPUT_LIMIT) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    const failure = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, killedBy) => {
        resolve(
          code === 0 ? undefined : killedBy === null ? `exit status ${code}` : 'it took too long or said too much',
        );
      });
    });
    if (failure !== undefined) return { ok: false, message: failure };
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as PluginAnswer;
  } finally {
    cancelTimer();
  }
}
