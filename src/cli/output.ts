// Where a command's output goes. Node's streams for the process's own take 6 ms to open, so bytes go to the descriptor itself.
import { writeSync } from 'node:fs';

/** What a command needs of a stream it writes to. Without `done` a failure is thrown or emitted. */
export interface Output {
  write(chunk: string | Uint8Array, done?: (error?: Error | null) => void): unknown;
}

/** Resolves when the output is taken: it may be megabytes, and the process ends after the last of it. */
export function print(output: Output, chunk: string | Uint8Array): Promise<void> {
  return new Promise((done, failed) => {
    output.write(chunk, (error) => (error instanceof Error ? failed(error) : done()));
  });
}

/** Writes to a descriptor at once. What one that never blocks has no room for waits in its stream, and all after it. */
export function descriptorOutput(descriptor: number, stream: () => Output): Output {
  let isFull = false;
  return {
    write(chunk, done) {
      if (isFull) return stream().write(chunk, done);
      let rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      try {
        while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return fail(error as Error, done);
        isFull = true;
        return stream().write(rest, done);
      }
      return done?.();
    },
  };
}

function fail(error: Error, done: ((error: Error) => void) | undefined): void {
  if (done === undefined) throw error;
  done(error);
}
