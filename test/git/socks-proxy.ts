// A SOCKS5 proxy on loopback that demands a login and notes where it was asked to go.
import net from 'node:net';

export interface SocksProxy {
  readonly url: string;
  readonly targets: readonly string[];
  stop(): Promise<void>;
}

export async function socksProxy(login: { readonly username: string; readonly password: string }): Promise<SocksProxy> {
  const targets: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, login, targets).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `socks5://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    targets,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function serve(
  socket: net.Socket,
  login: { readonly username: string; readonly password: string },
  targets: string[],
): Promise<void> {
  const [, count = 0] = await take(socket, 2);
  const methods = await take(socket, count);
  if (!methods.includes(2)) return void socket.end(Buffer.from([5, 0xff]));
  socket.write(Buffer.from([5, 2]));
  const [, userLength = 0] = await take(socket, 2);
  const user = (await take(socket, userLength)).toString();
  const [passwordLength = 0] = await take(socket, 1);
  const password = (await take(socket, passwordLength)).toString();
  const good = user === login.username && password === login.password;
  socket.write(Buffer.from([1, good ? 0 : 1]));
  if (!good) return void socket.end();
  const [, , , kind] = await take(socket, 4);
  const host =
    kind === 1 ? [...(await take(socket, 4))].join('.') : (await take(socket, (await take(socket, 1))[0]!)).toString();
  const port = (await take(socket, 2)).readUInt16BE();
  targets.push(`${host}:${port}`);
  const target = net.connect(port, host);
  target.on('error', () => socket.destroy());
  target.once('connect', () => {
    socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
    socket.pipe(target).pipe(socket);
  });
  socket.once('close', () => target.destroy());
}

async function take(socket: net.Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(size) as Buffer | null;
    if (bytes !== null) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error('closed');
    await new Promise((resolve) => {
      socket.once('readable', resolve);
      socket.once('close', resolve);
    });
  }
}
