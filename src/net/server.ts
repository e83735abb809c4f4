// An HTTP or HTTPS server with the timeouts Go clients expect, certificates that change while it runs, and a clean end.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { systemClock, type Clock } from '#lib/clock';
import type { Secret } from '#lib/secret';
import { createServer } from './node-http.ts';

/** What a TLS server shows, and whose client certificates it believes. */
export interface ServingCertificate {
  /** PEM chain, leaf first. */
  readonly cert: string;
  readonly key: Secret;
  /** PEM bundles of client CAs. */
  readonly clientCas?: readonly string[];
}

export interface ServerOptions {
  readonly handler: RequestListener;
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** @default 0: any free one */
  readonly port?: number;
  /** HTTPS when given. */
  readonly tls?: ServingCertificate;
  /** Ask for a client certificate, without insisting. Who signed it is the handler's to check. @default false */
  readonly requestClientCertificate?: boolean;
  /** Longest time for a request's headers. @default 32_000 */
  readonly headersTimeoutMs?: number;
  /** Longest time for a whole request; 0 for none. @default 0 */
  readonly requestTimeoutMs?: number;
  /** How long an idle connection is kept: above Go's 90 s, so that the client and not we close it. @default 95_000 */
  readonly keepAliveTimeoutMs?: number;
  /** Connections at once; further ones are refused. @default unlimited */
  readonly maxConnections?: number;
  readonly clock?: Clock;
  /** Errors of single connections: bad handshakes, broken requests. */
  readonly onConnectionError?: (error: Error) => void;
}

// Header lines of 400 groups and more must pass: Go allows 1 MiB, Node 16 KiB.
const MAX_HEADER_BYTES = 1 << 20;

/** A listening server. */
export class ListeningServer {
  readonly #server: Server | TlsServer;
  readonly #sockets = new Set<Socket>();
  readonly #busy = new Set<ServerResponse>();
  readonly #clock: Clock;
  readonly #secure: boolean;
  #draining = false;

  private constructor(server: Server | TlsServer, secure: boolean, clock: Clock) {
    this.#server = server;
    this.#secure = secure;
    this.#clock = clock;
    server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Binds and listens. */
  static async listen(options: ServerOptions): Promise<ListeningServer> {
    const tls = options.tls;
    const shared = {
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: options.keepAliveTimeoutMs ?? 95_000,
      headersTimeout: options.headersTimeoutMs ?? 32_000,
      requestTimeout: options.requestTimeoutMs ?? 0,
    };
    const clientCertificate = { requestCert: options.requestClientCertificate ?? false, rejectUnauthorized: false };
    const server: Server | TlsServer =
      tls === undefined
        ? createServer(shared)
        : createTlsServer({ ...shared, ...contextOf(tls), ...clientCertificate, minVersion: 'TLSv1.2' });
    const listening = new ListeningServer(server, tls !== undefined, options.clock ?? systemClock);
    server.maxHeadersCount = 0;
    if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      listening.#serve(options.handler, request, response),
    );
    server.on('tlsClientError', (error: Error) => options.onConnectionError?.(error));
    server.on('clientError', (error: Error, socket: Socket) => {
      options.onConnectionError?.(error);
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
    // After this point an error is one connection's (too many open files, say), not the server's end.
    server.on('error', (error: Error) => options.onConnectionError?.(error));
    return listening;
  }

  get address(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  /** `http://host:port` or `https://host:port`. */
  get url(): string {
    const { address, port, family } = this.address;
    return `${this.#secure ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** True from the beginning of {@link close}: readiness probes ask. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Shows new certificates and believes new client CAs from the next handshake on. */
  setCertificate(certificate: ServingCertificate): void {
    if (!('setSecureContext' in this.#server)) throw new TypeError('the server does not speak TLS');
    this.#server.setSecureContext(contextOf(certificate));
  }

  /**
   * Stops listening, lets requests under way finish for at most `graceMs`, then cuts what is left. Every response sent
   * meanwhile tells the client to close.
   */
  async close(graceMs = 10_000): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    for (const response of this.#busy) if (!response.headersSent) response.setHeader('Connection', 'close');
    const cancel = this.#clock.after(graceMs, () => {
      for (const socket of this.#sockets) socket.destroy();
      this.#server.closeAllConnections();
    });
    await closed;
    cancel();
  }

  #serve(handler: RequestListener, request: IncomingMessage, response: ServerResponse): void {
    this.#busy.add(response);
    response.once('close', () => {
      this.#busy.delete(response);
      // A connection that became idle while draining would otherwise be kept for its whole keep-alive time.
      if (this.#draining) request.socket.end();
    });
    if (this.#draining) response.setHeader('Connection', 'close');
    handler(request, response);
  }
}

interface ContextOptions {
  cert: string;
  key: string;
  ca?: string[];
}

function contextOf({ cert, key, clientCas }: ServingCertificate): ContextOptions {
  return { cert, key: key.reveal(), ...(clientCas && { ca: [...clientCas] }) };
}
