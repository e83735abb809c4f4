// An HTTP or HTTPS server on a free loopback port that stops at once, whatever connections are open.
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority, issueCertificate, type KeyPair, validityFrom } from '#net/pki';

export interface LoopbackOptions {
  /** Serve TLS. `clientAuthority` makes a client certificate of that authority mandatory. */
  readonly tls?: true | { readonly clientAuthority?: string };
}

export interface LoopbackServer {
  /** https://127.0.0.1:port */
  readonly url: string;
  readonly port: number;
  /** PEM of the authority to trust, with TLS. */
  readonly authority?: string;
  stop(): Promise<void>;
}

export async function loopbackServer(
  handler: http.RequestListener,
  options: LoopbackOptions = {},
): Promise<LoopbackServer> {
  const pki = options.tls === undefined ? undefined : await serverPki();
  const clientAuthority = typeof options.tls === 'object' ? options.tls.clientAuthority : undefined;
  const server =
    pki === undefined ? http.createServer(handler) : https.createServer(tlsOptions(pki, clientAuthority), handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${pki === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    ...(pki === undefined ? {} : { authority: pki.authority.certificate }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface ServerPki {
  readonly authority: KeyPair;
  readonly leaf: KeyPair;
}

async function serverPki(): Promise<ServerPki> {
  const validity = validityFrom(Date.now(), 1);
  const authority = await createAuthority('test server authority', validity);
  const hosts = ['127.0.0.1', 'localhost'];
  return {
    authority,
    leaf: await issueCertificate(authority, { commonName: 'localhost', hosts, usages: ['server'], validity }),
  };
}

function tlsOptions({ leaf }: ServerPki, clientAuthority: string | undefined): https.ServerOptions {
  const own = { cert: leaf.certificate, key: leaf.privateKey };
  return clientAuthority === undefined
    ? own
    : { ...own, ca: clientAuthority, requestCert: true, rejectUnauthorized: true };
}
