// The layouts of Go's time package ("2006-01-02 15:04:05 MST"), cut into their elements.

export type Element =
  | 'longMonth'
  | 'month'
  | 'numMonth'
  | 'zeroMonth'
  | 'longWeekday'
  | 'weekday'
  | 'day'
  | 'underDay'
  | 'zeroDay'
  | 'underYearDay'
  | 'zeroYearDay'
  | 'hour'
  | 'hour12'
  | 'zeroHour12'
  | 'minute'
  | 'zeroMinute'
  | 'second'
  | 'zeroSecond'
  | 'longYear'
  | 'year'
  | 'PM'
  | 'pm'
  | 'zoneName'
  | 'zone'
  | 'fraction0'
  | 'fraction9';

/** Text that stands for itself, then an element (none at the end of the layout). */
export interface Chunk {
  readonly prefix: string;
  readonly element: Element | undefined;
  /** The element as written. */
  readonly text: string;
}

const ZEROS: readonly Element[] = ['zeroMonth', 'zeroDay', 'zeroHour12', 'zeroMinute', 'zeroSecond', 'year'];
const ZONES: readonly string[] = ['-070000', '-07:00:00', '-0700', '-07:00', '-07'];
const ISO_ZONES: readonly string[] = ['Z070000', 'Z07:00:00', 'Z0700', 'Z07:00', 'Z07'];
const FIXED: readonly (readonly [text: string, element: Element])[] = [
  ['15', 'hour'],
  ['1', 'numMonth'],
  ['2006', 'longYear'],
  ['2', 'day'],
  ['_2', 'underDay'],
  ['__2', 'underYearDay'],
  ['3', 'hour12'],
  ['4', 'minute'],
  ['5', 'second'],
  ['PM', 'PM'],
  ['pm', 'pm'],
  ['MST', 'zoneName'],
];

/** Cuts a layout into chunks; the last one has no element. */
export function layoutChunks(layout: string): Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  for (let at = 0; at < layout.length;) {
    const found = elementAt(layout, at);
    if (found === undefined) {
      at++;
      continue;
    }
    const from = at + (found.skip ?? 0);
    chunks.push({ prefix: layout.slice(start, from), element: found.element, text: found.text });
    start = from + found.text.length;
    at = start;
  }
  chunks.push({ prefix: layout.slice(start), element: undefined, text: '' });
  return chunks;
}

interface Found {
  readonly element: Element;
  readonly text: string;
  /** Characters before it that belong to the prefix. */
  readonly skip?: number;
}

function elementAt(layout: string, at: number): Found | undefined {
  const char = layout.charAt(at);
  switch (char) {
    case 'J':
      return nameAt(layout, at, ['January', 'longMonth'], ['Jan', 'month']);
    case 'M':
      return nameAt(layout, at, ['Monday', 'longWeekday'], ['Mon', 'weekday']) ?? fixedAt(layout, at);
    case '0':
      return zeroAt(layout, at);
    case '_':
      // An underscore before a year is just an underscore.
      if (layout.startsWith('_2006', at)) return { element: 'longYear', text: '2006', skip: 1 };
      return fixedAt(layout, at);
    case '-':
      return oneOf(layout, at, ZONES);
    case 'Z':
      return oneOf(layout, at, ISO_ZONES);
    case '.':
    case ',':
      return fractionAt(layout, at);
    default:
      return fixedAt(layout, at);
  }
}

function nameAt(
  layout: string,
  at: number,
  long: readonly [text: string, element: Element],
  short: readonly [text: string, element: Element],
): Found | undefined {
  if (layout.startsWith(long[0], at)) return { text: long[0], element: long[1] };
  // "Monthly" has no weekday in it.
  if (!layout.startsWith(short[0], at) || /[a-z]/.test(layout.charAt(at + 3))) return undefined;
  return { text: short[0], element: short[1] };
}

function zeroAt(layout: string, at: number): Found | undefined {
  const element = ZEROS[layout.charCodeAt(at + 1) - 0x31];
  if (element !== undefined) return { element, text: layout.slice(at, at + 2) };
  return layout.startsWith('002', at) ? { element: 'zeroYearDay', text: '002' } : undefined;
}

function fixedAt(layout: string, at: number): Found | undefined {
  const found = FIXED.find(([text]) => layout.startsWith(text, at));
  return found === undefined ? undefined : { text: found[0], element: found[1] };
}

function oneOf(layout: string, at: number, texts: readonly string[]): Found | undefined {
  const text = texts.find((candidate) => layout.startsWith(candidate, at));
  return text === undefined ? undefined : { element: 'zone', text };
}

function fractionAt(layout: string, at: number): Found | undefined {
  const digit = layout.charAt(at + 1);
  if (digit !== '0' && digit !== '9') return undefined;
  let end = at + 1;
  while (layout.charAt(end) === digit) end++;
  // Other digits behind it make it no fraction.
  if (/[0-9]/.test(layout.charAt(end))) return undefined;
  return { element: digit === '0' ? 'fraction0' : 'fraction9', text: layout.slice(at, end) };
}

export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

export const WEEKDAYS: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];
