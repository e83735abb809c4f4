// Sprig's regular expressions, in RE2 syntax. Compiled patterns are kept: charts use the same few over and over.
import { BOOL, GoError, INT, STRING, STRINGS } from '#gotemplate/index';
import { GoRegexp, RegexpError, quoteMeta } from '#lib/go-regexp';
import type { FunctionTable } from './conversion.ts';

const MAX_PATTERNS = 500;

/** Compiled patterns by source, bounded. */
class PatternCache {
  readonly #patterns = new Map<string, GoRegexp>();

  /** Throws RegexpError. */
  get(source: string): GoRegexp {
    const known = this.#patterns.get(source);
    if (known !== undefined) return known;
    const pattern = new GoRegexp(source);
    if (this.#patterns.size >= MAX_PATTERNS) this.#patterns.clear();
    this.#patterns.set(source, pattern);
    return pattern;
  }
}

/** How a function reports a bad pattern: as MustCompile's panic, or as Compile's error. */
type Report = (error: RegexpError) => string;
const panicText: Report = (error) => error.panicText;
const errorText: Report = (error) => error.message;

/** A family of functions over one cache of patterns. */
export function regexFunctions(): FunctionTable {
  const cache = new PatternCache();
  const compiled = (source: string, report: Report): GoRegexp => {
    try {
      return cache.get(source);
    } catch (error) {
      if (error instanceof RegexpError) throw new GoError(report(error), { cause: error });
      throw error;
    }
  };
  const family = (prefix: string, report: Report): FunctionTable => {
    const named = (name: string): string => (prefix === '' ? `regex${name}` : `${prefix}Regex${name}`);
    const replacement = (replace: (re: GoRegexp, text: string, by: string) => string): FunctionTable[string] => ({
      params: [STRING, STRING, STRING],
      result: STRING,
      fn: (source: string, text: string, by: string) => replace(compiled(source, report), text, by),
    });
    return {
      [named('FindAll')]: {
        params: [STRING, STRING, INT],
        result: STRINGS,
        fn: (source: string, text: string, limit: number) => compiled(source, report).findAll(text, limit) ?? null,
      },
      [named('Find')]: {
        params: [STRING, STRING],
        result: STRING,
        fn: (source: string, text: string) => compiled(source, report).find(text),
      },
      [named('ReplaceAll')]: replacement((re, text, by) => re.replaceAll(text, by)),
      [named('ReplaceAllLiteral')]: replacement((re, text, by) => re.replaceAllLiteral(text, by)),
      [named('Split')]: {
        params: [STRING, STRING, INT],
        result: STRINGS,
        fn: (source: string, text: string, limit: number) => compiled(source, report).split(text, limit) ?? null,
      },
    };
  };
  return {
    ...family('', panicText),
    ...family('must', errorText),
    regexMatch: {
      params: [STRING, STRING],
      result: BOOL,
      fn: (source: string, text: string) => {
        try {
          return cache.get(source).match(text);
        } catch (error) {
          // The error of a bad pattern is dropped here, and only here.
          if (error instanceof RegexpError) return false;
          throw error;
        }
      },
    },
    mustRegexMatch: {
      params: [STRING, STRING],
      result: BOOL,
      fn: (source: string, text: string) => compiled(source, errorText).match(text),
    },
    regexQuoteMeta: { params: [STRING], result: STRING, fn: quoteMeta },
  };
}
