// Where the bytes of a pack come from: a file, of which a small window is held, or memory.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface PackSource {
  readonly size: number;
  /** Bytes `start` to `end`, good until the next call. Fewer where the pack ends before. */
  readonly at: (start: number, end: number) => Buffer;
}

export function inMemory(bytes: Buffer): PackSource {
  return { size: bytes.length, at: (start, end) => bytes.subarray(start, end) };
}

const windowBytes = 256 * 1024;

/** A pack on disk. Whoever reads on finds the bytes read ahead; whoever jumps reads just what is asked for. */
export class PackOnDisk implements PackSource {
  readonly size: number;
  readonly #file: number;
  readonly #room = Buffer.allocUnsafeSlow(windowBytes);
  #window: Buffer = this.#room.subarray(0, 0);
  #start = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.size = fstatSync(this.#file).size;
  }

  at(start: number, end: number): Buffer {
    const last = Math.min(end, this.size);
    const windowEnd = this.#start + this.#window.length;
    if (start < this.#start || last > windowEnd) {
      const readsOn = start >= this.#start && start <= windowEnd;
      this.#read(start, Math.max(last, readsOn ? Math.min(start + windowBytes, this.size) : 0));
    }
    return this.#window.subarray(start - this.#start, last - this.#start);
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(start: number, end: number): void {
    const length = end - start;
    const target = length > windowBytes ? Buffer.allocUnsafeSlow(length) : this.#room;
    let filled = 0;
    while (filled < length) {
      const count = readSync(this.#file, target, filled, length - filled, start + filled);
      if (count === 0) break;
      filled += count;
    }
    this.#window = target.subarray(0, filled);
    this.#start = start;
  }
}
