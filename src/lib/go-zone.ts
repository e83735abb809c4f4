// Time zones as Go's time.Location: an offset and an abbreviation at every instant, from the zone data of the runtime.

/** What a zone says about one instant. */
export interface ZoneMoment {
  /** Seconds east of UTC. */
  readonly offset: number;
  readonly abbreviation: string;
}

export interface Zone {
  readonly name: string;
  at(unixSeconds: number): ZoneMoment;
}

export const UTC: Zone = { name: 'UTC', at: () => ({ offset: 0, abbreviation: 'UTC' }) };

/** time.FixedZone. */
export function fixedZone(abbreviation: string, offset: number): Zone {
  return { name: abbreviation, at: () => ({ offset, abbreviation }) };
}

/** time.Local: the zone of the process. */
export function localZone(): Zone {
  const zone = loadZone(new Intl.DateTimeFormat('en-US').resolvedOptions().timeZone) ?? UTC;
  return zone === UTC ? { ...UTC, name: 'Local' } : { name: 'Local', at: (seconds) => zone.at(seconds) };
}

/** time.LoadLocation; undefined for an unknown name. Names are those of the IANA data base, spelled exactly. */
export function loadZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return UTC;
  if (name === 'Local') return localZone();
  // The runtime also takes offsets ("+05:30") and any spelling; Go looks for a file of that very name.
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/.test(name)) return undefined;
  try {
    return new IntlZone(name);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Names the zone data has for standard and summer time where no English locale of the runtime knows one. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  'Africa/Cairo': 'EET EEST',
  'Africa/Johannesburg': 'SAST',
  'Africa/Lagos': 'WAT',
  'Africa/Nairobi': 'EAT',
  'Asia/Calcutta': 'IST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Jakarta': 'WIB',
  'Asia/Jerusalem': 'IST IDT',
  'Asia/Karachi': 'PKT',
  'Asia/Kolkata': 'IST',
  'Asia/Manila': 'PST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST',
  'Asia/Tokyo': 'JST',
  'Europe/Dublin': 'GMT IST',
  'Europe/Moscow': 'MSK',
  'Pacific/Auckland': 'NZST NZDT',
};

/** Locales that, together, know most zones' English abbreviations. */
const LOCALES: readonly string[] = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-NZ', 'en-ZA', 'en-IN'];

class IntlZone implements Zone {
  readonly name: string;
  readonly #parts: Intl.DateTimeFormat;
  readonly #names: readonly Intl.DateTimeFormat[];

  constructor(name: string) {
    this.name = name;
    this.#parts = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      timeZoneName: 'longOffset',
    });
    this.#names = LOCALES.map((locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }));
  }

  at(unixSeconds: number): ZoneMoment {
    // The data has nothing to say beyond the range of Date.
    const ms = Math.max(-8.64e15, Math.min(8.64e15, unixSeconds * 1000));
    const offset = parseOffset(zoneName(this.#parts, ms));
    return { offset, abbreviation: this.#abbreviation(ms, offset) };
  }

  #abbreviation(ms: number, offset: number): string {
    const known = ABBREVIATIONS[this.name]?.split(' ');
    if (known !== undefined) {
      const isSummer = known.length > 1 && offset !== this.#standardOffset(ms);
      return known[isSummer ? 1 : 0] ?? '';
    }
    for (const format of this.#names) {
      const name = zoneName(format, ms);
      if (/^[A-Z]{2,6}$/.test(name)) return name;
    }
    return numericAbbreviation(offset);
  }

  /** The lower of the offsets of January and July of that year: standard time on either hemisphere. */
  #standardOffset(ms: number): number {
    const year = new Date(ms).getUTCFullYear();
    const offsets = [0, 6].map((month) => parseOffset(zoneName(this.#parts, Date.UTC(year, month, 1))));
    return Math.min(...offsets);
  }
}

function zoneName(format: Intl.DateTimeFormat, ms: number): string {
  return format.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** "GMT-03:30" in seconds; "GMT" is 0. */
function parseOffset(text: string): number {
  const match = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (match === null) return 0;
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}

/** Zones without letters are named by their offset in the zone data: "+03", "+0530". */
function numericAbbreviation(offset: number): string {
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const rest = minutes % 60;
  const text = `${Math.trunc(minutes / 60)
    .toString()
    .padStart(2, '0')}${rest === 0 ? '' : rest.toString().padStart(2, '0')}`;
  return (offset < 0 ? '-' : '+') + text;
}
