// Reads a pack: finds its objects, resolves deltas, gives any object's bytes by hash. Runs in a worker; synchronous.
import { createHash, hash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { applyDelta } from './delta.ts';
import { GitError } from './errors.ts';
import type { PackSource } from './pack-source.ts';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  readonly type: ObjectType;
  readonly data: Buffer;
}

export interface PackLimits {
  /** Objects in the pack. @default 5_000_000 */
  readonly maxObjects?: number;
  /** Bytes of one object, unpacked. @default 1 GiB */
  readonly maxObjectBytes?: number;
  /** Bytes of unpacked objects held at once. @default 16 MiB */
  readonly cacheBytes?: number;
}

interface Entry {
  readonly dataOffset: number;
  /** Bytes in the pack: exact once they were read, at most so many before. */
  readonly packed: number;
  /** Bytes unpacked. */
  readonly size: number;
  readonly type: ObjectType | 'offset-delta' | 'reference-delta';
  /** Offset of the base for an offset delta. */
  readonly baseOffset?: number;
  /** Hash of the base for a reference delta. */
  readonly baseHash?: string;
}

const typeNames: Readonly<Record<number, Entry['type']>> = {
  1: 'commit',
  2: 'tree',
  3: 'blob',
  4: 'tag',
  6: 'offset-delta',
  7: 'reference-delta',
};
const maxDeltaChain = 10_000;
const hashBytes = 20;
/** More than any object's type, size and base take. */
const headerBytes = 64;
/** Bytes read at once where the whole pack is. */
const readBytes = 256 * 1024;
/** A buffer of at least this size shares its memory with no other. */
const minimumAlone = (Buffer.poolSize >>> 1) + 8;
/** The memory that small buffers share: a little larger than `Buffer.poolSize`, and fixed where it is. */
const poolBytes = Buffer.allocUnsafe(1).buffer.byteLength;

/** A pack as it came; objects are unpacked when asked for, recent ones are kept. */
export class PackFile {
  readonly #source: PackSource;
  /** Where the objects end and the checksum begins. */
  readonly #end: number;
  readonly #limits: Required<PackLimits>;
  readonly #entries = new Map<number, Entry>();
  readonly #byHash = new Map<string, number>();
  /** Unpacked objects by offset, least recently used first. */
  readonly #cache = new Map<number, GitObject>();
  #cached = 0;

  /** Reads and checks the whole pack. Throws GIT_PACK_CORRUPT for anything that is not one. */
  constructor(source: PackSource, limits: PackLimits = {}) {
    this.#source = source;
    this.#end = source.size - hashBytes;
    this.#limits = { maxObjects: 5_000_000, maxObjectBytes: 1 << 30, cacheBytes: 16 << 20, ...limits };
    this.#scan();
    this.#nameDeltas();
  }

  get size(): number {
    return this.#entries.size;
  }

  has(hash: string): boolean {
    return this.#byHash.has(hash);
  }

  /** The object with this hash. Throws GIT_OBJECT_NOT_FOUND when the pack lacks it or it is of another type. */
  read(hash: string, type?: ObjectType): Buffer {
    const object = this.readAny(hash);
    if (type !== undefined && object.type !== type) {
      throw new GitError('GIT_OBJECT_NOT_FOUND', `object ${hash} is a ${object.type}, not a ${type}`);
    }
    return object.data;
  }

  readAny(hash: string): GitObject {
    const offset = this.#byHash.get(hash);
    if (offset === undefined) throw new GitError('GIT_OBJECT_NOT_FOUND', `object ${hash} is not in the pack`);
    return this.#object(offset);
  }

  #scan(): void {
    const head = this.#source.at(0, 12);
    if (this.#end < 12 || head.toString('latin1', 0, 4) !== 'PACK') throw corrupt('it has no header');
    const version = head.readUInt32BE(4);
    if (version !== 2 && version !== 3) throw corrupt(`its version is ${version}`);
    const count = head.readUInt32BE(8);
    if (count > this.#limits.maxObjects) {
      throw new GitError('GIT_TOO_LARGE', `the pack has ${count} objects, more than ${this.#limits.maxObjects}`);
    }
    this.#checkSum();
    let offset = 12;
    for (let i = 0; i < count; i++) offset = this.#scanEntry(offset);
    if (offset !== this.#end) throw corrupt(`${this.#end - offset} bytes follow its last object`);
  }

  #checkSum(): void {
    const sum = createHash('sha1');
    for (let at = 0; at < this.#end; at += readBytes) {
      sum.update(this.#source.at(at, Math.min(at + readBytes, this.#end)));
    }
    if (!sum.digest().equals(this.#source.at(this.#end, this.#end + hashBytes))) {
      throw corrupt('its checksum does not match');
    }
  }

  /** Reads one entry's header and bytes; returns where the next one begins. */
  #scanEntry(offset: number): number {
    const header = this.#readHeader(offset);
    const { data, consumed } = this.#inflate(header);
    const entry: Entry = { ...header, packed: consumed };
    const { type } = entry;
    this.#entries.set(offset, entry);
    if (type !== 'offset-delta' && type !== 'reference-delta') {
      this.#byHash.set(hashOf(type, data), offset);
      // Files are read once more at most; commits and trees come up again at once.
      if (type !== 'blob') this.#keep(offset, { type, data: copyOf(data) });
    }
    giveBack(data);
    return entry.dataOffset + consumed;
  }

  #readHeader(offset: number): Entry {
    const bytes = this.#source.at(offset, Math.min(offset + headerBytes, this.#end));
    let at = 0;
    const next = (): number => {
      const byte = bytes[at++];
      if (byte === undefined) throw corrupt('it ends in the middle of an object');
      return byte;
    };
    let byte = next();
    const type = typeNames[(byte >> 4) & 7];
    if (type === undefined) throw corrupt(`object at ${offset} has an unknown type`);
    let size = byte & 15;
    for (let scale = 16; byte & 0x80; scale *= 128) {
      byte = next();
      size += (byte & 0x7f) * scale;
      if (size > this.#limits.maxObjectBytes) throw this.#tooLarge();
    }
    let base: Pick<Entry, 'baseOffset' | 'baseHash'> = {};
    if (type === 'offset-delta') {
      byte = next();
      let distance = byte & 0x7f;
      while (byte & 0x80) {
        byte = next();
        distance = (distance + 1) * 128 + (byte & 0x7f);
      }
      if (distance <= 0 || distance > offset - 12) throw corrupt(`object at ${offset} has a base outside the pack`);
      base = { baseOffset: offset - distance };
    } else if (type === 'reference-delta') {
      if (at + hashBytes > bytes.length) throw corrupt('it ends in the middle of an object');
      base = { baseHash: bytes.toString('hex', at, at + hashBytes) };
      at += hashBytes;
    }
    return { dataOffset: offset + at, packed: largestPacked(size), size, type, ...base };
  }

  /** Computes the hashes of deltas; a reference delta may come before its base. */
  #nameDeltas(): void {
    // Offsets of objects that can be unpacked: what is not a delta, and deltas on those.
    const whole = new Set<number>();
    let waiting: number[] = [];
    for (const [offset, { type }] of this.#entries) {
      if (type === 'offset-delta' || type === 'reference-delta') waiting.push(offset);
      else whole.add(offset);
    }
    while (waiting.length > 0) {
      const still: number[] = [];
      for (const offset of waiting) {
        const { baseOffset, baseHash } = this.#entries.get(offset)!;
        const base = baseOffset ?? this.#byHash.get(baseHash!);
        if (base === undefined || !whole.has(base)) {
          still.push(offset);
          continue;
        }
        const { type, data } = this.#object(offset);
        this.#byHash.set(hashOf(type, data), offset);
        whole.add(offset);
      }
      if (still.length === waiting.length) throw corrupt('a delta has no base in the pack');
      waiting = still;
    }
  }

  /** Unpacks the object at an offset: back along its deltas to something whole, then forward again. */
  #object(offset: number): GitObject {
    const chain: { offset: number; entry: Entry }[] = [];
    let at = offset;
    let object: GitObject | undefined;
    while (object === undefined) {
      object = this.#cache.get(at);
      if (object !== undefined) {
        this.#cache.delete(at);
        this.#cache.set(at, object);
        break;
      }
      const entry = this.#entries.get(at);
      if (entry === undefined) throw corrupt('a delta has a base where no object begins');
      if (entry.type === 'offset-delta' || entry.type === 'reference-delta') {
        if (chain.length >= maxDeltaChain) throw corrupt('a chain of deltas is too long');
        chain.push({ offset: at, entry });
        const base = entry.baseOffset ?? this.#byHash.get(entry.baseHash!);
        if (base === undefined) throw corrupt('a delta has no base in the pack');
        at = base;
      } else {
        // A file is kept for the deltas on it alone.
        const isKept = chain.length > 0 || entry.type !== 'blob';
        const { data } = this.#inflate(entry);
        object = { type: entry.type, data: isKept ? trimmed(data) : data };
        if (isKept) this.#keep(at, object);
      }
    }
    for (const link of chain.toReversed()) {
      const delta = this.#inflate(link.entry).data;
      object = { type: object.type, data: applyDelta(object.data, delta, this.#limits.maxObjectBytes) };
      giveBack(delta);
      this.#keep(link.offset, object);
    }
    return object;
  }

  #inflate(entry: Entry): { readonly data: Buffer; readonly consumed: number } {
    if (entry.size > this.#limits.maxObjectBytes) throw this.#tooLarge();
    const input = this.#source.at(entry.dataOffset, Math.min(entry.dataOffset + entry.packed, this.#end));
    let result: { buffer: Buffer; engine: { bytesWritten: number } };
    try {
      // One output chunk of the right size: the common case allocates once, and can be given back.
      const options = {
        info: true,
        chunkSize: Math.max(minimumAlone, entry.size),
        maxOutputLength: Math.max(1, entry.size),
      };
      result = inflateSync(input, options) as unknown as typeof result;
    } catch (error) {
      throw corrupt('an object cannot be decompressed', error);
    }
    if (result.buffer.length !== entry.size) throw corrupt('an object is not as long as it says');
    return { data: result.buffer, consumed: result.engine.bytesWritten };
  }

  #keep(offset: number, object: GitObject): void {
    const limit = this.#limits.cacheBytes;
    if (object.data.length > limit / 4) return;
    this.#cache.set(offset, object);
    this.#cached += object.data.length;
    for (const [oldest, old] of this.#cache) {
      if (this.#cached <= limit) return;
      this.#cache.delete(oldest);
      this.#cached -= old.data.length;
    }
  }

  #tooLarge(): GitError {
    return new GitError('GIT_TOO_LARGE', `an object has more than ${this.#limits.maxObjectBytes} bytes`);
  }
}

function hashOf(type: ObjectType, data: Buffer): string {
  const head = `${type} ${data.length}\0`;
  // For small objects, which most are, one call is cheaper than an object with three.
  if (data.length < 4096) return hash('sha1', Buffer.concat([Buffer.from(head), data]), 'hex');
  return createHash('sha1').update(head).update(data).digest('hex');
}

/** What can hardly be compressed grows a little, with some compressors by an eighth. */
function largestPacked(size: number): number {
  return size + Math.ceil(size / 8) + 128;
}

/** Without the room around it that what is unpacked has. */
function trimmed(data: Buffer): Buffer {
  if (data.length >= minimumAlone) return data;
  const copy = copyOf(data);
  giveBack(data);
  return copy;
}

/** A copy that can be kept: it shares its memory with no other, which would be kept along. */
function copyOf(data: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(data.length);
  data.copy(copy);
  return copy;
}

/** Gives the bytes back at once: garbage outside the heap is otherwise let grow by tens of megabytes. */
function giveBack({ buffer }: Buffer): void {
  const isShared = buffer.byteLength < minimumAlone || buffer.byteLength === poolBytes;
  if (buffer instanceof ArrayBuffer && !isShared) buffer.transfer(0);
}

function corrupt(why: string, cause?: unknown): GitError {
  return new GitError('GIT_PACK_CORRUPT', `the server sent a broken pack: ${why}`, { cause });
}
