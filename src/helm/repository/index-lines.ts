// Cuts an index.yaml into its chart versions by its lines, so that no more than one of them is ever parsed at a time.
// This works for the layout every tool writes. Anything else is left to whoever reads the index as a whole: a cut in the
// wrong place always leaves a text that cannot be parsed, never one with another meaning.

/** A piece of an index, in order. Texts are YAML, or JSON, of their own. */
export type IndexPiece =
  | { readonly type: 'chart'; readonly name: string }
  | { readonly type: 'version'; readonly source: string }
  /** Everything beside the entries, once. */
  | { readonly type: 'head'; readonly source: string };

/** The text is not laid out so that it can be cut. */
export class LayoutError extends Error {}

const rootKey = /^([A-Za-z][\w.-]*):(?:[ ]+(.*))?$/;
const chartKey = /^(?:([A-Za-z][\w./-]*)|"([\w./-]+)"|'([\w./-]+)'):(?:[ ]+(.*))?$/;
/** Names that YAML does not read as text. */
const notText = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

export function* cutByLines(lines: Iterable<string>): Generator<IndexPiece, void, undefined> {
  const cutter = new LineCutter();
  for (const line of lines) yield* cutter.take(line);
  yield* cutter.end();
}

class LineCutter {
  readonly #head: string[] = [];
  #sawEntries = false;
  #inEntries = false;
  /** Nothing but comments so far. */
  #atStart = true;
  #chartIndent = -1;
  #dashIndent = -1;
  /** The chart key has a value of its own, so nothing may follow below it. */
  #closed = false;
  #segment: string[] | undefined;

  *take(raw: string): Generator<IndexPiece, void, undefined> {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const start = line.search(/[^ ]/);
    if (start < 0 || line[start] === '#') {
      (this.#segment ?? (this.#inEntries ? undefined : this.#head))?.push(line);
      return;
    }
    if (line[start] === '\t') throw new LayoutError('a line starts with a tab');
    if (start === 0) yield* this.#root(line);
    else if (this.#inEntries) yield* this.#entry(line, start);
    else this.#head.push(line);
    this.#atStart = false;
  }

  *end(): Generator<IndexPiece, void, undefined> {
    yield* this.#flush();
    yield { type: 'head', source: this.#head.join('\n') };
  }

  *#root(line: string): Generator<IndexPiece, void, undefined> {
    if (line === '---' && this.#atStart) return;
    // Under `entries:` in the compact style no list can stand at the left edge: it is a map.
    if (line.startsWith('- ') && !this.#inEntries) {
      this.#head.push(line);
      return;
    }
    const match = rootKey.exec(line);
    if (match === null) throw new LayoutError('a line at the left edge is no key');
    yield* this.#flush();
    this.#inEntries = match[1] === 'entries' && isNothing(match[2]);
    if (!this.#inEntries) {
      this.#head.push(line);
      return;
    }
    if (this.#sawEntries) throw new LayoutError('entries is there twice');
    this.#sawEntries = true;
  }

  *#entry(line: string, indent: number): Generator<IndexPiece, void, undefined> {
    if (this.#chartIndent < 0) this.#chartIndent = indent;
    const isDash = line[indent] === '-' && (line.length === indent + 1 || line[indent + 1] === ' ');
    if (indent === this.#chartIndent && !isDash) {
      yield* this.#flush();
      yield { type: 'chart', name: this.#chartName(line.slice(indent)) };
      this.#dashIndent = -1;
      return;
    }
    if (this.#closed || indent < this.#chartIndent) throw new LayoutError('a line is indented like nothing before it');
    if (this.#dashIndent < 0 && isDash) this.#dashIndent = indent;
    if (indent === this.#dashIndent && isDash) {
      yield* this.#flush();
      this.#segment = [`${line.slice(0, indent)} ${line.slice(indent + 1)}`];
      return;
    }
    if (indent <= this.#dashIndent || this.#segment === undefined) throw new LayoutError('a version is no list item');
    this.#segment.push(line);
  }

  #chartName(text: string): string {
    const match = chartKey.exec(text);
    if (match === null) throw new LayoutError('the name of a chart is no plain text');
    const [, plain, double, single, value] = match;
    if (plain !== undefined && notText.test(plain)) throw new LayoutError('the name of a chart is no text');
    this.#closed = value !== undefined && !isNothing(value);
    if (this.#closed && !/^(?:\[\]|null|~)\s*$/.test(value!))
      throw new LayoutError('a chart has its versions in one line');
    // Its own text: a part of a line would keep the whole piece of the file it was read with in memory.
    return Buffer.from(plain ?? double ?? single ?? '').toString();
  }

  *#flush(): Generator<IndexPiece, void, undefined> {
    if (this.#segment === undefined) return;
    // A line break at the end, as there is in the whole: a block of text in the last field would notice.
    const source = `${this.#segment.join('\n')}\n`;
    this.#segment = undefined;
    yield { type: 'version', source };
  }
}

function isNothing(value: string | undefined): boolean {
  return value === undefined || value.trim() === '' || value.startsWith('#');
}
