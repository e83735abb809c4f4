// Git's deltas: copy a piece of the base, or insert new bytes. gitformat-pack(5).
import { GitError } from './errors.ts';

/** The object that `delta` makes of `base`. */
export function applyDelta(base: Buffer, delta: Buffer, maxBytes: number): Buffer {
  let at = 0;
  const next = (): number => {
    const byte = delta[at++];
    if (byte === undefined) throw broken('it ends too soon');
    return byte;
  };
  const varint = (): number => {
    let value = 0;
    let byte: number;
    let scale = 1;
    do {
      byte = next();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (value > Number.MAX_SAFE_INTEGER) throw broken('a size is absurd');
    } while (byte & 0x80);
    return value;
  };
  if (varint() !== base.length) throw broken('it belongs to another base');
  const size = varint();
  if (size > maxBytes) throw new GitError('GIT_TOO_LARGE', `an object has more than ${maxBytes} bytes`);
  // Not from the memory that small buffers share: one that is kept would keep its neighbours' too.
  const result = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  while (at < delta.length) {
    const code = next();
    if (code & 0x80) {
      let offset = 0;
      let length = 0;
      if (code & 0x01) offset = next();
      if (code & 0x02) offset |= next() << 8;
      if (code & 0x04) offset |= next() << 16;
      if (code & 0x08) offset += next() * 0x1000000;
      if (code & 0x10) length = next();
      if (code & 0x20) length |= next() << 8;
      if (code & 0x40) length |= next() << 16;
      if (length === 0) length = 0x10000;
      if (offset + length > base.length || filled + length > size) throw broken('it copies past an end');
      base.copy(result, filled, offset, offset + length);
      filled += length;
    } else {
      if (code === 0 || at + code > delta.length || filled + code > size) throw broken('it inserts past an end');
      delta.copy(result, filled, at, at + code);
      at += code;
      filled += code;
    }
  }
  if (filled !== size) throw broken('it makes too little');
  return result;
}

function broken(why: string): GitError {
  return new GitError('GIT_PACK_CORRUPT', `the server sent a broken delta: ${why}`);
}
