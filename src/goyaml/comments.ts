// Comments as go-yaml v3 collects them: each is a head, line or foot comment of the token it stands nearest to.
import { isBlank, isBreak, isBreakOrEnd } from './chars.ts';
import type { Scanner } from './scanner.ts';
import { T, type Mark, type Token } from './token.ts';

/** A comment waiting for the parser to come to its token. Exactly one of head, line and foot is set. */
export interface Comment {
  /** Where the whitespace before the comment was entered. */
  readonly scanIndex: number;
  /** The token at or after this offset gets the comment. */
  tokenIndex: number;
  readonly start: Mark;
  readonly endIndex: number;
  head: string;
  line: string;
  readonly foot: string;
}

/** How far blank lines are looked through for more comments. */
const LOOKAHEAD = 512;

/** Line breaks since the last character that is neither break nor blank. */
function breaksBefore(scanner: Scanner): number {
  const { text } = scanner;
  let breaks = 0;
  for (let at = scanner.pos - 1; at >= 0; at--) {
    const c = text.charCodeAt(at);
    if (isBreak(c)) {
      if (!(c === 13 && text.charCodeAt(at + 1) === 10)) {
        breaks++;
      }
    } else if (!isBlank(c)) {
      break;
    }
  }
  return breaks;
}

/** Steps to the end of the line that holds `target`; returns its text from there. */
function takeLine(scanner: Scanner, target: number): string {
  while (scanner.pos < target) {
    if (isBreak(scanner.at())) {
      scanner.skipBreak();
    } else {
      scanner.pos++;
    }
  }
  const from = scanner.pos;
  scanner.skipToBreak();
  return scanner.text.slice(from, scanner.pos);
}

/** Takes a comment that follows a token on its line. */
export function scanLineComment(scanner: Scanner, owner: Mark): void {
  const { text } = scanner;
  let at = scanner.pos;
  const limit = at + LOOKAHEAD;
  while (at < limit && isBlank(text.charCodeAt(at))) {
    at++;
  }
  if (at === limit || text.charCodeAt(at) !== 35 || breaksBefore(scanner) > 0) {
    return;
  }
  const start: Mark = { index: at, line: scanner.line, column: at - scanner.lineStart };
  const line = takeLine(scanner, at);
  if (scanner.keepComments) {
    scanner.comments.push({ scanIndex: 0, tokenIndex: owner.index, start, endIndex: 0, head: '', line, foot: '' });
  }
}

/** A comment right behind the `-` that opens a sequence is the head of the item below it. */
export function promoteEntryComment(scanner: Scanner): void {
  const comment = scanner.comments[scanner.comments.length - 1];
  const { tokens } = scanner;
  if (
    comment === undefined ||
    comment.line === '' ||
    tokens.length < 2 ||
    tokens[tokens.length - 2]?.type !== T.blockSequenceStart ||
    tokens[tokens.length - 1]?.type !== T.blockEntry ||
    isBreak(scanner.at())
  ) {
    return;
  }
  comment.head = comment.line;
  comment.line = '';
  if (comment.start.line === scanner.line - 1) {
    comment.tokenIndex = scanner.pos;
  }
}

/** Takes the comment at the position and those that follow it, and sorts them into foots and heads. */
export function scanFollowingComments(scanner: Scanner, scanMark: Mark): void {
  new CommentRun(scanner, scanMark).scan();
}

class CommentRun {
  private readonly scanner: Scanner;
  private readonly token: Token;
  private readonly footLine: number;
  private scanIndex: number;
  private tokenIndex: number;
  private firstEmpty: boolean;
  private recentEmpty = false;
  private text = '';
  private start: Mark = { index: 0, line: 0, column: 0 };
  private line: number;
  private column: number;

  constructor(scanner: Scanner, scanMark: Mark) {
    const { tokens } = scanner;
    let token = tokens[tokens.length - 1] as Token;
    if (token.type === T.flowEntry && tokens.length > 1) {
      token = tokens[tokens.length - 2] as Token;
    }
    const breaks = breaksBefore(scanner);
    this.scanner = scanner;
    this.token = token;
    this.scanIndex = scanMark.index;
    this.tokenIndex = token.start.index;
    this.firstEmpty = breaks <= 1;
    this.line = scanner.line;
    this.column = scanner.column;
    // The line on which a comment must start to be the foot of the content before it.
    if (scanMark.line === 0) {
      this.footLine = -1;
    } else {
      this.footLine = scanner.line - breaks + (breaks === 0 && scanner.column > 1 ? 2 : 1);
    }
  }

  scan(): void {
    const { scanner } = this;
    let ahead = 0;
    for (; ahead < LOOKAHEAD; ahead++) {
      const c = scanner.at(ahead);
      this.column++;
      if (isBlank(c)) {
        continue;
      }
      const closesFlow = scanner.flowLevel > 0 && (c === 93 || c === 125);
      if (closesFlow || isBreakOrEnd(c)) {
        this.endLine(closesFlow, ahead);
        if (!isBreak(c)) {
          break;
        }
        if (c > 127) {
          ahead = this.stopInsideBreak(ahead);
          break;
        }
        this.firstEmpty = false;
        this.recentEmpty = true;
        this.column = 0;
        this.line++;
        continue;
      }
      this.endAtContent(ahead);
      if (c !== 35) {
        break;
      }
      this.takeComment(ahead);
      ahead = 0;
      if (scanner.at() > 127) {
        ahead = this.stopInsideBreak(ahead);
        break;
      }
    }
    if (this.text !== '') {
      this.push(this.start.index, scanner.pos + ahead - 1, 'head');
    }
  }

  private blockIndent(): number {
    return Math.max(this.scanner.indent, 0);
  }

  /** What is indented less than the block and otherwise than the comment: the comment was a foot. */
  private endAtContent(ahead: number): void {
    if (this.text !== '' && this.column - 1 < this.blockIndent() && this.column !== this.start.column) {
      this.pushFoot(ahead);
    }
  }

  /** Upstream looks at bytes: the second one of a NEL, LS or PS is neither blank, break nor comment. */
  private stopInsideBreak(ahead: number): number {
    this.column = 1;
    this.endAtContent(ahead + 1);
    return ahead + 1;
  }

  private takeComment(ahead: number): void {
    const { scanner } = this;
    if (this.text === '') {
      this.start = { index: scanner.pos + ahead, line: this.line, column: this.column };
    } else {
      this.text += '\n';
    }
    this.recentEmpty = false;
    this.text += takeLine(scanner, scanner.pos + ahead);
    this.column = 0;
    this.line = scanner.line;
  }

  /** Decides at a line's end, before an empty line, whose comment the text so far is. */
  private endLine(closesFlow: boolean, ahead: number): void {
    if (!closesFlow && this.recentEmpty) {
      return;
    }
    const dedented = this.start.column - 1 < this.blockIndent();
    const isFoot = (this.start.line === this.footLine && this.token.type !== T.value) || dedented;
    if (closesFlow || (this.firstEmpty && isFoot)) {
      if (this.text !== '') {
        if (dedented) {
          this.tokenIndex = this.start.index;
        }
        this.pushFoot(ahead);
      }
    } else if (this.text !== '' && this.scanner.at(ahead) !== 0) {
      this.text += '\n';
    }
  }

  private pushFoot(ahead: number): void {
    const end = this.scanner.pos + ahead;
    this.push(this.tokenIndex, end, 'foot');
    this.scanIndex = end;
    this.tokenIndex = end;
    this.text = '';
  }

  private push(tokenIndex: number, endIndex: number, as: 'head' | 'foot'): void {
    if (this.scanner.keepComments) {
      this.scanner.comments.push({
        scanIndex: this.scanIndex,
        tokenIndex,
        start: this.start,
        endIndex,
        head: as === 'head' ? this.text : '',
        line: '',
        foot: as === 'foot' ? this.text : '',
      });
    }
  }
}
