// Sprig's dates: Go's layouts and zones. What is no date is now.
import { ANY, GoError, STRING } from '#gotemplate/index';
import type { GoFunction } from '#gotemplate/index';
import type { Clock } from '#lib/clock';
import { DurationError, SECOND, formatDuration, parseDuration, roundDuration } from '#lib/go-duration';
import { GoTime } from '#lib/go-time';
import { TimeParseError, parseTime } from '#lib/go-time-parse';
import { UTC, loadZone } from '#lib/go-zone';
import type { Zone } from '#lib/go-zone';
import { parseIntSaturating, wrapInt64 } from './conversion.ts';
import type { FunctionTable } from './conversion.ts';
import { TIME, TimeValue, saturate, secondsOf } from './time-values.ts';

/** Units of durationRound, the largest first; a value must be more than one of them. */
const UNITS: readonly (readonly [seconds: bigint, suffix: string])[] = [
  [31_536_000n, 'y'],
  [2_592_000n, 'mo'],
  [86_400n, 'd'],
  [3600n, 'h'],
  [60n, 'm'],
  [1n, 's'],
];

/** Runs a parser; its error becomes the template's. */
function orFail<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof DurationError || error instanceof TimeParseError) {
      throw new GoError(error.message, { cause: error });
    }
    throw error;
  }
}

/** Runs a parser; its error gives the other value. */
function orElse<T>(run: () => T, other: T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof DurationError || error instanceof TimeParseError) return other;
    throw error;
  }
}

function duration(value: unknown): string {
  const seconds = typeof value === 'string' ? parseIntSaturating(value) : typeof value === 'bigint' ? value : 0n;
  return formatDuration(wrapInt64(seconds * SECOND));
}

export function dateFunctions(clock: Clock): FunctionTable {
  const zones = new Map<string, Zone>();
  /** The zone of this name, UTC for an unknown one. Kept, since making one is dear. */
  const zoneOf = (name: string): Zone => {
    const known = zones.get(name);
    if (known !== undefined) return known;
    const zone = loadZone(name) ?? UTC;
    // The data base has some 600 names; charts may make up others.
    if (zones.size < 700) zones.set(name, zone);
    return zone;
  };
  const now = (): GoTime => GoTime.fromMs(clock.now(), zoneOf('Local'));
  const since = (time: GoTime): bigint => saturate(now().unixNano - time.unixNano);

  const toTime = (value: unknown, kinds: readonly string[]): GoTime => {
    if (value instanceof TimeValue) return value.time;
    const seconds = secondsOf(value, kinds);
    return seconds === undefined ? now() : new GoTime(seconds, 0, UTC);
  };
  const format = (layout: string, value: unknown, zone: string): string =>
    toTime(value, ['int', 'int32']).in(zoneOf(zone)).format(layout);

  const durationRound = (value: unknown): string => {
    let nanoseconds = 0n;
    if (typeof value === 'string') nanoseconds = orElse(() => parseDuration(value), 0n);
    else if (typeof value === 'bigint') nanoseconds = value;
    else if (value instanceof TimeValue) nanoseconds = since(value.time);
    const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
    for (const [seconds, suffix] of UNITS) {
      if (size > seconds * SECOND) return `${size / (seconds * SECOND)}${suffix}`;
    }
    return '0s';
  };

  const inZone: GoFunction = { params: [STRING, ANY, STRING], result: STRING, fn: format };
  const modify: GoFunction = {
    params: [STRING, TIME],
    fn: (text: string, date: TimeValue) => orElse(() => new TimeValue(date.time.add(parseDuration(text))), date),
  };
  const mustModify: GoFunction = {
    params: [STRING, TIME],
    fn: (text: string, date: TimeValue) => orFail(() => new TimeValue(date.time.add(parseDuration(text)))),
  };

  return {
    now: { params: [], fn: () => new TimeValue(now()) },
    date: {
      params: [STRING, ANY],
      result: STRING,
      fn: (layout: string, date: unknown) => format(layout, date, 'Local'),
    },
    dateInZone: inZone,
    date_in_zone: inZone,
    htmlDate: { params: [ANY], result: STRING, fn: (date: unknown) => format('2006-01-02', date, 'Local') },
    htmlDateInZone: {
      params: [ANY, STRING],
      result: STRING,
      fn: (date: unknown, zone: string) => format('2006-01-02', date, zone),
    },
    dateModify: modify,
    date_modify: modify,
    mustDateModify: mustModify,
    must_date_modify: mustModify,
    ago: {
      params: [ANY],
      result: STRING,
      fn: (date: unknown) => formatDuration(roundDuration(since(toTime(date, ['int'])), SECOND)),
    },
    duration: { params: [ANY], result: STRING, fn: duration },
    durationRound: { params: [ANY], result: STRING, fn: durationRound },
    toDate: {
      params: [STRING, STRING],
      fn: (layout: string, text: string) =>
        new TimeValue(orElse(() => parseTime(layout, text, zoneOf('Local')), GoTime.zero())),
    },
    mustToDate: {
      params: [STRING, STRING],
      fn: (layout: string, text: string) => new TimeValue(orFail(() => parseTime(layout, text, zoneOf('Local')))),
    },
    unixEpoch: { params: [TIME], result: STRING, fn: (date: TimeValue) => String(date.time.unix) },
  };
}
