// The watch wire: one JSON event per line, of bounded length, from a stream that may end, stall or turn into an error.
import { CodedError, errorMessage } from '#lib/errors';
import type { KubeObject, Unstructured } from './object.ts';
import { StatusError } from './status-error.ts';

export interface WatchEvent<T extends KubeObject = Unstructured> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/** The stream broke or held something that is not a watch event. */
export class WatchStreamError extends CodedError {
  /** The connection was lost: what came before is sound, and a new watch may go on from there. */
  readonly broken: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly broken?: boolean }) {
    super('KUBE_WATCH', message, options);
    this.broken = options?.broken ?? false;
  }
}

const NEWLINE = 0x0a;

interface ByteStream extends AsyncIterable<Uint8Array> {
  destroy(error?: Error): unknown;
}

/** Decodes `stream` event by event; destroys it when the consumer stops. */
export async function* readWatch<T extends KubeObject>(
  stream: ByteStream,
  maxLineBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  try {
    for await (const line of lines(stream, maxLineBytes)) yield decode<T>(line);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof CodedError) throw error;
    throw new WatchStreamError(`the watch broke: ${errorMessage(error)}`, { cause: error, broken: true });
  } finally {
    stream.destroy();
  }
}

/** Lines as text. What is left without a newline at the end is a torn line and is dropped: its event comes again. */
async function* lines(stream: ByteStream, maxLineBytes: number): AsyncGenerator<string, void, undefined> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const bytes of stream) {
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      let line: string;
      if (pendingBytes === 0) {
        line = chunk.toString('utf8', start, end);
      } else {
        // Joined before decoding: a character may lie across two chunks.
        pending.push(chunk.subarray(start, end));
        line = Buffer.concat(pending).toString('utf8');
        pending = [];
        pendingBytes = 0;
      }
      start = end + 1;
      if (line.length > 1) yield line;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > maxLineBytes) throw new WatchStreamError(`a watch event is longer than ${maxLineBytes} bytes`);
    }
  }
}

function decode<T extends KubeObject>(line: string): WatchEvent<T> {
  let event: { type?: unknown; object?: unknown } | null;
  try {
    event = JSON.parse(line) as typeof event;
  } catch (error) {
    // The text itself may hold a Secret: it stays out of the message.
    throw new WatchStreamError('the watch sent a line that is not JSON', { cause: error });
  }
  const object = event?.object;
  if (typeof object !== 'object' || object === null)
    throw new WatchStreamError('the watch sent an event with no object');
  switch (event?.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type: event.type, object: object as T };
    case 'ERROR':
      throw new StatusError(object);
    default:
      throw new WatchStreamError('the watch sent an event of an unknown type');
  }
}
