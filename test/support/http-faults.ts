// Faults that a test server works into its answers: silence, a cut connection, changed bytes, an error status.
import type http from 'node:http';
import { Transform } from 'node:stream';

export interface Fault {
  /** Which requests, by URL. @default all */
  readonly match?: RegExp;
  /**
   * stall: headers and `afterBytes` are sent, then nothing more. reset: as stall, but the connection is cut.
   * corrupt: one byte after `afterBytes` is changed. status: this status and nothing else.
   */
  readonly kind: 'stall' | 'reset' | 'corrupt' | { readonly status: number; readonly headers?: Record<string, string> };
  /** @default 0 */
  readonly afterBytes?: number;
  /** How many requests are hit before the fault is over. @default every one */
  readonly times?: number;
}

/** The faults a server has at the moment. */
export class Faults {
  #active: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#active.push({ fault, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.#active = [];
  }

  /** The fault for this request, which is thereby counted. */
  take(url: string): Fault | undefined {
    const found = this.#active.find(({ fault, left }) => left > 0 && (fault.match?.test(url) ?? true));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.fault;
  }
}

/** What stands between the answer and the client. */
export function faultStream(fault: Fault, response: http.ServerResponse): Transform {
  let left = fault.afterBytes ?? 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done): void {
      const passed = chunk.subarray(0, left);
      const rest = chunk.subarray(passed.length);
      left -= passed.length;
      if (rest.length === 0) done(null, chunk);
      else if (fault.kind === 'corrupt') {
        const changed = Buffer.from(chunk);
        changed[passed.length] = (changed[passed.length] ?? 0) ^ 0xff;
        left = Infinity;
        done(null, changed);
      } else {
        if (passed.length > 0) this.push(passed);
        // Never calling done() is the stall.
        if (fault.kind === 'reset') setImmediate(() => response.socket?.resetAndDestroy());
      }
    },
  });
}
