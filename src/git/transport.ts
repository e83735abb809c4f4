// What the engine needs of a connection to a Git server; HTTP and SSH each provide it.

/** One conversation with `git-upload-pack` of one repository. */
export interface GitTransport {
  /** The server's greeting, as a stream of packets' bytes. Called once, first. */
  greet(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Sends one request and gives the bytes of its answer. */
  exchange(request: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Each request stands alone (HTTP): the server remembers nothing of the one before. */
  readonly stateless: boolean;
  close(): void;
}
