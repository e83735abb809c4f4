// Writes a file in large pieces, counting and hashing what goes through.
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const bufferBytes = 256 * 1024;

export class FileWriter {
  readonly #file: number;
  readonly #hash: Hash | undefined;
  #pieces: Buffer[] = [];
  #pending = 0;
  /** Bytes written so far, buffered ones too. */
  position = 0;

  /** Creates the file, which must not be there yet. */
  constructor(path: string, algorithm?: string) {
    this.#file = openSync(path, 'wx', 0o600);
    this.#hash = algorithm === undefined ? undefined : createHash(algorithm);
  }

  write(data: string | Buffer): void {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    this.#hash?.update(bytes);
    this.#pieces.push(bytes);
    this.#pending += bytes.length;
    this.position += bytes.length;
    if (this.#pending >= bufferBytes) this.flush();
  }

  flush(): void {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#pending = 0;
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
