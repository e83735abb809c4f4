// The TCP connection under SSH: direct, or through a SOCKS5 proxy. RFC 1928, RFC 1929.
import { connect, isIP, type Socket } from 'node:net';
import { once } from 'node:events';
import { errorMessage } from '#lib/errors';
import type { ProxyOptions } from '#net/proxy';
import { GitError } from '../errors.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Connects, or rejects with GIT_TRANSPORT or the signal's reason. */
export async function openSocket(
  target: Endpoint,
  proxy: ProxyOptions | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  if (proxy === undefined) return dial(target, signal);
  const url = new URL(proxy.url);
  if (url.protocol !== 'socks5:') {
    throw transport(`a proxy for SSH must be a socks5:// address, not ${url.protocol}//`);
  }
  const socket = await dial({ host: bare(url.hostname), port: Number(url.port || 1080) }, signal);
  const giveUp = (): void => void socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await handshake(socket, target, proxy);
    return socket;
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    if (error instanceof GitError) throw error;
    throw transport(`the proxy at ${url.host} failed: ${errorMessage(error)}`, error);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function dial({ host, port }: Endpoint, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw transport(`dial tcp ${host}:${port}: ${errorMessage(error)}`, error);
  }
}

async function handshake(socket: Socket, target: Endpoint, proxy: ProxyOptions): Promise<void> {
  const withLogin = proxy.username !== undefined;
  socket.write(Buffer.from(withLogin ? [5, 2, 0, 2] : [5, 1, 0]));
  const [, method] = await read(socket, 2);
  if (method === 2 && withLogin) {
    const user = Buffer.from(proxy.username ?? '');
    const password = Buffer.from(proxy.password?.reveal() ?? '');
    if (user.length > 255 || password.length > 255) throw transport('the proxy takes logins of 255 bytes at most');
    socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
    const [, status] = await read(socket, 2);
    if (status !== 0) throw transport('the proxy refused user and password');
  } else if (method !== 0) throw transport('the proxy demands a login that was not given');
  socket.write(Buffer.concat([Buffer.from([5, 1, 0]), address(target.host), port(target.port)]));
  const [, reply = 1, , kind] = await read(socket, 4);
  if (reply !== 0) throw transport(`the proxy cannot reach ${target.host}:${target.port}: ${reasons[reply] ?? reply}`);
  const rest = kind === 1 ? 4 : kind === 4 ? 16 : (await read(socket, 1))[0]!;
  await read(socket, rest + 2);
}

const reasons: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'time to live expired',
  7: 'command not supported',
  8: 'address type not supported',
};

function address(host: string): Buffer {
  const family = isIP(host);
  if (family === 4) return Buffer.from([1, ...host.split('.').map(Number)]);
  // An IPv6 address goes as a name too: every proxy has to parse names anyway.
  const name = Buffer.from(host);
  if (name.length > 255) throw transport('a proxy takes host names of 255 bytes at most');
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

function port(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** Exactly so many bytes; what follows stays in the socket. */
async function read(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(size) as Buffer | null;
    if (bytes !== null && bytes.length === size) return bytes;
    if (bytes !== null || socket.readableEnded || socket.destroyed) throw new Error('it closed the connection');
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['readable', 'end', 'close']) socket.off(event, done);
        resolve();
      };
      for (const event of ['readable', 'end', 'close']) socket.once(event, done);
    });
  }
}

export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function transport(message: string, cause?: unknown): GitError {
  return new GitError('GIT_TRANSPORT', message, { cause });
}
