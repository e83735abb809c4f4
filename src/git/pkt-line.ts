// Git's framing: four hex digits of length, then bytes; a few short lengths are marks. gitprotocol-common(5).
import { GitError } from './errors.ts';

export type Packet =
  | { readonly type: 'flush' | 'delimiter' | 'end' }
  | { readonly type: 'data'; readonly data: Buffer };

const maxPacket = 65520;
export const flushPacket = '0000';
export const delimiterPacket = '0001';

/** One data packet. */
export function packet(text: string): string {
  const length = Buffer.byteLength(text) + 4;
  if (length > maxPacket) throw new GitError('GIT_PROTOCOL', `a packet of ${length} bytes is longer than Git allows`);
  return length.toString(16).padStart(4, '0') + text;
}

/** Splits a byte stream into packets. */
export async function* readPackets(source: AsyncIterable<Uint8Array>): AsyncGenerator<Packet, void, undefined> {
  let buffered: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    buffered = buffered.length === 0 ? bytes : Buffer.concat([buffered, bytes]);
    let at = 0;
    while (buffered.length - at >= 4) {
      const length = parseLength(buffered, at);
      if (length < 4) {
        yield { type: length === 0 ? 'flush' : length === 1 ? 'delimiter' : 'end' };
        at += 4;
      } else {
        if (buffered.length - at < length) break;
        yield { type: 'data', data: buffered.subarray(at + 4, at + length) };
        at += length;
      }
    }
    buffered = buffered.subarray(at);
  }
  if (buffered.length > 0) throw new GitError('GIT_PROTOCOL', 'the server ended its answer in the middle of a packet');
}

function parseLength(buffer: Buffer, at: number): number {
  const text = buffer.toString('latin1', at, at + 4);
  const length = /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
  if (Number.isNaN(length) || length === 3 || length > maxPacket) {
    throw new GitError('GIT_PROTOCOL', `the answer is not Git's: it begins a packet with ${JSON.stringify(text)}`);
  }
  return length;
}

/** The text of a data packet without its line feed. */
export function packetText(data: Buffer): string {
  const end = data.at(-1) === 0x0a ? data.length - 1 : data.length;
  return data.toString('utf8', 0, end);
}
