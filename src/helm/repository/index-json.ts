// Cuts an index that is JSON into its chart versions, character by character, so that no more than one is parsed at a time.
import { type IndexPiece, LayoutError } from './index-lines.ts';

/** What the next token at a level of the document may be. */
type Expect = 'key' | 'colon' | 'value' | 'comma' | 'end';

const containers = ['document', 'root', 'entries', 'versions'] as const;
type Container = (typeof containers)[number];

export function* cutJson(chunks: Iterable<string>): Generator<IndexPiece, void, undefined> {
  const cutter = new JsonCutter();
  for (const chunk of chunks) yield* cutter.take(chunk);
  yield* cutter.end();
}

/**
 * Walks the three outer levels itself; values below them, and all other values, are captured as text and left to
 * JSON.parse, whose verdict is the reader's.
 */
class JsonCutter {
  readonly #stack: { readonly container: Container; expect: Expect; count: number }[] = [
    { container: 'document', expect: 'value', count: 0 },
  ];
  readonly #head: string[] = [];
  #key = '';
  #sawEntries = false;
  /** Captured so far of a value or key; undefined between them. */
  #captured: string[] | undefined;
  #depth = 0;
  #inString = false;
  #escaped = false;

  *take(chunk: string): Generator<IndexPiece, void, undefined> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#captured !== undefined) {
        const end = this.#skipValue(chunk, at);
        this.#captured.push(chunk.slice(at, end));
        at = end;
        if (this.#depth === 0 && !this.#inString && at < chunk.length) yield* this.#captureEnds();
        continue;
      }
      const character = chunk[at]!;
      if (/[\s]/.test(character)) at++;
      else at = yield* this.#token(character, at);
    }
  }

  *end(): Generator<IndexPiece, void, undefined> {
    if (this.#captured !== undefined && this.#depth === 0 && !this.#inString) yield* this.#captureEnds();
    if (this.#stack.length !== 1 || this.#stack[0]!.expect !== 'end')
      throw new LayoutError('unexpected end of JSON input');
    yield { type: 'head', source: `{${this.#head.join(',')}}` };
  }

  /** Handles a structural character, or starts the capture of what begins here; returns where to go on. */
  *#token(character: string, at: number): Generator<IndexPiece, number, undefined> {
    const level = this.#stack.at(-1)!;
    if (level.expect === 'colon' && character === ':') {
      level.expect = 'value';
      return at + 1;
    }
    if (level.expect === 'comma' && character === ',') {
      level.expect = level.container === 'versions' ? 'value' : 'key';
      return at + 1;
    }
    const closing = level.container === 'versions' ? ']' : '}';
    const mayClose = level.expect === 'comma' || (level.count === 0 && level.expect !== 'colon');
    if (character === closing && level.container !== 'document' && mayClose) {
      this.#stack.pop();
      this.#valueEnds();
      return at + 1;
    }
    const opened = level.expect === 'value' ? this.#opens(level.container, character) : undefined;
    if (opened !== undefined) {
      if (opened === 'versions') yield { type: 'chart', name: this.#key };
      this.#stack.push({ container: opened, expect: opened === 'versions' ? 'value' : 'key', count: 0 });
      return at + 1;
    }
    if (level.expect !== 'value' && !(level.expect === 'key' && character === '"')) {
      throw new LayoutError(`invalid character ${JSON.stringify(character)} in JSON`);
    }
    this.#captured = [];
    return at;
  }

  #opens(container: Container, character: string): Container | undefined {
    if (container === 'document' && character === '{') return 'root';
    if (container === 'root' && character === '{' && this.#key === 'entries') {
      if (this.#sawEntries) throw new LayoutError('entries is there twice');
      this.#sawEntries = true;
      return 'entries';
    }
    return container === 'entries' && character === '[' ? 'versions' : undefined;
  }

  /** Goes on in the value under capture; returns the index after its last character, or the chunk's length. */
  #skipValue(chunk: string, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === 0x5c) this.#escaped = true;
        else if (code === 0x22) this.#inString = false;
      } else if (code === 0x22) this.#inString = true;
      else if (code === 0x7b || code === 0x5b) this.#depth++;
      else if (code === 0x7d || code === 0x5d) {
        if (this.#depth === 0) return at;
        this.#depth--;
      } else if (this.#depth === 0 && (code === 0x2c || code === 0x3a)) return at;
    }
    return chunk.length;
  }

  *#captureEnds(): Generator<IndexPiece, void, undefined> {
    const source = this.#captured!.join('').trim();
    this.#captured = undefined;
    if (source === '') throw new LayoutError('a value is missing');
    const level = this.#stack.at(-1)!;
    if (level.expect === 'key') {
      const key: unknown = parsed(source);
      if (typeof key !== 'string') throw new LayoutError('a key is no text');
      this.#key = key;
      level.expect = 'colon';
      return;
    }
    if (level.container === 'versions') yield { type: 'version', source };
    else if (level.container === 'root') this.#head.push(`${JSON.stringify(this.#key)}:${checked(source)}`);
    else if (level.container === 'entries' && source === 'null') yield { type: 'chart', name: this.#key };
    else throw new LayoutError('an index is an object of lists');
    this.#valueEnds();
  }

  #valueEnds(): void {
    const level = this.#stack.at(-1)!;
    level.count++;
    level.expect = level.container === 'document' ? 'end' : 'comma';
  }
}

function checked(source: string): string {
  parsed(source);
  return source;
}

function parsed(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new LayoutError('the text is no JSON', { cause });
  }
}
