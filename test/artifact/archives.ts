// Archives no packer of ours would make.
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';

export type Entry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

/** A plain tar of the entries, names and types as they are given. */
export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...header } of entries) {
    tar.entry({ mode: 0o644, ...header }, Buffer.from(content));
  }
  tar.finalize();
  return buffer(tar);
}

export async function tarGzOf(entries: readonly Entry[]): Promise<Buffer> {
  return gzipSync(await tarOf(entries));
}

export function streamOf(bytes: Uint8Array): Readable {
  return Readable.from([Buffer.from(bytes)]);
}

/** A tar header block of our own making, for what tar libraries refuse to write. */
export function headerBlock(fields: { readonly name: string; readonly size: number; readonly type: string }): Buffer {
  const block = Buffer.alloc(512);
  block.write(fields.name, 0);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${fields.size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(fields.type, 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
