// Joins small chunks into large ones: what comes after pays per chunk.
import type { Writable } from 'node:stream';

/**
 * Writes what `source` gives to `sink` in pieces of `size` bytes, and ends it. Two buffers take turns: one is filled
 * while the other is being written, and none is left for the garbage collector.
 */
export async function writeBatches(source: AsyncIterable<Uint8Array>, sink: Writable, size: number): Promise<void> {
  let filling = Buffer.allocUnsafeSlow(size);
  let writing = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  let written = Promise.resolve();
  const pass = async (): Promise<void> => {
    await written;
    written = write(sink, filling.subarray(0, filled));
    // Whoever waits for it next learns of a failure; until then nobody listens.
    written.catch(() => undefined);
    [filling, writing] = [writing, filling];
    filled = 0;
  };
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + size - filled);
      filling.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === size) await pass();
    }
  }
  if (filled > 0) await pass();
  await written;
  sink.end();
}

function write(sink: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    sink.write(chunk, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
