// time.ParseInLocation: reads a text by a layout, with Go's error texts.
import { quoteForTimeError } from './go-duration.ts';
import { layoutChunks, MONTHS, WEEKDAYS } from './go-time-layout.ts';
import type { Chunk, Element } from './go-time-layout.ts';
import { daysSinceEpoch, GoTime } from './go-time.ts';
import type { CivilTime } from './go-time.ts';
import { fixedZone, UTC } from './go-zone.ts';
import type { Zone } from './go-zone.ts';

/** A text that does not fit its layout; the message is Go's. */
export class TimeParseError extends Error {
  override readonly name = 'TimeParseError';
}

/** The text at hand does not have the form of the element. */
class BadForm extends Error {}
/** It has, but the number is impossible. */
class OutOfRange extends Error {}

interface Fields {
  year: number;
  month: number | undefined;
  day: number | undefined;
  yearDay: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  /** Both may have been read: then PM counts. */
  am: boolean;
  pm: boolean;
  zone: Zone | undefined;
  offset: number | undefined;
  zoneName: string;
}

/** Reads elements from the front of a text. */
class Reader {
  rest: string;
  readonly fields: Fields = {
    year: 0,
    month: undefined,
    day: undefined,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    am: false,
    pm: false,
    zone: undefined,
    offset: undefined,
    zoneName: '',
  };

  constructor(text: string) {
    this.rest = text;
  }

  /** The part that matches, taken off the front. */
  take(pattern: RegExp): RegExpExecArray {
    const match = pattern.exec(this.rest);
    if (match === null) throw new BadForm();
    this.rest = this.rest.slice(match[0].length);
    return match;
  }

  number(pattern: RegExp): number {
    return Number(this.take(pattern)[0]);
  }

  /** A number that must be in a range. */
  bounded(pattern: RegExp, [low, high]: readonly [number, number], name: string): number {
    const value = this.number(pattern);
    if (value < low || value > high) throw new OutOfRange(name);
    return value;
  }

  /** The index of the name the text begins with, in any case. */
  name(names: readonly string[], length?: number): number {
    const lower = this.rest.toLowerCase();
    const index = names.findIndex((name) => lower.startsWith(name.slice(0, length).toLowerCase()));
    if (index < 0) throw new BadForm();
    this.rest = this.rest.slice((names[index] ?? '').slice(0, length).length);
    return index;
  }

  /** Text of the layout that stands for itself: any number of blanks matches any other. */
  skip(prefix: string): boolean {
    for (let at = 0; at < prefix.length;) {
      const char = prefix.charAt(at);
      if (char === ' ') {
        if (this.rest !== '' && !this.rest.startsWith(' ')) {
          return false;
        }
        while (prefix.charAt(at) === ' ') at++;
        this.rest = this.rest.replace(/^ +/, '');
      } else if (this.rest.startsWith(char)) {
        this.rest = this.rest.slice(1);
        at++;
      } else return false;
    }
    return true;
  }
}

const ONE_OR_TWO = /^[0-9]{1,2}/;
const TWO = /^[0-9]{2}/;

/** How each element is read; `next` tells whether the layout has its own fraction behind the seconds. */
const READERS: Readonly<Record<Element, (reader: Reader, chunk: Chunk, next: Chunk | undefined) => void>> = {
  year: (r) => {
    const text = r.rest.slice(0, 2);
    if (!/^(?:[0-9]{2}|[+-][0-9])$/.test(text)) throw new BadForm();
    r.rest = r.rest.slice(2);
    const year = Number(text);
    r.fields.year = year >= 69 ? year + 1900 : year + 2000;
  },
  longYear: (r) => (r.fields.year = r.number(/^[0-9]{4}/)),
  month: (r) => (r.fields.month = r.name(MONTHS, 3) + 1),
  longMonth: (r) => (r.fields.month = r.name(MONTHS) + 1),
  numMonth: (r) => (r.fields.month = r.bounded(ONE_OR_TWO, [1, 12], 'month')),
  zeroMonth: (r) => (r.fields.month = r.bounded(TWO, [1, 12], 'month')),
  weekday: (r) => void r.name(WEEKDAYS, 3),
  longWeekday: (r) => void r.name(WEEKDAYS),
  day: (r) => (r.fields.day = r.number(ONE_OR_TWO)),
  underDay: (r) => {
    r.rest = r.rest.replace(/^ /, '');
    r.fields.day = r.number(ONE_OR_TWO);
  },
  zeroDay: (r) => (r.fields.day = r.number(TWO)),
  underYearDay: (r) => {
    r.rest = r.rest.replace(/^ {1,2}/, '');
    r.fields.yearDay = r.number(/^[0-9]{1,3}/);
  },
  zeroYearDay: (r) => (r.fields.yearDay = r.number(/^[0-9]{3}/)),
  hour: (r) => (r.fields.hour = r.bounded(ONE_OR_TWO, [0, 23], 'hour')),
  hour12: (r) => (r.fields.hour = r.bounded(ONE_OR_TWO, [0, 12], 'hour')),
  zeroHour12: (r) => (r.fields.hour = r.bounded(TWO, [0, 12], 'hour')),
  minute: (r) => (r.fields.minute = r.bounded(ONE_OR_TWO, [0, 59], 'minute')),
  zeroMinute: (r) => (r.fields.minute = r.bounded(TWO, [0, 59], 'minute')),
  second: (r, _, next) => readSeconds(r, ONE_OR_TWO, next),
  zeroSecond: (r, _, next) => readSeconds(r, TWO, next),
  PM: (r) => readHalf(r, /^[AP]M/),
  pm: (r) => readHalf(r, /^[ap]m/),
  zone: (r, chunk) => readOffset(r, chunk.text),
  zoneName: readZoneName,
  fraction0: (r, chunk) => {
    // As long as in the layout, which may be anything: not a matter for a pattern.
    const text = r.rest.slice(0, chunk.text.length);
    if (text.length < chunk.text.length || !/^[.,][0-9]+$/.test(text)) throw new BadForm();
    r.rest = r.rest.slice(text.length);
    r.fields.nanosecond = nanoseconds(text);
  },
  fraction9: (r) => {
    const digits = /^[.,][0-9]+/.exec(r.rest);
    if (digits !== null) r.fields.nanosecond = nanoseconds(r.take(/^[.,][0-9]+/)[0]);
  },
};

function readHalf(reader: Reader, pattern: RegExp): void {
  const text = reader.take(pattern)[0].toUpperCase();
  if (text === 'PM') reader.fields.pm = true;
  else reader.fields.am = true;
}

function readSeconds(reader: Reader, pattern: RegExp, next: Chunk | undefined): void {
  reader.fields.second = reader.bounded(pattern, [0, 59], 'second');
  // A fraction may follow although the layout has none.
  if (next?.element === 'fraction0' || next?.element === 'fraction9') return;
  if (/^[.,][0-9]/.test(reader.rest)) reader.fields.nanosecond = nanoseconds(reader.take(/^[.,][0-9]+/)[0]);
}

/** ".5" in nanoseconds; digits beyond the ninth do not count. */
function nanoseconds(text: string): number {
  return Number(text.slice(1, 10).padEnd(9, '0'));
}

const OFFSET_PARTS: readonly string[] = ['hour', 'minute', 'second'];

function readOffset(reader: Reader, form: string): void {
  if (form.startsWith('Z') && reader.rest.startsWith('Z')) {
    reader.rest = reader.rest.slice(1);
    reader.fields.zone = UTC;
    return;
  }
  const colon = form.includes(':') ? ':' : '';
  const groups = form.slice(1).replaceAll(':', '').length / 2;
  const pattern = new RegExp(`^(.)(..)${`${colon}(..)`.repeat(groups - 1)}`, 's');
  const [, sign, ...parts] = reader.take(pattern);
  const bad = parts.findIndex((part) => !TWO.test(part));
  const numbers = parts.slice(0, bad < 0 ? undefined : bad).map(Number);
  // A number too large is told before any wrong form, and of several the last one.
  const tooLarge = numbers.findLastIndex((value, index) => value > (index === 0 ? 24 : 60));
  if (tooLarge >= 0) throw new OutOfRange(`time zone offset ${OFFSET_PARTS[tooLarge] ?? ''}`);
  if (bad >= 0) throw new BadForm();
  const [hours = 0, minutes = 0, seconds = 0] = numbers;
  if (sign !== '+' && sign !== '-') throw new BadForm();
  const size = (hours * 60 + minutes) * 60 + seconds;
  reader.fields.offset = sign === '-' ? -size : size;
}

function readZoneName(reader: Reader): void {
  if (reader.rest.startsWith('UTC')) {
    reader.rest = reader.rest.slice(3);
    reader.fields.zone = UTC;
    return;
  }
  const signed = /^(?:GMT)?[+-](?:0*(?:2[0-3]|1?[0-9]))(?![0-9])/.exec(reader.rest);
  const length = signed?.[0].length ?? zoneNameLength(reader.rest);
  if (length === 0) throw new BadForm();
  reader.fields.zoneName = reader.rest.slice(0, length);
  reader.rest = reader.rest.slice(length);
}

/** Abbreviations have three capitals, or four or five of certain forms. */
function zoneNameLength(text: string): number {
  if (/^(?:ChST|MeST)/.test(text)) return 4;
  if (text.startsWith('GMT')) return 3;
  const capitals = /^[A-Z]{0,6}/.exec(text)?.[0] ?? '';
  if (capitals.length === 5) return capitals.endsWith('T') ? 5 : 0;
  if (capitals.length === 4) return capitals.endsWith('T') || capitals === 'WITA' ? 4 : 0;
  return capitals.length === 3 ? 3 : 0;
}

/** Reads `text` by `layout`; times without a zone of their own are in `zone`. Throws TimeParseError. */
export function parseTime(layout: string, text: string, zone: Zone): GoTime {
  const reader = new Reader(text);
  const chunks = layoutChunks(layout);
  const failure = (message: string): TimeParseError =>
    new TimeParseError(`parsing time ${quoteForTimeError(text)}${message}`);
  const mismatch = (value: string, element: string): TimeParseError =>
    failure(
      ` as ${quoteForTimeError(layout)}: cannot parse ${quoteForTimeError(value)} as ${quoteForTimeError(element)}`,
    );
  for (const [index, chunk] of chunks.entries()) {
    if (!reader.skip(chunk.prefix)) throw mismatch(reader.rest, chunk.prefix);
    if (chunk.element === undefined) break;
    const held = reader.rest;
    try {
      READERS[chunk.element](reader, chunk, nextElement(chunks, index));
    } catch (error) {
      if (error instanceof OutOfRange) throw failure(`: ${error.message} out of range`);
      if (error instanceof BadForm) throw mismatch(held, chunk.text);
      throw error;
    }
  }
  if (reader.rest !== '') throw failure(`: extra text: ${quoteForTimeError(reader.rest)}`);
  return toTime(reader.fields, zone, (message) => failure(`: ${message}`));
}

function nextElement(chunks: readonly Chunk[], index: number): Chunk | undefined {
  return chunks[index + 1];
}

function toTime(fields: Fields, zone: Zone, failure: (message: string) => Error): GoTime {
  const { month, day } = calendarDay(fields, failure);
  const civil = { year: fields.year, month, day, hour: hourOf(fields), minute: fields.minute, second: fields.second };
  if (fields.zone !== undefined) return GoTime.fromCivil(civil, fields.nanosecond, fields.zone);
  if (fields.offset !== undefined && fields.offset !== -1) {
    const utc = GoTime.fromCivil(civil, fields.nanosecond, UTC);
    const time = new GoTime(utc.unix - fields.offset, utc.nanosecond, UTC);
    const here = zone.at(time.unix);
    const isHere = here.offset === fields.offset && (fields.zoneName === '' || here.abbreviation === fields.zoneName);
    return time.in(isHere ? zone : fixedZone(fields.zoneName, fields.offset));
  }
  if (fields.zoneName !== '') return inNamedZone(civil, fields, zone);
  return GoTime.fromCivil(civil, fields.nanosecond, zone);
}

/** An abbreviation means something only in the zone at hand; elsewhere it is an offset of 0 under that name. */
function inNamedZone(civil: CivilTime, fields: Fields, zone: Zone): GoTime {
  const utc = GoTime.fromCivil(civil, fields.nanosecond, UTC);
  const known = offsetNamed(fields.zoneName, utc.unix, zone);
  if (known !== undefined) return new GoTime(utc.unix - known, utc.nanosecond, zone);
  const hours = /^GMT([+-][0-9]+)$/.exec(fields.zoneName)?.[1];
  return utc.in(fixedZone(fields.zoneName, hours === undefined ? 0 : Number(hours) * 3600));
}

const HALF_YEAR = 15_778_800;

/** The offset that the zone calls so: at about that time, in the other season, or at some time else. */
function offsetNamed(name: string, unix: number, zone: Zone): number | undefined {
  const seconds = [unix, unix + HALF_YEAR, unix - HALF_YEAR, Date.UTC(2024, 0, 1) / 1000, Date.UTC(2024, 6, 1) / 1000];
  const named = seconds.map((at) => zone.at(at)).filter((moment) => moment.abbreviation === name);
  return (named.find(({ offset }) => zone.at(unix - offset).abbreviation === name) ?? named[0])?.offset;
}

function hourOf({ am, pm, hour }: Fields): number {
  if (pm && hour < 12) return hour + 12;
  return am && hour === 12 ? 0 : hour;
}

function calendarDay(fields: Fields, failure: (message: string) => Error): { month: number; day: number } {
  const { year, yearDay } = fields;
  let month = fields.month ?? 1;
  let day = fields.day ?? 1;
  if (yearDay !== undefined) {
    const first = daysSinceEpoch(year, 1);
    if (yearDay < 1 || yearDay > daysSinceEpoch(year + 1, 1) - first) throw failure('day-of-year out of range');
    month = 12;
    while (daysSinceEpoch(year, month) - first >= yearDay) month--;
    day = yearDay - (daysSinceEpoch(year, month) - first);
    if (fields.month !== undefined && fields.month !== month) throw failure('day-of-year does not match month');
    if (fields.day !== undefined && fields.day !== day) throw failure('day-of-year does not match day');
  }
  const next = month === 12 ? daysSinceEpoch(year + 1, 1) : daysSinceEpoch(year, month + 1);
  if (day < 1 || day > next - daysSinceEpoch(year, month)) throw failure('day out of range');
  return { month, day };
}
