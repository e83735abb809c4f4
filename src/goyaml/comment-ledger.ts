// Which node gets which comment: the parser's side of go-yaml v3's comment handling.
import type { Node } from './node.ts';
import type { Comment } from './comments.ts';
import type { Scanner } from './scanner.ts';
import { T, type Token } from './token.ts';

function join(a: string, b: string): string {
  return a === '' ? b : `${a}\n${b}`;
}

/** Collects comments as tokens are reached and gives them to the node that is made next. */
export class CommentLedger {
  private readonly scanner: Scanner;
  private readonly on: boolean;
  /** Index of the first comment that was not reached yet. */
  private next = 0;
  private head = '';
  private line = '';
  private foot = '';
  /** Head comment of an item whose content is itself a collection. */
  private stem = '';

  constructor(scanner: Scanner) {
    this.scanner = scanner;
    this.on = scanner.keepComments;
  }

  /** Takes over the comments that stand before the token. */
  reach(token: Token): void {
    if (!this.on) {
      return;
    }
    const { comments } = this.scanner;
    for (; this.next < comments.length; this.next++) {
      const comment = comments[this.next] as Comment;
      if (token.start.index < comment.tokenIndex) {
        break;
      }
      if (comment.head !== '') {
        if (token.type === T.blockEnd) {
          // An end has no head: the comment is kept for what follows.
          break;
        }
        this.head = join(this.head, comment.head);
      }
      if (comment.foot !== '') {
        this.foot = join(this.foot, comment.foot);
      }
      if (comment.line !== '') {
        this.line = join(this.line, comment.line);
      }
      // Used up, yet the scanner may still look at the last one.
      comments[this.next] = { ...comment, scanIndex: 0, tokenIndex: 0, endIndex: 0, head: '', line: '', foot: '' };
    }
    if (this.next > 256) {
      comments.splice(0, this.next - 1);
      this.next = 1;
    }
  }

  /** Gives a node all that was collected. */
  give(node: Node): void {
    if (this.on) {
      node.headComment = this.head;
      node.lineComment = this.line;
      node.footComment = this.foot;
      this.clear();
    }
  }

  private clear(): void {
    this.head = '';
    this.line = '';
    this.foot = '';
    this.stem = '';
  }

  headLength(): number {
    return this.head.length;
  }

  /** Sets the first part of the head aside: it belongs to the item, not to the first key in it. */
  splitStem(length: number): void {
    if (length > 0) {
      this.stem = this.head.slice(0, length);
      this.head = this.head.slice(length + 1);
    }
  }

  takeStem(): string {
    const { stem } = this;
    this.stem = '';
    return stem;
  }

  /** The part of the head above its last empty line is the document's own. */
  takeDocumentHead(): string {
    const { head } = this;
    for (let i = head.length - 1; i > 0; i--) {
      if (head[i] !== '\n') {
        continue;
      }
      if (i === head.length - 1) {
        this.head = '';
        return head.slice(0, i);
      }
      if (head[i - 1] === '\n') {
        this.head = head.slice(i + 1);
        return head.slice(0, i - 1);
      }
    }
    return '';
  }

  takeDocumentFoot(): string {
    const foot = this.foot === '' ? this.head : this.foot;
    this.clear();
    return foot;
  }

  /** A foot found with a key is that of the pair before it. */
  moveKeyFoot(mapping: Node, key: Node): void {
    if (key.footComment !== '') {
      const before = mapping.content[mapping.content.length - 2];
      if (before !== undefined) {
        before.footComment = key.footComment;
        key.footComment = '';
      }
    }
  }

  /** The foot of a value is kept with its key. */
  raiseValueFoot(key: Node, value: Node): void {
    if (value.footComment !== '' && key.footComment === '') {
      key.footComment = value.footComment;
      value.footComment = '';
    }
  }

  closeBlockMapping(mapping: Node): void {
    if (!this.on) {
      return;
    }
    mapping.lineComment = this.line;
    const key = mapping.content[mapping.content.length - 2];
    if (this.foot !== '' && key !== undefined) {
      key.footComment = this.foot;
    } else {
      mapping.footComment = this.foot;
    }
    this.clear();
  }

  /** The comments at a flow collection's end replace those of its start. */
  closeFlow(node: Node): void {
    if (this.on) {
      node.lineComment = this.line;
      node.footComment = this.foot;
      this.clear();
    }
  }
}
