// Digests as Flux writes them, `<algorithm>:<hex>`: computed while bytes pass by, and checked.
import { createHash, type Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { CodedError } from '#lib/errors';

export const digestAlgorithms = ['sha256', 'sha384', 'sha512', 'sha1'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

export function isDigestAlgorithm(name: string): name is DigestAlgorithm {
  return (digestAlgorithms as readonly string[]).includes(name);
}

/** The digest of a text or of bytes. */
export function digestOf(data: string | Uint8Array, algorithm: DigestAlgorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(data).digest('hex')}`;
}

/** `algorithm:hex` taken apart; a digest without algorithm is sha256, as Flux reads it. */
export function parseDigest(digest: string): { readonly algorithm: DigestAlgorithm; readonly hex: string } {
  const colon = digest.indexOf(':');
  const algorithm = colon < 0 ? 'sha256' : digest.slice(0, colon);
  const hex = digest.slice(colon + 1);
  if (!isDigestAlgorithm(algorithm) || !/^[0-9a-f]+$/.test(hex)) {
    throw new CodedError('DIGEST_UNSUPPORTED', `unsupported digest ${JSON.stringify(digest)}`);
  }
  return { algorithm, hex };
}

/** Passes bytes through, hashing and counting them. */
export class Digester extends Transform {
  readonly #hash: Hash;
  readonly #algorithm: DigestAlgorithm;
  readonly #maxBytes: number;
  #size = 0;

  constructor(algorithm: DigestAlgorithm = 'sha256', maxBytes = Number.POSITIVE_INFINITY) {
    super();
    this.#algorithm = algorithm;
    this.#maxBytes = maxBytes;
    this.#hash = createHash(algorithm);
  }

  /** Bytes seen so far. */
  get size(): number {
    return this.#size;
  }

  /** Call once, after the stream has ended. */
  result(): { readonly digest: string; readonly size: number } {
    return { digest: `${this.#algorithm}:${this.#hash.digest('hex')}`, size: this.#size };
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) {
      done(new CodedError('TOO_LARGE', `more than ${this.#maxBytes} bytes`));
      return;
    }
    this.#hash.update(chunk);
    done(null, chunk);
  }
}
