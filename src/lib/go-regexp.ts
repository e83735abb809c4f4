// Go's regexp package over re2js: linear-time matching with Go's rules for repeated matches, expansion, splitting and errors.
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { canBackquote, quote } from './go-quote.ts';
import { MAX_PATTERN_LENGTH, MAX_PATTERN_SIZE, patternSize } from './go-regexp-size.ts';

/** A pattern that does not compile. `message` is regexp/syntax's text; `panicText` is MustCompile's. */
export class RegexpError extends Error {
  override readonly name = 'RegexpError';
  /** What `regexp.MustCompile` panics with. */
  readonly panicText: string;

  constructor(message: string, pattern: string) {
    super(message);
    this.panicText = `regexp: Compile(${quotePattern(pattern)}): ${message}`;
  }
}

/** Errors that Go reports with the whole pattern and re2js without any. */
const WHOLE_PATTERN_ERRORS: ReadonlySet<string> = new Set(['expression too large', 'expression nests too deeply']);

/** The start and end of a match and of its groups, -1 where a group took no part. */
type Span = readonly number[];

interface ReplacementPart {
  readonly text?: string;
  /** The first of these groups that took part in the match. */
  readonly groups?: readonly number[];
}

/** Several groups may share a name. */
type GroupNames = ReadonlyMap<string, readonly number[]>;

/** A compiled pattern. Offsets count UTF-16 units of the string that was searched. */
export class GoRegexp {
  readonly source: string;
  readonly #re: RE2JS;
  readonly #names: GroupNames;

  /** `regexp.Compile`; throws RegexpError. */
  constructor(pattern: string) {
    const { re, names } = compile(pattern);
    this.source = pattern;
    this.#re = re;
    this.#names = names;
  }

  get groupCount(): number {
    return this.#re.groupCount();
  }

  /** MatchString: does any part of `text` match? */
  match(text: string): boolean {
    return this.#re.test(text);
  }

  /** FindString: the leftmost match, "" when there is none. */
  find(text: string): string {
    const [span] = this.#spans(text, 1, false);
    return span === undefined ? '' : sliceOf(text, span, 0);
  }

  /** FindStringSubmatch: the match and its groups ("" for those that took no part), or undefined. */
  findSubmatch(text: string): string[] | undefined {
    const [span] = this.#spans(text, 1, true);
    return span === undefined ? undefined : this.#texts(text, span);
  }

  /** FindStringSubmatch by group name; groups that took no part are "". */
  findNamed(text: string): Map<string, string> | undefined {
    const [span] = this.#spans(text, 1, true);
    if (span === undefined) return undefined;
    return new Map([...this.#names].map(([name, groups]) => [name, firstOf(text, span, groups)]));
  }

  /** FindAllString: at most `limit` matches (all when negative); undefined (Go's nil) when there is none. */
  findAll(text: string, limit = -1): string[] | undefined {
    const spans = this.#spans(text, limit, false);
    return spans.length === 0 ? undefined : spans.map((span) => sliceOf(text, span, 0));
  }

  /** FindAllStringSubmatch. */
  findAllSubmatch(text: string, limit = -1): string[][] | undefined {
    const spans = this.#spans(text, limit, true);
    return spans.length === 0 ? undefined : spans.map((span) => this.#texts(text, span));
  }

  /** FindAllStringIndex: pairs of offsets. */
  findAllIndex(text: string, limit = -1): [number, number][] {
    return this.#spans(text, limit, false).map((span) => [span[0] ?? 0, span[1] ?? 0]);
  }

  /** ReplaceAllString: `$1`, `${1}` and `${name}` in the template stand for groups. */
  replaceAll(text: string, template: string): string {
    const parts = this.#parseTemplate(template);
    const grouped = parts.some((part) => part.groups?.some((group) => group > 0));
    const replacement = (span: Span): string =>
      parts.map((part) => part.text ?? firstOf(text, span, part.groups ?? [])).join('');
    return this.#replace(text, grouped, replacement);
  }

  /** ReplaceAllLiteralString. */
  replaceAllLiteral(text: string, replacement: string): string {
    return this.#replace(text, false, () => replacement);
  }

  /** ReplaceAllStringFunc. */
  replaceAllWith(text: string, replacement: (match: string) => string): string {
    return this.#replace(text, false, (span) => replacement(sliceOf(text, span, 0)));
  }

  /** Split: at most `limit` parts, the last one unsplit; undefined (Go's nil) when the limit is 0. */
  split(text: string, limit = -1): string[] | undefined {
    if (limit === 0) return undefined;
    if (this.source.length > 0 && text.length === 0) return [''];
    const parts: string[] = [];
    let begin = 0;
    let end = 0;
    for (const [start, stop] of this.findAllIndex(text, limit)) {
      if (limit > 0 && parts.length >= limit - 1) break;
      end = start;
      // A leading empty match splits nothing off.
      if (stop !== 0) parts.push(text.slice(begin, end));
      begin = stop;
    }
    if (end !== text.length) parts.push(text.slice(begin));
    return parts;
  }

  #texts(text: string, span: Span): string[] {
    return Array.from({ length: this.groupCount + 1 }, (_, index) => sliceOf(text, span, index));
  }

  /** Successive matches: an empty one directly behind another match does not count. */
  #spans(text: string, limit: number, groups: boolean): Span[] {
    const spans: Span[] = [];
    const matcher = this.#re.matcher(text);
    let position = 0;
    let previousEnd = -1;
    const most = limit < 0 ? Infinity : limit;
    while (spans.length < most && position <= text.length && matcher.find(position)) {
      const start = matcher.start();
      const end = matcher.end();
      const accepted = end !== position || start !== previousEnd;
      position = end === position ? position + stepAt(text, position) : end;
      previousEnd = end;
      if (accepted) spans.push(groups ? this.#groupSpans(matcher) : [start, end]);
    }
    return spans;
  }

  #groupSpans(matcher: ReturnType<RE2JS['matcher']>): Span {
    const span: number[] = [];
    for (let group = 0; group <= this.groupCount; group++) span.push(matcher.start(group), matcher.end(group));
    return span;
  }

  #replace(text: string, groups: boolean, replacement: (span: Span) => string): string {
    const matcher = this.#re.matcher(text);
    let out = '';
    let lastEnd = 0;
    let position = 0;
    while (position <= text.length && matcher.find(position)) {
      const start = matcher.start();
      const end = matcher.end();
      out += text.slice(lastEnd, start);
      // No second replacement for an empty match right behind a match.
      if (end > lastEnd || start === 0) out += replacement(groups ? this.#groupSpans(matcher) : [start, end]);
      lastEnd = end;
      position = Math.max(end, position + stepAt(text, position));
    }
    return out + text.slice(lastEnd);
  }

  /** Regexp.Expand's template: a name is the longest run of letters, digits and underscores; unknown names are "". */
  #parseTemplate(template: string): ReplacementPart[] {
    const parts: ReplacementPart[] = [];
    let rest = template;
    for (;;) {
      const dollar = rest.indexOf('$');
      if (dollar < 0) break;
      parts.push({ text: rest.slice(0, dollar) });
      rest = rest.slice(dollar + 1);
      if (rest.startsWith('$')) {
        parts.push({ text: '$' });
        rest = rest.slice(1);
        continue;
      }
      const reference = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u.exec(rest);
      if (reference === null) {
        parts.push({ text: '$' });
        continue;
      }
      rest = rest.slice(reference[0].length);
      const name = reference[1] ?? reference[2] ?? '';
      const groups = /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? [Number(name)] : this.#names.get(name);
      if (groups !== undefined) parts.push({ groups: groups.filter((group) => group <= this.groupCount) });
    }
    parts.push({ text: rest });
    return parts;
  }
}

/** regexp.QuoteMeta. */
export function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

function sliceOf(text: string, span: Span, group: number): string {
  const start = span[2 * group] ?? -1;
  return start < 0 ? '' : text.slice(start, span[2 * group + 1]);
}

/** The width of the character at `position`; 1 at the end so that a loop always advances. */
function stepAt(text: string, position: number): number {
  const code = text.codePointAt(position);
  return code !== undefined && code > 0xffff ? 2 : 1;
}

/** Go prints a pattern raw in backquotes when it can be written so, else quoted. */
function quotePattern(pattern: string): string {
  return canBackquote(pattern) ? `\`${pattern}\`` : quote(pattern);
}

function firstOf(text: string, span: Span, groups: readonly number[]): string {
  for (const group of groups) if ((span[2 * group] ?? -1) >= 0) return sliceOf(text, span, group);
  return '';
}

function compile(pattern: string, shown = pattern): { re: RE2JS; names: GroupNames } {
  if (pattern.length > MAX_PATTERN_LENGTH || patternSize(pattern) > MAX_PATTERN_SIZE) {
    const start = shown.length > 200 ? `${shown.slice(0, 200)}...` : shown;
    throw new RegexpError(`error parsing regexp: expression too large: \`${start}\``, pattern);
  }
  if (!pattern.isWellFormed()) throw new RegexpError(`error parsing regexp: invalid UTF-8: \`${pattern}\``, pattern);
  try {
    const re = RE2JS.compile(pattern);
    return { re, names: new Map(Object.entries(re.namedGroups()).map(([name, group]) => [name, [group]])) };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    if (error.getDescription() === 'duplicate capture group name') {
      const { unnamed, names } = nameGroups(pattern);
      return { re: compile(unnamed, pattern).re, names };
    }
    const named = error.getPattern() ?? (WHOLE_PATTERN_ERRORS.has(error.getDescription()) ? pattern : '');
    const where = named === pattern ? shown : named;
    throw new RegexpError(`error parsing regexp: ${error.getDescription()}: \`${where}\``, shown);
  }
}

/** Go lets groups share a name, re2js does not: takes the names out of the pattern and notes which group has which. */
function nameGroups(pattern: string): { unnamed: string; names: GroupNames } {
  const names = new Map<string, number[]>();
  let group = 0;
  // A class that is never closed reaches to the end; so every part of the pattern is looked at once.
  const token =
    /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\[:\^?[a-z]{1,10}:\]|\\[^]|[^\]\\])*(?:\]|\\?$)|\(\?P?<(\w+)>|\((?!\?)/g;
  const unnamed = pattern.replace(token, (whole: string, name: string | undefined) => {
    if (!whole.startsWith('(')) return whole;
    group++;
    if (name === undefined) return whole;
    names.set(name, [...(names.get(name) ?? []), group]);
    return '(';
  });
  return { unnamed, names };
}
