// The comments yaml.v3's encoder still has to write, and how it writes them.
import type { Writer } from './writer.ts';

/** Comments wait here until the line they belong to is written; a later one of the same kind replaces them. */
export class PendingComments {
  head = '';
  line = '';
  foot = '';
  tail = '';
  /** The line comment of a key, which moves to its value. */
  key = '';
  private readonly writer: Writer;

  constructor(writer: Writer) {
    this.writer = writer;
  }

  load(head: string, line: string, foot: string, tail: string): void {
    this.head = head !== '' ? head : this.head;
    this.line = line !== '' ? line : this.line;
    this.foot = foot !== '' ? foot : this.foot;
    this.tail = tail !== '' ? tail : this.tail;
  }

  /** Whether something stands behind the item on its line or below it. */
  followsLine(): boolean {
    return this.line !== '' || this.foot !== '' || this.tail !== '';
  }

  /** What stands above the next item: the last one's tail, then the item's own head. */
  writeHead(): void {
    if (this.tail !== '') {
      this.writeFree(this.tail);
      this.tail = '';
      this.keepDistance();
    }
    if (this.head !== '') {
      this.writeFree(this.head);
      this.head = '';
    }
  }

  writeLine(): void {
    if (this.line !== '') {
      if (!this.writer.whitespace) {
        this.writer.put(' ');
      }
      this.write(this.line);
      this.line = '';
    }
  }

  writeFoot(): void {
    if (this.foot !== '') {
      this.writeFree(this.foot);
      this.foot = '';
      this.keepDistance();
    }
  }

  /** An empty line keeps a foot from being read as the next item's head. */
  private keepDistance(): void {
    this.writer.footIndent = Math.max(this.writer.indent, 0);
  }

  private writeFree(comment: string): void {
    this.writer.writeIndent();
    this.write(comment);
  }

  private write(comment: string): void {
    const { writer } = this;
    const lines = comment.split('\n');
    for (const [index, line] of lines.entries()) {
      if (line !== '') {
        if (index > 0) {
          writer.writeIndent();
        }
        writer.put(line.startsWith('#') ? line : `# ${line}`);
        writer.indention = false;
      }
      // A comment that ends with a break has its own; all others get one.
      if (index < lines.length - 1 || line !== '') {
        writer.putBreak();
      }
    }
    writer.whitespace = true;
  }
}
