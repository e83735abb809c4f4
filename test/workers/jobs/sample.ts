// A job for the pool's tests: does what it is told.
import { threadId } from 'node:worker_threads';
import type { JobContext } from '#workers/job';
import { CodedError } from '#lib/errors';

export type SampleInput =
  | { readonly do: 'echo'; readonly value: unknown }
  | { readonly do: 'spin' }
  | { readonly do: 'hoard' }
  | { readonly do: 'fail' }
  | { readonly do: 'flood'; readonly bytes: number }
  | { readonly do: 'thread' };

class SampleError extends CodedError {
  readonly line = 7;
}

export function run(input: SampleInput, context: JobContext): unknown {
  switch (input.do) {
    case 'echo':
      return input.value;
    case 'spin':
      for (;;);
    case 'hoard': {
      const hoard: number[][] = [];
      for (;;) hoard.push(Array.from({ length: 100_000 }, (_, i) => i + 0.5));
    }
    case 'fail':
      throw new SampleError('SAMPLE_BROKEN', 'line 7 is broken');
    case 'flood':
      return 'x'.repeat(input.bytes);
    case 'thread':
      return { threadId, maxOutputBytes: context.maxOutputBytes };
  }
}
