// Go's time.Time: an instant in a zone, its calendar fields, and Format with Go's layouts.
import { layoutChunks, MONTHS, WEEKDAYS } from './go-time-layout.ts';
import type { Chunk } from './go-time-layout.ts';
import { UTC } from './go-zone.ts';
import type { Zone } from './go-zone.ts';

/** Seconds from year 1 (Go's zero time) to 1970. */
const ZERO_SECONDS = -62_135_596_800;
const DAY = 86_400;
const BILLION = 1_000_000_000n;

/** A calendar date and a time of day, in some zone. */
export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** An instant and the zone it is shown in. Immutable. */
export class GoTime {
  /** Seconds since 1970, UTC. */
  readonly unix: number;
  /** 0 to 999,999,999. */
  readonly nanosecond: number;
  readonly zone: Zone;

  constructor(unix: number, nanosecond: number, zone: Zone) {
    this.unix = unix;
    this.nanosecond = nanosecond;
    this.zone = zone;
  }

  /** time.Time{}: the first second of year 1. */
  static zero(): GoTime {
    return new GoTime(ZERO_SECONDS, 0, UTC);
  }

  static fromMs(ms: number, zone: Zone): GoTime {
    const seconds = Math.floor(ms / 1000);
    return new GoTime(seconds, Math.round((ms - seconds * 1000) * 1e6), zone);
  }

  /** time.Date: fields out of range carry over, and the zone decides what instant they are. */
  static fromCivil(civil: CivilTime, nanosecond: number, zone: Zone): GoTime {
    const months = civil.year * 12 + (civil.month - 1);
    const days = daysSinceEpoch(Math.floor(months / 12), (((months % 12) + 12) % 12) + 1) + civil.day - 1;
    const local = days * DAY + civil.hour * 3600 + civil.minute * 60 + civil.second;
    // The offset at the instant depends on the offset: guess, then look on both sides of a change.
    const guess = local - zone.at(local).offset;
    const offset = zone.at(guess).offset;
    const settled = zone.at(local - offset).offset === offset ? local - offset : guess;
    return new GoTime(settled, nanosecond, zone);
  }

  get isZero(): boolean {
    return this.unix === ZERO_SECONDS && this.nanosecond === 0;
  }

  /** Nanoseconds since 1970, exactly. */
  get unixNano(): bigint {
    return BigInt(this.unix) * BILLION + BigInt(this.nanosecond);
  }

  in(zone: Zone): GoTime {
    return new GoTime(this.unix, this.nanosecond, zone);
  }

  /** Adds nanoseconds. */
  add(duration: bigint): GoTime {
    const total = this.unixNano + duration;
    const rest = ((total % BILLION) + BILLION) % BILLION;
    return new GoTime(Number((total - rest) / BILLION), Number(rest), this.zone);
  }

  /** Time.Truncate: down to a multiple of the duration since year 1. */
  truncate(duration: bigint): GoTime {
    return duration <= 0n ? this : this.add(-this.#since(duration));
  }

  /** Time.Round: to the nearest multiple, up from the half on. */
  round(duration: bigint): GoTime {
    if (duration <= 0n) return this;
    const rest = this.#since(duration);
    return this.add(rest * 2n < duration ? -rest : duration - rest);
  }

  /** Nanoseconds since the last multiple of the duration. */
  #since(duration: bigint): bigint {
    const total = this.unixNano - BigInt(ZERO_SECONDS) * BILLION;
    return ((total % duration) + duration) % duration;
  }

  /** Time.IsDST: the clocks are ahead of where they are in the other half of the year. */
  get isDST(): boolean {
    const { year } = this.civil();
    const { offset } = this.moment();
    return [1, 7].some((month) => this.zone.at(daysSinceEpoch(year, month) * DAY).offset < offset);
  }

  addDate(years: number, months: number, days: number): GoTime {
    const civil = this.civil();
    const moved = { ...civil, year: civil.year + years, month: civil.month + months, day: civil.day + days };
    return GoTime.fromCivil(moved, this.nanosecond, this.zone);
  }

  compare(other: GoTime): number {
    return Math.sign(this.unix - other.unix) || Math.sign(this.nanosecond - other.nanosecond);
  }

  /** Seconds east of UTC, and the zone's abbreviation, at this instant. */
  moment(): { offset: number; abbreviation: string } {
    return this.zone.at(this.unix);
  }

  civil(): CivilTime {
    const local = this.unix + this.moment().offset;
    const days = Math.floor(local / DAY);
    const seconds = local - days * DAY;
    const hour = Math.floor(seconds / 3600);
    const minute = Math.floor((seconds % 3600) / 60);
    return { ...dateOf(days), hour, minute, second: seconds % 60 };
  }

  /** 0 is Sunday. */
  get weekday(): number {
    const days = Math.floor((this.unix + this.moment().offset) / DAY);
    return (((days + 4) % 7) + 7) % 7;
  }

  /** 1 to 366. */
  get yearDay(): number {
    const { year, month, day } = this.civil();
    return daysSinceEpoch(year, month) + day - daysSinceEpoch(year, 1);
  }

  /** Time.Format. */
  format(layout: string): string {
    const civil = this.civil();
    return layoutChunks(layout)
      .map((chunk) => chunk.prefix + this.#element(chunk, civil))
      .join('');
  }

  /** Time.String, without the monotonic reading. */
  toString(): string {
    return this.format('2006-01-02 15:04:05.999999999 -0700 MST');
  }

  #element({ element, text }: Chunk, civil: CivilTime): string {
    switch (element) {
      case undefined:
        return '';
      case 'longMonth':
        return MONTHS[civil.month - 1] ?? '';
      case 'month':
        return (MONTHS[civil.month - 1] ?? '').slice(0, 3);
      case 'longWeekday':
        return WEEKDAYS[this.weekday] ?? '';
      case 'weekday':
        return (WEEKDAYS[this.weekday] ?? '').slice(0, 3);
      case 'PM':
        return civil.hour >= 12 ? 'PM' : 'AM';
      case 'pm':
        return civil.hour >= 12 ? 'pm' : 'am';
      case 'zoneName':
        return this.moment().abbreviation || offsetText(this.moment().offset, '-0700');
      case 'zone':
        return offsetText(this.moment().offset, text);
      case 'fraction0':
      case 'fraction9':
        return this.#fraction(element, text);
      default:
        return this.#number(element, civil);
    }
  }

  #number(element: NumericElement, civil: CivilTime): string {
    const hour12 = civil.hour % 12 === 0 ? 12 : civil.hour % 12;
    switch (element) {
      case 'year':
        return padded(Math.max(civil.year, 0) % 100, 2);
      case 'longYear':
        return padded(civil.year, 4);
      case 'numMonth':
        return String(civil.month);
      case 'zeroMonth':
        return padded(civil.month, 2);
      case 'day':
        return String(civil.day);
      case 'underDay':
        return String(civil.day).padStart(2);
      case 'zeroDay':
        return padded(civil.day, 2);
      case 'underYearDay':
        return String(this.yearDay).padStart(3);
      case 'zeroYearDay':
        return padded(this.yearDay, 3);
      case 'hour':
        return padded(civil.hour, 2);
      case 'hour12':
        return String(hour12);
      case 'zeroHour12':
        return padded(hour12, 2);
      case 'minute':
        return String(civil.minute);
      case 'zeroMinute':
        return padded(civil.minute, 2);
      case 'second':
        return String(civil.second);
      case 'zeroSecond':
        return padded(civil.second, 2);
    }
  }

  #fraction(element: 'fraction0' | 'fraction9', text: string): string {
    const digits = padded(this.nanosecond, 9).slice(0, text.length - 1);
    if (element === 'fraction0') return text.charAt(0) + digits.padEnd(text.length - 1, '0');
    const trimmed = digits.replace(/0+$/, '');
    return trimmed === '' ? '' : text.charAt(0) + trimmed;
  }
}

type NumericElement = Exclude<
  NonNullable<Chunk['element']>,
  'longMonth' | 'month' | 'longWeekday' | 'weekday' | 'PM' | 'pm' | 'zoneName' | 'zone' | 'fraction0' | 'fraction9'
>;

function padded(value: number, width: number): string {
  return (value < 0 ? '-' : '') + String(Math.abs(value)).padStart(width, '0');
}

/** An offset in the form that the layout's element shows ("-07:00", "Z0700"). */
function offsetText(offset: number, form: string): string {
  if (form.startsWith('Z') && offset === 0) return 'Z';
  // Cut to minutes first: seconds alone give a plus.
  const minutes = Math.trunc(offset / 60);
  const size = Math.abs(offset);
  const sign = minutes < 0 ? '-' : '+';
  const parts = [Math.trunc(Math.abs(minutes) / 60)];
  const shape = form.slice(1).replaceAll(':', '');
  if (shape.length > 2) parts.push(Math.abs(minutes) % 60);
  if (shape.length > 4) parts.push(size % 60);
  return sign + parts.map((part) => padded(part, 2)).join(form.includes(':') ? ':' : '');
}

/** Days from 1970-01-01 to the first of a month, in the Gregorian calendar extended to all years. */
export function daysSinceEpoch(year: number, month: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  // Counting from March makes the leap day the last of its year.
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateOf(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1 };
}
