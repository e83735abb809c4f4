// Which values of a document are encrypted: by the keys on the way to them, or by the comments beside them.
import { GoRegexp, RegexpError } from '#lib/go-regexp';

export const selectors = [
  'unencrypted_suffix',
  'encrypted_suffix',
  'unencrypted_regex',
  'encrypted_regex',
  'unencrypted_comment_regex',
  'encrypted_comment_regex',
] as const;

export type Selector = (typeof selectors)[number];

export interface Rule {
  readonly selector: Selector;
  readonly pattern: string;
}

/** Where a value stands. */
export interface Place {
  readonly path: readonly string[];
  /** The comments that still count, by level: those after the last value before this one. */
  readonly comments: readonly (readonly string[])[];
  /** The value is itself the last of the comments. */
  readonly isComment: boolean;
}

export type Selection = (place: Place) => boolean;

export function selectionOf({ selector, pattern }: Rule): Selection {
  const matches = selector.endsWith('suffix') ? (text: string) => text.endsWith(pattern) : matcherOf(pattern);
  switch (selector) {
    case 'encrypted_suffix':
    case 'encrypted_regex':
      return ({ path }) => path.some(matches);
    case 'unencrypted_suffix':
    case 'unencrypted_regex':
      return ({ path }) => !path.some(matches);
    case 'unencrypted_comment_regex':
      return ({ comments }) => !comments.flat().some(matches);
    default:
      // The comment that asks for encryption is not encrypted by that.
      return ({ comments, isComment }) => (isComment ? comments.flat().slice(0, -1) : comments.flat()).some(matches);
  }
}

/** A pattern that cannot be read matches nothing, as in SOPS. */
function matcherOf(pattern: string): (text: string) => boolean {
  try {
    const expression = new GoRegexp(pattern);
    return (text) => expression.match(text);
  } catch (error) {
    if (error instanceof RegexpError) return () => false;
    throw error;
  }
}
