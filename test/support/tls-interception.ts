// The internet on loopback: an HTTP proxy that answers for every host itself, with certificates of an authority this
// process trusts. Code under test talks to the real names of real services, and needs no address of its own for tests.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createAuthority, issueCertificate, validityFrom } from '#net/pki';

export type HostHandler = (request: IncomingMessage, response: ServerResponse, body: string) => Promise<void> | void;

export interface Interception {
  /** For HTTPS_PROXY. */
  readonly proxyUrl: string;
  stop(): Promise<void>;
}

/** Answers for `hosts`, which may begin with `*.`; connections to others are refused. */
export async function interceptTls(hosts: readonly string[], handler: HostHandler): Promise<Interception> {
  const validity = validityFrom(Date.now(), 1);
  const authority = await createAuthority('test internet', validity);
  const leaf = await issueCertificate(authority, { commonName: 'test', hosts, usages: ['server'], validity });
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, authority.certificate]);
  const server = https.createServer({ cert: leaf.certificate, key: leaf.privateKey }, (request, response) => {
    void answer(handler, request, response);
  });
  const open = new Set<Socket>();
  const proxy = createServer();
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    const host = (request.url ?? '').replace(/:443$/, '');
    const isKnown = hosts.some((known) => known === host || (known.startsWith('*.') && host.endsWith(known.slice(1))));
    socket.write(isKnown ? 'HTTP/1.1 200 OK\r\n\r\n' : 'HTTP/1.1 502 No such host\r\n\r\n');
    if (isKnown) server.emit('connection', socket);
    else socket.end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    proxyUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    stop: async () => {
      setDefaultCACertificates(before);
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}

async function answer(handler: HostHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    await handler(request, response, Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ message: String(error) }));
  }
}
