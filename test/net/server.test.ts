// Servers and pools against each other: certificates that change, drains, proxies, routes that must not share sockets.
import { tlsFingerprint } from '#net/tls';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Secret } from '#lib/secret';
import { Agents } from '#net/agents';
import { createAuthority, issueCertificate, validityFrom, type KeyPair } from '#net/pki';
import { ListeningServer, type ServerOptions } from '#net/server';
import { FakeClock } from '#test/kube/fake-clock';

const validity = validityFrom(Date.now(), 1);

async function leafOf(authority: KeyPair, usage: 'server' | 'client', name = 'localhost'): Promise<KeyPair> {
  return issueCertificate(authority, { commonName: name, hosts: [name, '127.0.0.1'], usages: [usage], validity });
}

const serving = (leaf: KeyPair, clientCas?: readonly string[]) => ({
  cert: leaf.certificate,
  key: new Secret(leaf.privateKey),
  ...(clientCas && { clientCas }),
});

async function peerName(server: ListeningServer, ca: string): Promise<string> {
  const socket = connectTls({ port: server.address.port, host: '127.0.0.1', ca, servername: 'localhost' });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

describe('ListeningServer', () => {
  const servers: ListeningServer[] = [];
  const agents = new Agents();
  const listen = async (options: ServerOptions): Promise<ListeningServer> => {
    const server = await ListeningServer.listen(options);
    servers.push(server);
    return server;
  };
  const get = async (server: ListeningServer, route = {}, path = '/') => {
    const url = new URL(path, server.url);
    const response = await agents.for(url, route).request({ origin: url.origin, path, method: 'GET' });
    return { status: response.statusCode, headers: response.headers, body: await response.body.text() };
  };
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close(0))));
  after(() => agents.close());

  it('shows a new certificate from the next handshake on', async () => {
    const authority = await createAuthority('ca', validity);
    const server = await listen({
      handler: (_request, response) => void response.end('ok'),
      tls: serving(await leafOf(authority, 'server', 'localhost')),
    });
    assert.equal(await peerName(server, authority.certificate), 'localhost');
    const other = await createAuthority('other', validity);
    server.setCertificate(
      serving(
        await issueCertificate(other, { commonName: 'second', hosts: ['localhost'], usages: ['server'], validity }),
      ),
    );
    assert.equal(await peerName(server, other.certificate), 'second');
    await assert.rejects(peerName(server, authority.certificate), /self-signed|unable to verify|issuer/i);
  });

  it('takes client certificates of its CAs, and callers without one', async () => {
    const authority = await createAuthority('ca', validity);
    const clients = await createAuthority('clients', validity);
    const client = await leafOf(clients, 'client', 'jane');
    const server = await listen({
      handler: (request, response) => {
        const socket = request.socket as TLSSocket;
        response.end(`${socket.authorized} ${String(socket.getPeerCertificate().subject?.CN)}`);
      },
      tls: serving(await leafOf(authority, 'server'), [clients.certificate]),
      requestClientCertificate: true,
    });
    const tls = { ca: authority.certificate };
    assert.equal((await get(server, { tls })).body, 'false undefined');
    const identified = { ...tls, cert: client.certificate, key: new Secret(client.privateKey) };
    assert.equal((await get(server, { tls: identified })).body, 'true jane');
    // The same server again without a certificate: had the sockets been shared, Jane's would answer.
    assert.equal((await get(server, { tls })).body, 'false undefined');
  });

  it('finishes what is under way when it closes, and takes nothing new', async () => {
    const begun = Promise.withResolvers<() => void>();
    const server = await listen({ handler: (_request, response) => begun.resolve(() => void response.end('late')) });
    const answer = get(server);
    const finish = await begun.promise;
    const { port } = server.address;
    const closed = server.close(60_000);
    assert.equal(server.draining, true);
    await assert.rejects(once(connectTcp(port, '127.0.0.1'), 'connect'));
    finish();
    const { body, headers } = await answer;
    assert.equal(body, 'late');
    assert.equal(headers['connection'], 'close');
    await closed;
  });

  it('cuts what does not end in its grace', async () => {
    const clock = new FakeClock();
    const begun = Promise.withResolvers<void>();
    const server = await listen({ handler: () => begun.resolve(), clock });
    const answer = assert.rejects(get(server));
    await begun.promise;
    const closed = server.close(5000);
    clock.advance(5000);
    await closed;
    await answer;
  });

  it('takes the headers of a user with thousands of groups', async () => {
    const server = await listen({
      handler: (request, response) => void response.end(String(request.headersDistinct['x-remote-group']?.length)),
    });
    const url = new URL(server.url);
    const headers = Array.from({ length: 5000 }, (_, i) => ['X-Remote-Group', `group-${i}`]).flat();
    const response = await agents.for(url).request({ origin: url.origin, path: '/', method: 'GET', headers });
    assert.equal(await response.body.text(), '5000');
  });

  it('lives on after a client that speaks nonsense', async () => {
    const errors: string[] = [];
    const server = await listen({
      handler: (_request, response) => void response.end('ok'),
      onConnectionError: (error) => errors.push(error.message),
    });
    const socket = connectTcp(server.address.port, '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    const [data] = (await once(socket, 'data')) as [Buffer];
    assert.match(data.toString(), /^HTTP\/1\.1 400/);
    assert.equal(errors.length, 1);
    assert.equal((await get(server)).body, 'ok');
  });

  it('says when its port is taken', async () => {
    const server = await listen({ handler: (_request, response) => void response.end() });
    await assert.rejects(listen({ handler: () => undefined, port: server.address.port }), /EADDRINUSE/);
  });
});

/** A proxy that notes what it is asked for, and tunnels. */
async function startProxy() {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const proxy = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    authorizations.push(request.headers['proxy-authorization']);
    response.end('through the proxy');
  });
  proxy.on('connect', (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    authorizations.push(request.headers['proxy-authorization']);
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connectTcp(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const each of [socket, upstream]) {
      sockets.add(each);
      each.on('error', () => undefined);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    proxy.closeAllConnections();
    proxy.close();
  };
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked, authorizations, close };
}

describe('Agents', () => {
  it('goes through the proxy of the route, tunnelling TLS with the route’s roots', async () => {
    const authority = await createAuthority('ca', validity);
    const server = await ListeningServer.listen({
      handler: (_request, response) => void response.end('secret'),
      tls: serving(await leafOf(authority, 'server')),
    });
    const proxy = await startProxy();
    const agents = new Agents();
    try {
      const url = new URL(server.url);
      const route = {
        tls: { ca: authority.certificate },
        proxy: { url: proxy.url, username: 'me', password: new Secret('pw') },
      };
      const response = await agents.for(url, route).request({ origin: url.origin, path: '/', method: 'GET' });
      assert.equal(await response.body.text(), 'secret');
      assert.deepEqual(proxy.asked, [`CONNECT ${url.host}`]);
      assert.deepEqual(proxy.authorizations, [`Basic ${Buffer.from('me:pw').toString('base64')}`]);
    } finally {
      await agents.close();
      proxy.close();
      await server.close(0);
    }
  });

  it('takes the environment’s proxy where the route has none', async () => {
    const proxy = await startProxy();
    const agents = new Agents({ env: { HTTP_PROXY: proxy.url, NO_PROXY: 'direct.example' } });
    try {
      const url = new URL('http://somewhere.example/x');
      const response = await agents.for(url).request({ origin: url.origin, path: '/x', method: 'GET' });
      assert.equal(await response.body.text(), 'through the proxy');
      assert.deepEqual(proxy.asked, ['GET http://somewhere.example/x']);
      assert.notEqual(agents.for(new URL('http://direct.example/')), agents.for(url));
    } finally {
      await agents.close();
      proxy.close();
    }
  });

  it('keeps one pool per route, and only so many', async () => {
    const agents = new Agents({ maxPools: 2 });
    const url = new URL('https://a.example/');
    const plain = agents.for(url);
    assert.equal(agents.for(new URL('https://b.example/')), plain);
    const insecure = agents.for(url, { tls: { insecureSkipVerify: true } });
    assert.notEqual(insecure, plain);
    assert.equal(agents.for(url, { tls: { insecureSkipVerify: true } }), insecure);
    assert.notEqual(tlsFingerprint({ ca: 'a', cert: 'b' }), tlsFingerprint({ ca: 'ab' }));
    assert.throws(() => agents.for(url, { tls: { cert: 'no certificate' } }), /PEM/);
    agents.for(url, { tls: { serverName: 'c.example' } });
    assert.notEqual(agents.for(url), plain);
    await agents.close();
  });
});
