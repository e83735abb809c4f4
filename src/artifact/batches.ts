// Joins small chunks into large ones: what comes after pays per chunk.
import { Transform, type TransformCallback } from 'node:stream';

/** Passes on chunks of about `size` bytes, and the rest at the end. */
export class Batches extends Transform {
  #parts: Buffer[] = [];
  #length = 0;
  readonly #size: number;

  constructor(size: number) {
    super({ readableHighWaterMark: size, writableHighWaterMark: size });
    this.#size = size;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    if (this.#length >= this.#size) this.#pass();
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.#length > 0) this.#pass();
    done();
  }

  #pass(): void {
    this.push(this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts, this.#length));
    this.#parts = [];
    this.#length = 0;
  }
}
