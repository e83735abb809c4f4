// The tokens the scanner hands to the parser.

/** Kinds of tokens. */
export const T = {
  streamStart: 0,
  streamEnd: 1,
  versionDirective: 2,
  tagDirective: 3,
  documentStart: 4,
  documentEnd: 5,
  blockSequenceStart: 6,
  blockMappingStart: 7,
  blockEnd: 8,
  flowSequenceStart: 9,
  flowSequenceEnd: 10,
  flowMappingStart: 11,
  flowMappingEnd: 12,
  blockEntry: 13,
  flowEntry: 14,
  key: 15,
  value: 16,
  alias: 17,
  anchor: 18,
  tag: 19,
  scalar: 20,
} as const;

export type TokenType = (typeof T)[keyof typeof T];

/** A place in the text: 0-based line, column and offset. */
export interface Mark {
  readonly index: number;
  readonly line: number;
  readonly column: number;
}

/** A place where a key without `?` may have begun: whether it was one shows at the `:`. */
export interface SimpleKey {
  possible: boolean;
  /** Without a `:` the text would be broken. */
  readonly required: boolean;
  /** Number of the token, counted from the start of the text. */
  readonly token: number;
  readonly mark: Mark;
}

export class Token {
  readonly type: TokenType;
  readonly start: Mark;
  /** Columns an indicator takes; an empty node behind it stands there. */
  readonly width: number;
  /** Scalar text, anchor name, tag or directive handle. */
  value = '';
  /** Tag suffix, or the prefix of a tag directive. */
  suffix = '';
  /** Set while the token may be the start of a key. */
  keyCandidate: SimpleKey | undefined = undefined;
  /** A scalar's style (see node.ts); 0 is plain. */
  style = 0;

  constructor(type: TokenType, start: Mark, width = 0) {
    this.type = type;
    this.start = start;
    this.width = width;
  }
}
