// Text to tokens: indentation, simple keys and the dispatch to the scanners of scalars, tags and comments.
import { isBlankOrEnd, isBreak, isDocumentMark } from './chars.ts';
import { scanFollowingComments, scanLineComment, promoteEntryComment, type Comment } from './comments.ts';
import { yamlError } from './errors.ts';
import { syntaxError } from './failures.ts';
import type { Flavor, Limits } from './options.ts';
import { scanBlockScalar } from './scan-block.ts';
import { scanPlain } from './scan-plain.ts';
import { scanQuoted } from './scan-quoted.ts';
import { scanAnchor, scanDirective, scanTag } from './scan-tag.ts';
import { Token, T, type Mark, type SimpleKey, type TokenType } from './token.ts';

/** Longest key without `?`, in characters. */
const LONGEST_KEY = 1024;

export interface ScannerOptions {
  readonly flavor: Flavor;
  readonly comments: boolean;
  readonly limits: Limits;
  /** What is wrong with the character after the last one of `text`, if the text was cut there. */
  readonly unreadable: string | undefined;
}

/** Produces tokens on demand. The fields are shared with the scan-*.ts files of this room. */
export class Scanner {
  /** Ends with NULs, which occur nowhere else: looking ahead needs no bounds. */
  readonly text: string;
  readonly flavor: Flavor;
  readonly keepComments: boolean;
  pos = 0;
  line = 0;
  /** Offset of the current line's start. */
  lineStart = 0;
  indent = -1;
  flowLevel = 0;
  simpleKeyAllowed = true;
  tokens: Token[] = [];
  comments: Comment[] = [];
  /** Index of the first token that was not handed out. */
  head = 0;
  /** How many tokens were handed out. */
  private parsed = 0;
  private readonly indents: number[] = [];
  /** One per open flow collection, and one for the block context. */
  private readonly simpleKeys: (SimpleKey | undefined)[] = [undefined];
  private readonly flowOpeners: Token[] = [];
  private readonly depthLimit: number;
  private readonly unreadable: string | undefined;
  // Searches, each from a lastIndex set just before. Most texts are read once, by code that is not yet optimised: a regular
  // expression runs at full speed even then. They find the end at the latest.
  private readonly breaks = /[\0\n\r\x85\u2028\u2029]/g;
  /** What may end a run of plain text, outside and inside of flow collections. */
  readonly plainStops = /[\0\t\n\r :\x85\u2028\u2029]/g;
  readonly flowStops = /[\0\t\n\r :\x85\u2028\u2029,?[\]{}]/g;
  /** What means something in quotes of either kind. */
  readonly quotedStops = /[\0\t\n\r "'\\\x85\u2028\u2029]/g;
  private lastMark: Mark = { index: 0, line: 0, column: 0 };
  private readonly hasPairs: boolean;
  private pairs = 0;
  private pairsFrom = 0;
  private pairsTo = 0;

  constructor(text: string, options: ScannerOptions) {
    this.text = `${text}\0\0\0\0`;
    this.flavor = options.flavor;
    this.hasPairs = /[\ud800-\udbff]/.test(text);
    this.keepComments = options.comments && options.flavor === 'v3';
    this.depthLimit = options.limits.depth;
    this.unreadable = options.unreadable;
    this.tokens.push(new Token(T.streamStart, this.lastMark));
  }

  /** Characters since the line's start. */
  get column(): number {
    return this.pos - this.lineStart - (this.hasPairs ? this.pairsInLine() : 0);
  }

  /** The position; asked for several times, it is one object. */
  mark(): Mark {
    const last = this.lastMark;
    if (last.index === this.pos && last.line === this.line) {
      return last;
    }
    this.lastMark = { index: this.pos, line: this.line, column: this.column };
    return this.lastMark;
  }

  /** Surrogate pairs between the line's start and the position, counted once per line. */
  private pairsInLine(): number {
    if (this.pairsFrom !== this.lineStart || this.pairsTo > this.pos) {
      this.pairsFrom = this.lineStart;
      this.pairsTo = this.lineStart;
      this.pairs = 0;
    }
    for (; this.pairsTo < this.pos; this.pairsTo++) {
      if ((this.text.charCodeAt(this.pairsTo) & 0xfc00) === 0xd800) {
        this.pairs++;
      }
    }
    return this.pairs;
  }

  /** The character at the position, `ahead` characters further. */
  at(ahead = 0): number {
    return this.text.charCodeAt(this.pos + ahead);
  }

  /** Steps over the line break at the position. */
  skipBreak(): void {
    this.pos += this.at() === 13 && this.at(1) === 10 ? 2 : 1;
    this.line++;
    this.lineStart = this.pos;
  }

  fail(problem: string, context?: Mark): never {
    if (this.at() === 0) {
      this.refuseUnreadable();
    }
    throw syntaxError({
      flavor: this.flavor,
      from: 'scanner',
      problem,
      problemLine: this.line,
      contextLine: context?.line ?? 0,
    });
  }

  /** The next token, not yet taken. */
  peek(): Token {
    this.fetchMore();
    return this.tokens[this.head] as Token;
  }

  /** Takes the token that was peeked at. */
  skip(): void {
    this.head++;
    this.parsed++;
    if (this.head >= 256) {
      // The last two are looked at by the comment rules even after they were taken.
      this.tokens = this.tokens.slice(this.head - 2);
      this.head = 2;
    }
  }

  private fetchMore(): void {
    // v3 looks two tokens further, so that comments find their owners: its errors therefore show earlier.
    const lookahead = this.flavor === 'v3' ? 2 : 0;
    for (;;) {
      if (this.head < this.tokens.length - lookahead && !this.headMayBeKey()) {
        return;
      }
      this.fetchNext();
    }
  }

  /** Whether the head token may still turn out to be the start of a key. */
  private headMayBeKey(): boolean {
    const key = this.tokens[this.head]?.keyCandidate;
    return key !== undefined && this.isValidKey(key);
  }

  private isValidKey(key: SimpleKey): boolean {
    if (!key.possible) {
      return false;
    }
    if (key.mark.line < this.line || this.isTooLong(key)) {
      if (key.required) {
        this.fail("could not find expected ':'", key.mark);
      }
      key.possible = false;
      return false;
    }
    return true;
  }

  private isTooLong(key: SimpleKey): boolean {
    const units = this.pos - key.mark.index;
    // All on one line: its surrogate pairs are single characters.
    return units > LONGEST_KEY && this.column - key.mark.column > LONGEST_KEY;
  }

  /** Notes that a key may start here; undefined where none is allowed. */
  private saveSimpleKey(): SimpleKey | undefined {
    if (!this.simpleKeyAllowed) {
      return undefined;
    }
    this.removeSimpleKey();
    const key: SimpleKey = {
      possible: true,
      required: this.flowLevel === 0 && this.indent === this.column,
      token: this.parsed + (this.tokens.length - this.head),
      mark: this.mark(),
    };
    this.simpleKeys[this.simpleKeys.length - 1] = key;
    return key;
  }

  private removeSimpleKey(): void {
    const key = this.simpleKeys[this.simpleKeys.length - 1];
    if (key?.possible !== true) {
      return;
    }
    if (key.required) {
      this.fail("could not find expected ':'", key.mark);
    }
    key.possible = false;
  }

  /** Opens a block collection when the column is deeper than the current one. */
  private rollIndent(column: number, position: number, type: TokenType, mark: Mark): void {
    if (this.flowLevel > 0 || this.indent >= column) {
      return;
    }
    this.indents.push(this.indent);
    this.indent = column;
    if (this.indents.length > this.depthLimit) {
      this.fail(`exceeded max depth of ${this.depthLimit}`, mark);
    }
    this.insert(position, new Token(type, mark));
  }

  private insert(position: number, token: Token): void {
    const ahead = position - this.parsed;
    if (position < 0 || ahead < 0) {
      this.tokens.push(token);
    } else {
      this.tokens.splice(this.head + ahead, 0, token);
    }
  }

  /** Closes the block collections that are deeper than the column. */
  private unrollIndent(column: number, scanMark: Mark): void {
    if (this.flowLevel > 0) {
      return;
    }
    let mark = this.flavor === 'v2' ? this.mark() : { ...scanMark, index: scanMark.index - 1 };
    while (this.indent > column) {
      if (this.keepComments) {
        mark = this.endBeforeComments(mark);
      }
      this.tokens.push(new Token(T.blockEnd, mark));
      this.indent = this.indents.pop() as number;
    }
  }

  /** A block ends before the comments that stand at its own indentation: they belong to what encloses it. */
  private endBeforeComments(mark: Mark): Mark {
    let result = mark;
    let stop = mark.index;
    for (let i = this.comments.length - 1; i >= 0; i--) {
      const comment = this.comments[i] as Comment;
      if (comment.endIndex < stop) {
        break;
      }
      if (comment.start.column === this.indent + 1) {
        result = comment.start;
      }
      stop = comment.scanIndex;
    }
    return result;
  }

  private skipToToken(): void {
    const scanMark = this.mark();
    for (;;) {
      let c = this.at();
      while (c === 32 || (c === 9 && (this.flowLevel > 0 || !this.simpleKeyAllowed))) {
        this.pos++;
        c = this.at();
      }
      if (this.keepComments) {
        promoteEntryComment(this);
      }
      if (c === 35) {
        if (this.flavor === 'v3') {
          scanFollowingComments(this, scanMark);
        } else {
          this.skipToBreak();
        }
        c = this.at();
      }
      if (!isBreak(c)) {
        return;
      }
      this.skipBreak();
      if (this.flowLevel === 0) {
        this.simpleKeyAllowed = true;
      }
    }
  }

  /** Steps to the end of the line. */
  skipToBreak(): void {
    this.breaks.lastIndex = this.pos;
    this.breaks.test(this.text);
    this.pos = this.breaks.lastIndex - 1;
  }

  private fetchNext(): void {
    const scanMark = this.mark();
    this.skipToToken();
    this.unrollIndent(this.column, scanMark);
    const c = this.at();
    if (c === 0) {
      this.fetchStreamEnd();
      return;
    }
    if (this.column === 0) {
      if (c === 37) {
        this.startOver();
        this.tokens.push(scanDirective(this));
        return;
      }
      if ((c === 45 || c === 46) && isDocumentMark(this.text, this.pos)) {
        this.startOver();
        this.pushIndicator(c === 45 ? T.documentStart : T.documentEnd, 3);
        return;
      }
    }
    // Comments after a ":" or a flow "," belong to what stands before it.
    const last = this.tokens[this.tokens.length - 1];
    const owner =
      last !== undefined && c === (this.flowLevel === 0 ? 58 : 44)
        ? last.start
        : this.keepComments
          ? this.mark()
          : scanMark;
    this.fetchContent(c);
    if (this.flavor === 'v3' && this.tokens[this.tokens.length - 1]?.type !== T.blockEntry) {
      scanLineComment(this, owner);
    }
  }

  private fetchContent(c: number): void {
    switch (c) {
      case 91: // [
        return this.fetchFlowStart(T.flowSequenceStart);
      case 123: // {
        return this.fetchFlowStart(T.flowMappingStart);
      case 93: // ]
        return this.fetchFlowEnd(T.flowSequenceEnd);
      case 125: // }
        return this.fetchFlowEnd(T.flowMappingEnd);
      case 44: // ,
        this.removeSimpleKey();
        this.simpleKeyAllowed = true;
        return this.pushIndicator(T.flowEntry, 1);
      case 124: // |
      case 62: // >
        return this.fetchBlockScalar(c === 124);
      case 45: // -
        return isBlankOrEnd(this.at(1)) ? this.fetchBlockEntry() : this.fetchKeyable(c);
      case 63: // ?
        return this.flowLevel > 0 || isBlankOrEnd(this.at(1)) ? this.fetchKey() : this.fetchKeyable(c);
      case 58: // :
        return this.flowLevel > 0 || isBlankOrEnd(this.at(1)) ? this.fetchValue() : this.fetchKeyable(c);
      case 35: // #
      case 37: // %
      case 64: // @
      case 96: // `
      case 9:
        return this.fail('found character that cannot start any token', this.mark());
      default:
        return this.fetchKeyable(c);
    }
  }

  /** Tokens that may begin a key: scalars but block ones, anchors, aliases, tags. */
  private fetchKeyable(c: number): void {
    const key = this.saveSimpleKey();
    this.simpleKeyAllowed = false;
    let token: Token;
    if (c === 34 || c === 39) {
      token = scanQuoted(this, c === 39);
    } else if (c === 42 || c === 38) {
      token = scanAnchor(this, c === 42 ? T.alias : T.anchor);
    } else {
      token = c === 33 ? scanTag(this) : scanPlain(this);
    }
    token.keyCandidate = key;
    this.tokens.push(token);
  }

  private fetchBlockScalar(literal: boolean): void {
    if (this.flowLevel > 0) {
      this.fail('found character that cannot start any token', this.mark());
    }
    this.removeSimpleKey();
    this.simpleKeyAllowed = true;
    this.tokens.push(scanBlockScalar(this, literal));
  }

  private pushIndicator(type: TokenType, length: number): void {
    const start = this.mark();
    this.pos += length;
    this.tokens.push(new Token(type, start, length));
  }

  /** Directives and document marks end all that is open. */
  private startOver(): void {
    this.unrollIndent(-1, this.mark());
    this.removeSimpleKey();
    this.simpleKeyAllowed = false;
  }

  /** What could not be decoded is an error only once the scanner gets there. */
  private refuseUnreadable(): void {
    if (this.unreadable !== undefined) {
      throw yamlError(this.unreadable);
    }
  }

  private fetchStreamEnd(): void {
    this.refuseUnreadable();
    if (this.column !== 0) {
      this.line++;
      this.lineStart = this.pos;
    }
    this.startOver();
    this.tokens.push(new Token(T.streamEnd, this.mark()));
  }

  private fetchFlowStart(type: TokenType): void {
    const key = this.saveSimpleKey();
    this.simpleKeys.push(undefined);
    this.flowLevel++;
    if (this.flowLevel > this.depthLimit) {
      this.fail(`exceeded max depth of ${this.depthLimit}`, this.mark());
    }
    this.simpleKeyAllowed = true;
    this.pushIndicator(type, 1);
    const token = this.tokens[this.tokens.length - 1] as Token;
    token.keyCandidate = key;
    this.flowOpeners.push(token);
  }

  private fetchFlowEnd(type: TokenType): void {
    this.removeSimpleKey();
    if (this.flowLevel > 0) {
      this.flowLevel--;
      const opener = this.flowOpeners.pop() as Token;
      if (this.simpleKeys.pop() === undefined) {
        // Upstream forgets here that the bracket itself may start a key: `[]: x` is no pair.
        opener.keyCandidate = undefined;
      }
    }
    this.simpleKeyAllowed = false;
    this.pushIndicator(type, 1);
  }

  private fetchBlockEntry(): void {
    if (this.flowLevel === 0) {
      if (!this.simpleKeyAllowed) {
        this.fail('block sequence entries are not allowed in this context', this.mark());
      }
      this.rollIndent(this.column, -1, T.blockSequenceStart, this.mark());
    }
    this.removeSimpleKey();
    this.simpleKeyAllowed = true;
    this.pushIndicator(T.blockEntry, 1);
  }

  private fetchKey(): void {
    if (this.flowLevel === 0) {
      if (!this.simpleKeyAllowed) {
        this.fail('mapping keys are not allowed in this context', this.mark());
      }
      this.rollIndent(this.column, -1, T.blockMappingStart, this.mark());
    }
    this.removeSimpleKey();
    this.simpleKeyAllowed = this.flowLevel === 0;
    this.pushIndicator(T.key, 1);
  }

  private fetchValue(): void {
    const key = this.simpleKeys[this.simpleKeys.length - 1];
    if (key !== undefined && this.isValidKey(key)) {
      this.insert(key.token, new Token(T.key, key.mark));
      this.rollIndent(key.mark.column, key.token, T.blockMappingStart, key.mark);
      key.possible = false;
      this.simpleKeyAllowed = false;
    } else {
      if (this.flowLevel === 0) {
        if (!this.simpleKeyAllowed) {
          this.fail('mapping values are not allowed in this context', this.mark());
        }
        this.rollIndent(this.column, -1, T.blockMappingStart, this.mark());
      }
      this.simpleKeyAllowed = this.flowLevel === 0;
    }
    this.pushIndicator(T.value, 1);
  }
}
