// YAML timestamps: the four layouts go-yaml accepts, and the RFC 3339 text they become.

/** A moment as Go's time.Time prints it. */
export interface Timestamp {
  /** RFC 3339 with as many fraction digits as needed. */
  readonly text: string;
}

const LAYOUT =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d{2}:\d{2})?)?$/;

function daysIn(year: number, month: number): number {
  if (month === 2) {
    return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function isZone(zone: string): boolean {
  return zone === 'Z' || (Number(zone.slice(1, 3)) <= 24 && Number(zone.slice(4)) <= 60);
}

/** What go-yaml takes for a timestamp when it is plain; undefined for all else. */
export function parseTimestamp(text: string): Timestamp | undefined {
  if (text.length < 8 || text.charCodeAt(4) !== 45) {
    return undefined;
  }
  const match = LAYOUT.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, year = '', month = '', day = '', separator, hour = '0', minute = '0', second = '0', fraction = ''] = match;
  const zone = match[9];
  // A zone needs the T, and the T needs a zone.
  if (separator !== undefined && (separator === ' ') === (zone !== undefined)) {
    return undefined;
  }
  const inRange =
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(day) >= 1 &&
    Number(day) <= daysIn(Number(year), Number(month)) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    (zone === undefined || isZone(zone));
  if (!inRange) {
    return undefined;
  }
  const date = `${year}-${twoDigits(Number(month))}-${twoDigits(Number(day))}`;
  const time = [hour, minute, second].map((part) => twoDigits(Number(part))).join(':');
  const nanoseconds = fraction.slice(0, 9).replace(/0+$/, '');
  const offset = zone === undefined || /^[-+]00:00$/.test(zone) ? 'Z' : zone;
  return { text: `${date}T${time}${nanoseconds === '' ? '' : `.${nanoseconds}`}${offset}` };
}
