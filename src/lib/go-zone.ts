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

/** Names the zone data has for standard and summer time where the runtime's locales know none, or another. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  'Africa/Cairo': 'EET EEST',
  'Africa/Johannesburg': 'SAST',
  'Africa/Lagos': 'WAT',
  'Africa/Nairobi': 'EAT',
  'America/Adak': 'HST HDT',
  'America/Dawson': 'MST',
  'America/Havana': 'CST CDT',
  'America/Hermosillo': 'MST',
  'America/Mazatlan': 'MST',
  'America/Miquelon': '-03 -02',
  'America/Whitehorse': 'MST',
  'Antarctica/Casey': '+08',
  'Antarctica/Troll': '+00 +02',
  'Asia/Calcutta': 'IST',
  'Asia/Colombo': '+0530',
  'Asia/Dubai': '+04',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Jakarta': 'WIB',
  'Asia/Jayapura': 'WIT',
  'Asia/Jerusalem': 'IST IDT',
  'Asia/Karachi': 'PKT',
  'Asia/Kolkata': 'IST',
  'Asia/Macau': 'CST',
  'Asia/Makassar': 'WITA',
  'Asia/Manila': 'PST',
  'Asia/Muscat': '+04',
  'Asia/Pontianak': 'WIB',
  'Asia/Pyongyang': 'KST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST',
  'Asia/Tokyo': 'JST',
  'Australia/Eucla': '+0845',
  'Australia/Lord_Howe': '+1030 +11',
  'Etc/GMT': 'GMT',
  'Etc/GMT+0': 'GMT',
  'Etc/GMT-0': 'GMT',
  'Etc/GMT0': 'GMT',
  'Etc/Greenwich': 'GMT',
  'Europe/Dublin': 'GMT IST',
  'Europe/Guernsey': 'GMT BST',
  'Europe/Isle_of_Man': 'GMT BST',
  'Europe/Jersey': 'GMT BST',
  'Europe/Kirov': 'MSK',
  'Europe/Moscow': 'MSK',
  'Europe/Simferopol': 'MSK',
  'Europe/Volgograd': 'MSK',
  GMT: 'GMT',
  'GMT+0': 'GMT',
  'GMT-0': 'GMT',
  GMT0: 'GMT',
  Greenwich: 'GMT',
  MET: 'MET MEST',
  'Pacific/Auckland': 'NZST NZDT',
  'Pacific/Chatham': '+1245 +1345',
  'Pacific/Guam': 'ChST',
  'Pacific/Midway': 'SST',
  'Pacific/Pago_Pago': 'SST',
  'Pacific/Saipan': 'ChST',
};

/** Locales that, together, know most zones' English abbreviations. */
const LOCALES: readonly string[] = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-NZ', 'en-ZA', 'en-IN'];

/** Before the railways' agreement of 1883 every place had its local mean time. */
const FIRST_STANDARD_TIME = Date.UTC(1883, 0, 1);

/** Winter and summer of years for which names are known. */
const LATER = [
  [2024, 0],
  [2024, 6],
  [1980, 0],
  [1980, 6],
] as const;

class IntlZone implements Zone {
  readonly name: string;
  readonly #parts: Intl.DateTimeFormat;
  /** The name that stands behind an alias. */
  readonly #canonical: string;
  readonly #names: readonly Intl.DateTimeFormat[];

  constructor(name: string) {
    this.name = name;
    this.#parts = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      timeZoneName: 'longOffset',
    });
    this.#canonical = this.#parts.resolvedOptions().timeZone;
    this.#names = LOCALES.map((locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }));
  }

  at(unixSeconds: number): ZoneMoment {
    // The data has nothing to say beyond the range of Date.
    const ms = Math.max(-8.64e15, Math.min(8.64e15, unixSeconds * 1000));
    const offset = parseOffset(zoneName(this.#parts, ms));
    return { offset, abbreviation: this.#abbreviation(ms, offset) };
  }

  #abbreviation(ms: number, offset: number): string {
    if (ms < FIRST_STANDARD_TIME && offset !== 0) return 'LMT';
    const known = (ABBREVIATIONS[this.name] ?? ABBREVIATIONS[this.#canonical])?.split(' ');
    if (known !== undefined) {
      const isSummer = known.length > 1 && offset !== this.#standardOffset(ms);
      return known[isSummer ? 1 : 0] ?? '';
    }
    return this.#letters(ms) ?? this.#laterLetters(offset) ?? numericAbbreviation(offset);
  }

  #letters(ms: number): string | undefined {
    return this.#names.map((format) => zoneName(format, ms)).find((name) => /^[A-Z]{2,6}$/.test(name));
  }

  /** The runtime names no zone before 1970: what the same offset is called later on. */
  #laterLetters(offset: number): string | undefined {
    for (const [year, month] of LATER) {
      const ms = Date.UTC(year, month, 1);
      if (parseOffset(zoneName(this.#parts, ms)) === offset) return this.#letters(ms);
    }
    return undefined;
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
