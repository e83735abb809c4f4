// Writes a file in large pieces, counting and hashing what goes through.
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const bufferBytes = 256 * 1024;

/** All through one buffer: hundreds of megabytes of short-lived ones would be memory that comes back late. */
export class FileWriter {
  readonly #file: number;
  readonly #hash: Hash | undefined;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #filled = 0;
  #flushed = 0;

  /** Creates the file, which must not be there yet. */
  constructor(path: string, algorithm?: string) {
    this.#file = openSync(path, 'wx', 0o600);
    this.#hash = algorithm === undefined ? undefined : createHash(algorithm);
  }

  /** Bytes written so far, buffered ones too. */
  get position(): number {
    return this.#flushed + this.#filled;
  }

  /** Returns the number of bytes. */
  write(data: string | Uint8Array): number {
    if (typeof data !== 'string') return this.#copy(data);
    // No UTF-16 unit takes more than three bytes.
    if (data.length * 3 > bufferBytes) return this.#copy(Buffer.from(data));
    if (data.length * 3 > bufferBytes - this.#filled) this.flush();
    const bytes = this.#buffer.write(data, this.#filled);
    this.#filled += bytes;
    return bytes;
  }

  #copy(bytes: Uint8Array): number {
    if (bytes.length > bufferBytes - this.#filled) this.flush();
    if (bytes.length > bufferBytes) this.#out(bytes);
    else {
      this.#buffer.set(bytes, this.#filled);
      this.#filled += bytes.length;
    }
    return bytes.length;
  }

  flush(): void {
    const filled = this.#filled;
    this.#filled = 0;
    this.#out(this.#buffer.subarray(0, filled));
  }

  #out(bytes: Uint8Array): void {
    this.#hash?.update(bytes);
    this.#flushed += bytes.length;
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
  }

  /** Writes what is left; returns the digest as hex, where one was asked for. */
  close(): string {
    this.flush();
    closeSync(this.#file);
    return this.#hash?.digest('hex') ?? '';
  }

  /** Gives the file up after a failure. */
  abandon(): void {
    closeSync(this.#file);
  }
}
