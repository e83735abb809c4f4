// time.Time, time.Duration, time.Month and time.Weekday as templates see them.
import { BOOL, BYTES, FLOAT64, GoInt, GoObject, INT, INT64, STRING, goInt } from '#gotemplate/index';
import type { GoMethod, GoType } from '#gotemplate/index';
import { formatDuration, roundDuration, truncateDuration } from '#lib/go-duration';
import type { GoTime } from '#lib/go-time';
import { MONTHS, WEEKDAYS } from '#lib/go-time-layout';
import { UTC, localZone } from '#lib/go-zone';

type Methods = Map<string, GoMethod>;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** A value of a named integer type with a String method. */
class NamedInt extends GoObject {
  readonly type: GoType;
  readonly value: bigint;
  readonly #text: string;

  constructor(type: GoType, value: bigint, text: string) {
    super();
    this.type = type;
    this.value = value;
    this.#text = text;
  }

  override get scalar(): unknown {
    return this.type.kind === 'int64' ? this.value : goInt(this.value);
  }

  override stringer(): string {
    return this.#text;
  }

  override json(): unknown {
    return this.value;
  }

  override equals(other: GoObject): boolean {
    return other instanceof NamedInt && other.type.name === this.type.name && other.value === this.value;
  }
}

const stringMethod: GoMethod = { params: [], result: STRING, fn: (value: NamedInt) => value.stringer() };
const MONTH: GoType = { name: 'time.Month', kind: 'int', methods: new Map([['String', stringMethod]]) };
const WEEKDAY: GoType = { name: 'time.Weekday', kind: 'int', methods: new Map([['String', stringMethod]]) };

const monthValue = (month: number): NamedInt => new NamedInt(MONTH, BigInt(month), MONTHS[month - 1] ?? '');
const weekdayValue = (weekday: number): NamedInt => new NamedInt(WEEKDAY, BigInt(weekday), WEEKDAYS[weekday] ?? '');

const durationMethods: Methods = new Map();
const DURATION: GoType = { name: 'time.Duration', kind: 'int64', methods: durationMethods };

/** A time.Duration of so many nanoseconds. */
function durationValue(nanoseconds: bigint): GoObject {
  return new NamedInt(DURATION, nanoseconds, formatDuration(nanoseconds));
}

const durationIn = (unit: number): GoMethod => ({
  params: [],
  result: FLOAT64,
  fn: ({ value }: NamedInt) => {
    const size = BigInt(unit);
    // Whole units and the rest apart, as Go does it: no precision is lost on long durations.
    return Number(value / size) + Number(value % size) / unit;
  },
});
const wholeUnits = (unit: bigint): GoMethod => ({
  params: [],
  result: INT64,
  fn: ({ value }: NamedInt) => value / unit,
});
const stepped = (step: (value: bigint, unit: bigint) => bigint): GoMethod => ({
  params: [DURATION],
  fn: ({ value }: NamedInt, unit: NamedInt | bigint) =>
    durationValue(step(value, typeof unit === 'bigint' ? unit : unit.value)),
});

for (const [name, method] of [
  ['String', stringMethod],
  ['Hours', durationIn(3.6e12)],
  ['Minutes', durationIn(6e10)],
  ['Seconds', durationIn(1e9)],
  ['Milliseconds', wholeUnits(1_000_000n)],
  ['Microseconds', wholeUnits(1000n)],
  ['Nanoseconds', wholeUnits(1n)],
  ['Round', stepped(roundDuration)],
  ['Truncate', stepped(truncateDuration)],
  [
    'Abs',
    {
      params: [],
      fn: ({ value }: NamedInt) => durationValue(value < 0n ? (value === INT64_MIN ? INT64_MAX : -value) : value),
    },
  ],
] as const) {
  durationMethods.set(name, method);
}

const JSON_LAYOUT = '2006-01-02T15:04:05.999999999Z07:00';

const timeMethods: Methods = new Map();
const TIME: GoType = { name: 'time.Time', kind: 'struct', methods: timeMethods };

/** A time.Time. */
export class TimeValue extends GoObject {
  readonly type = TIME;
  readonly time: GoTime;

  constructor(time: GoTime) {
    super();
    this.time = time;
  }

  override stringer(): string {
    return this.time.toString();
  }

  override json(): unknown {
    return this.time.format(JSON_LAYOUT);
  }

  override equals(other: GoObject): boolean {
    return (
      other instanceof TimeValue && other.time.compare(this.time) === 0 && other.time.zone.name === this.time.zone.name
    );
  }
}

const reading = (result: GoType, read: (time: GoTime) => unknown): GoMethod => ({
  params: [],
  result,
  fn: (value: TimeValue) => read(value.time),
});
const moving = (move: (time: GoTime) => GoTime): GoMethod => ({
  params: [],
  fn: (value: TimeValue) => new TimeValue(move(value.time)),
});
const ordering = (holds: (order: number) => boolean): GoMethod => ({
  params: [TIME],
  result: BOOL,
  fn: (value: TimeValue, other: TimeValue) => holds(value.time.compare(other.time)),
});

const stepping = (step: (time: GoTime, unit: bigint) => GoTime): GoMethod => ({
  params: [DURATION],
  fn: ({ time }: TimeValue, unit: NamedInt | bigint) =>
    new TimeValue(step(time, typeof unit === 'bigint' ? unit : unit.value)),
});
const unusable = (text: string): GoMethod => ({ params: [], fn: () => null, unusable: text });

/** Methods that templates cannot call, by what Go says of their results. */
for (const [name, text] of [
  ['Date', 'function Date has 3 return values; should be 1 or 2'],
  ['Clock', 'function Clock has 3 return values; should be 1 or 2'],
  ['Zone', 'invalid function signature for Zone: second return value should be error; is int'],
  ['ISOWeek', 'invalid function signature for ISOWeek: second return value should be error; is int'],
  ['ZoneBounds', 'invalid function signature for ZoneBounds: second return value should be error; is time.Time'],
] as const) {
  timeMethods.set(name, unusable(text));
}

for (const [name, method] of [
  ['Truncate', stepping((time, unit) => time.truncate(unit))],
  ['Round', stepping((time, unit) => time.round(unit))],
  ['IsDST', reading(BOOL, (time) => time.isDST)],
  ['MarshalText', reading(BYTES, (time) => new TextEncoder().encode(time.format(JSON_LAYOUT)))],
  ['MarshalJSON', reading(BYTES, (time) => new TextEncoder().encode(`"${time.format(JSON_LAYOUT)}"`))],
  ['String', reading(STRING, (time) => time.toString())],
  ['Format', { params: [STRING], result: STRING, fn: (value: TimeValue, layout: string) => value.time.format(layout) }],
  ['Unix', reading(INT64, (time) => BigInt(time.unix))],
  ['UnixMilli', reading(INT64, (time) => BigInt.asIntN(64, floorDivide(time.unixNano, 1_000_000n)))],
  ['UnixMicro', reading(INT64, (time) => BigInt.asIntN(64, floorDivide(time.unixNano, 1000n)))],
  ['UnixNano', reading(INT64, (time) => BigInt.asIntN(64, time.unixNano))],
  ['Year', reading(INT, (time) => time.civil().year)],
  ['Month', { params: [], fn: (value: TimeValue) => monthValue(value.time.civil().month) }],
  ['Weekday', { params: [], fn: (value: TimeValue) => weekdayValue(value.time.weekday) }],
  ['Day', reading(INT, (time) => time.civil().day)],
  ['Hour', reading(INT, (time) => time.civil().hour)],
  ['Minute', reading(INT, (time) => time.civil().minute)],
  ['Second', reading(INT, (time) => time.civil().second)],
  ['Nanosecond', reading(INT, (time) => time.nanosecond)],
  ['YearDay', reading(INT, (time) => time.yearDay)],
  ['IsZero', reading(BOOL, (time) => time.isZero)],
  ['UTC', moving((time) => time.in(UTC))],
  ['Local', moving((time) => time.in(localZone()))],
  ['After', ordering((order) => order > 0)],
  ['Before', ordering((order) => order < 0)],
  ['Equal', ordering((order) => order === 0)],
  ['Compare', { params: [TIME], result: INT, fn: (a: TimeValue, b: TimeValue) => a.time.compare(b.time) }],
  [
    'Sub',
    {
      params: [TIME],
      fn: (a: TimeValue, b: TimeValue) => durationValue(saturate(a.time.unixNano - b.time.unixNano)),
    },
  ],
  [
    'Add',
    {
      params: [DURATION],
      fn: (value: TimeValue, by: NamedInt | bigint) =>
        new TimeValue(value.time.add(typeof by === 'bigint' ? by : by.value)),
    },
  ],
  [
    'AddDate',
    {
      params: [INT, INT, INT],
      fn: (value: TimeValue, years: number, months: number, days: number) =>
        new TimeValue(value.time.addDate(years, months, days)),
    },
  ],
] as const) {
  timeMethods.set(name, method);
}

export { TIME };

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** Differences too large for a Duration are its largest. */
export function saturate(nanoseconds: bigint): bigint {
  if (nanoseconds > INT64_MAX) return INT64_MAX;
  return nanoseconds < INT64_MIN ? INT64_MIN : nanoseconds;
}

/** The value of an `int`, `int32` or `int64`, which stand for seconds since 1970; undefined for everything else. */
export function secondsOf(value: unknown, kinds: readonly string[]): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  return value instanceof GoInt && kinds.includes(value.type.name) ? Number(value.value) : undefined;
}
