// Git over SSH: one connection, one `git-upload-pack`, which stays for all requests of the session.
import type { Client, ClientChannel } from 'ssh2';
import type { Readable } from 'node:stream';
import { errorMessage } from '#lib/errors';
import type { ProxyOptions } from '#net/proxy';
import type { Secret } from '#lib/secret';
import { GitError } from './errors.ts';
import { readableKey } from './ssh/identity.ts';
import { KnownHosts, type HostVerdict } from './ssh/known-hosts.ts';
import { bare, openSocket } from './ssh/socket.ts';
import type { GitTransport } from './transport.ts';

export interface SshTransportOptions {
  /** `ssh://[user@]host[:port]/path`; the user is `git` when there is none. */
  readonly url: string;
  /** Private key: OpenSSH's format or PEM. */
  readonly identity: Secret;
  readonly passphrase?: Secret;
  /** A known_hosts file; a host that is not in it is refused. */
  readonly knownHosts: string;
  readonly proxy?: ProxyOptions;
  /** Key exchanges to offer instead of the default. */
  readonly kexAlgorithms?: readonly string[];
  /** Host key signatures to accept instead of those that fit known_hosts. */
  readonly hostKeyAlgorithms?: readonly string[];
}

const maxComplaint = 4096;

export function sshTransport(options: SshTransportOptions): GitTransport {
  let connection: SshConnection | undefined;
  return {
    stateless: false,
    greet: async (signal) => {
      connection = await SshConnection.open(options, signal);
      return connection.answer(signal);
    },
    exchange: (request, signal) => {
      if (connection === undefined) return Promise.reject(new Error('the server has not been greeted'));
      connection.send(request);
      return Promise.resolve(connection.answer(signal));
    },
    close: () => connection?.close(),
  };
}

class SshConnection {
  readonly #client: Client;
  readonly #channel: ClientChannel;
  /** What the server wrote to stderr, up to a limit. */
  #complaint = '';
  #exitCode: number | null | undefined;

  private constructor(client: Client, channel: ClientChannel) {
    this.#client = client;
    this.#channel = channel;
    channel.on('exit', (code: number | null) => (this.#exitCode = code));
    // Unread, it would fill the channel's window and stall the server.
    channel.stderr.on('data', (chunk: Buffer) => {
      if (this.#complaint.length < maxComplaint) this.#complaint += chunk.toString('utf8');
    });
    // Whoever reads is told by the iterator; without a reader there is nobody to tell.
    channel.on('error', () => undefined);
    client.on('error', (error) => (channel as unknown as Readable).destroy(error));
    client.on('close', () => channel.destroy());
  }

  static async open(options: SshTransportOptions, signal: AbortSignal): Promise<SshConnection> {
    const client = await login(options, signal);
    const abort = (): void => void client.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const command = `git-upload-pack ${shellQuoted(repositoryPath(options.url))}`;
      // A server that does not take the variable answers in version 0, which is understood too.
      const channel = await new Promise<ClientChannel>((resolve, reject) => {
        client.once('error', reject);
        client.exec(command, { env: { GIT_PROTOCOL: 'version=2' } }, (error, opened) => {
          if (error === undefined) resolve(opened);
          else reject(error);
        });
        client.once('close', () => {
          reject(new Error('the connection was closed'));
        });
      });
      return new SshConnection(client, channel);
    } catch (error) {
      client.destroy();
      signal.throwIfAborted();
      throw new GitError('GIT_TRANSPORT', `the SSH server does not run git-upload-pack: ${errorMessage(error)}`);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  send(request: string): void {
    this.#channel.write(request);
  }

  /** The bytes that come now. Whoever stops reading leaves the rest, and the channel, for the next answer. */
  async *answer(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const abort = (): void => void this.#client.destroy();
    signal.addEventListener('abort', abort, { once: true });
    let failure: unknown;
    try {
      yield* (this.#channel as unknown as Readable).iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    } catch (error) {
      failure = error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
    // Only here when the stream ended: a reader who has what it wants leaves by the `finally` above.
    signal.throwIfAborted();
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    if (failure !== undefined || this.#exitCode === undefined) {
      const why = failure === undefined ? '' : `: ${errorMessage(failure)}`;
      throw new GitError('GIT_TRANSPORT', `the SSH server cut its answer short${why}`, { cause: failure });
    }
  }

  close(): void {
    // A flush packet instead of a request is the polite end; then the connection goes without waiting.
    if (this.#channel.writable) this.#channel.end('0000');
    this.#client.end();
  }

  #refusal(): GitError | undefined {
    const text = this.#complaint.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
    if (text === '' || this.#exitCode === 0) return undefined;
    // No server tells this apart by a number.
    const missing = /repository not found|does not appear to be a git repository|no such file|could not be found/i;
    if (missing.test(text)) return new GitError('GIT_REPOSITORY_NOT_FOUND', `repository not found: ${text}`);
    return new GitError('GIT_TRANSPORT', `the SSH server refused: ${text}`);
  }
}

/** An authenticated connection to a server whose key is known. */
async function login(options: SshTransportOptions, signal: AbortSignal): Promise<Client> {
  const url = new URL(options.url);
  const host = bare(url.hostname);
  const port = Number(url.port || 22);
  const known = KnownHosts.parse(options.knownHosts);
  const privateKey = readableKey(options.identity, options.passphrase);
  // Loaded by those who use it: most processes never speak SSH.
  const { Client: SshClient, utils } = (await import('ssh2')).default;
  const passphrase = options.passphrase?.reveal();
  const parsed = utils.parseKey(privateKey, passphrase);
  if (parsed instanceof Error) {
    throw new GitError('GIT_BAD_IDENTITY', `the SSH identity key cannot be read: ${parsed.message}`);
  }
  const socket = await openSocket({ host, port }, options.proxy, signal);
  const client = new SshClient();
  let verdict: HostVerdict | undefined;
  const abort = (): void => {
    client.destroy();
    socket.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('error', reject);
      client.once('close', () => reject(new Error('the server closed the connection')));
      client.connect({
        sock: socket,
        username: decodeURIComponent(url.username) || 'git',
        privateKey,
        ...(passphrase !== undefined && { passphrase }),
        // The signal bounds the whole; a second clock would only compete with it.
        readyTimeout: 0,
        keepaliveInterval: 15_000,
        hostVerifier: (key: Buffer) => (verdict = known.check(host, port, key)) === 'trusted',
        algorithms: {
          serverHostKey: [...(options.hostKeyAlgorithms ?? known.algorithmsFor(host, port))] as never,
          ...(options.kexAlgorithms !== undefined && { kex: [...options.kexAlgorithms] as never }),
        },
      });
    });
    return client;
  } catch (error) {
    client.destroy();
    socket.destroy();
    // What still arrives on a dead connection concerns nobody.
    client.on('error', () => undefined);
    signal.throwIfAborted();
    throw loginFailure(error, verdict);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const untrusted: Readonly<Record<Exclude<HostVerdict, 'trusted'>, string>> = {
  unknown: `knownhosts: key is unknown: add the server's host key to 'known_hosts'`,
  mismatch: `knownhosts: key mismatch: the server shows another key than 'known_hosts' has for it`,
  revoked: `knownhosts: key is revoked`,
};

function loginFailure(error: unknown, verdict: HostVerdict | undefined): GitError {
  if (verdict !== undefined && verdict !== 'trusted') {
    return new GitError('GIT_HOST_KEY', `ssh: handshake failed: ${untrusted[verdict]}`);
  }
  if (error instanceof Error && 'level' in error && error.level === 'client-authentication') {
    const what = 'ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain';
    return new GitError('GIT_AUTHENTICATION_REQUIRED', `ssh: handshake failed: ${what}`);
  }
  return new GitError('GIT_TRANSPORT', `ssh: handshake failed: ${errorMessage(error)}`, { cause: error });
}

/** The path as the remote shell gets it; `/~user` means that user's home. */
function repositoryPath(text: string): string {
  const path = decodeURIComponent(new URL(text).pathname);
  return path.startsWith('/~') ? path.slice(1) : path;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
