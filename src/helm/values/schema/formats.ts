// The formats a schema can ask of a string; each gives the reason a text is not one, in the words users know.
import { errorMessage } from '#lib/errors';
import { quoteRune } from '#lib/go-quote';
import { GoRegexp } from '#lib/go-regexp';
import { parseTime } from '#lib/go-time-parse';
import { parseUrl } from '#lib/go-url';
import { UTC } from '#lib/go-zone';
import { isIPv4, isIPv6 } from 'node:net';

export interface Format {
  readonly name: string;
  /** What is wrong with the text; undefined when it is of the format. */
  readonly check: (text: string) => string | undefined;
}

type Check = Format['check'];

/** The format of this name; undefined for one that is not known, which accepts everything. */
export function formatOf(name: string): Format | undefined {
  const check = checks.get(name);
  return check === undefined ? undefined : { name, check };
}

function attempt(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

const char = (rune: string): string => quoteRune(rune.codePointAt(0) ?? 0);

const jsonPointer: Check = (text) => {
  if (text === '') return undefined;
  if (!text.startsWith('/')) return 'not starting with /';
  return /~(?![01])/.test(text) ? '~ must be followed by 0 or 1' : undefined;
};

const relativeJsonPointer: Check = (text) => {
  const [digits = ''] = /^\d*/.exec(text) ?? [];
  if (digits === '') return 'must start with non-negative integer';
  if (digits.length > 1 && digits.startsWith('0')) return 'starts with zero';
  const rest = text.slice(digits.length);
  return rest === '#' ? undefined : jsonPointer(rest);
};

const uuidGroups = [8, 4, 4, 4, 12];

const uuid: Check = (text) => {
  const groups = text.split('-');
  if (groups.length !== uuidGroups.length) return `must have ${uuidGroups.length} elements`;
  for (const [i, group] of groups.entries()) {
    if (group.length !== uuidGroups[i]) return `element ${i + 1} must be ${uuidGroups[i] ?? 0} characters long`;
    const [bad] = /[^0-9a-fA-F]/u.exec(group) ?? [];
    if (bad !== undefined) return `non-hex character ${char(bad)}`;
  }
  return undefined;
};

const durationUnits = ['YMD', 'HMS'] as const;

const duration: Check = (text) => {
  if (!text.startsWith('P')) return 'must start with P';
  const rest = text.slice(1);
  if (rest === '') return 'nothing after P';
  if (rest.endsWith('W')) {
    if (rest === 'W') return 'no number in week';
    return /^\d+W$/.test(rest) ? undefined : 'invalid week';
  }
  for (const [i, part] of rest.split('T').entries()) {
    if (i > 0 && part === '') return 'no time elements';
    const units = durationUnits[i];
    if (units === undefined) return 'more than one T';
    const fault = durationPart(part, units);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

function durationPart(part: string, units: string): string | undefined {
  let left: string = units;
  for (let rest = part; rest !== '';) {
    const [digits = ''] = /^\d*/.exec(rest) ?? [];
    if (digits === '') return 'missing number';
    const unit = rest[digits.length];
    if (unit === undefined) return 'missing unit';
    const at = left.indexOf(unit);
    if (at < 0) return units.includes(unit) ? `unit ${char(unit)} out of order` : `invalid unit ${char(unit)}`;
    left = left.slice(at + 1);
    rest = rest.slice(digits.length + 1);
  }
  return undefined;
}

const ipv4: Check = (text) => {
  const groups = text.split('.');
  if (groups.length !== 4) return 'expected four decimals';
  for (const group of groups) {
    if (group.length > 1 && group.startsWith('0')) return 'leading zeros';
    if (!/^[+-]?\d+$/.test(group)) return `strconv.Atoi: parsing ${JSON.stringify(group)}: invalid syntax`;
    const value = Number(group);
    if (value < 0 || value > 255) return 'decimal must be between 0 and 255';
  }
  return isIPv4(text) ? undefined : 'decimal must be between 0 and 255';
};

const ipv6: Check = (text) => {
  if (!text.includes(':')) return 'missing colon';
  if (text.includes('%') && isIPv6(text)) return 'zone id is not a part of ipv6 address';
  return isIPv6(text) ? undefined : `ParseAddr(${JSON.stringify(text)}): unable to parse IP`;
};

const hostname: Check = (text) => {
  const host = text.replace(/\.$/, '');
  if (host.length > 253) return 'more than 253 characters long';
  for (const label of host.split('.')) {
    if (label.length < 1 || label.length > 63) return 'label must be 1 to 63 characters long';
    if (label.startsWith('-')) return 'label starts with hyphen';
    if (label.endsWith('-')) return 'label ends with hyphen';
    const [bad] = /[^a-zA-Z0-9-]/u.exec(label) ?? [];
    if (bad !== undefined) return `invalid character ${char(bad)}`;
  }
  return undefined;
};

const email: Check = (text) => {
  if (text.length > 254) return 'more than 255 characters long';
  const at = text.lastIndexOf('@');
  if (at < 0) return 'missing @';
  const local = text.slice(0, at);
  const fault = emailLocal(local);
  if (fault !== undefined) return fault;
  const domain = text.slice(at + 1);
  if (!domain.startsWith('[') || !domain.endsWith(']')) return within('invalid domain', hostname(domain));
  const address = domain.slice(1, -1);
  return address.startsWith('IPv6:')
    ? within('invalid ipv6 address', ipv6(address.slice('IPv6:'.length)))
    : within('invalid ipv4 address', ipv4(address));
};

function within(what: string, fault: string | undefined): string | undefined {
  return fault === undefined ? undefined : `${what}: ${fault}`;
}

function emailLocal(local: string): string | undefined {
  if (local.length > 64) return 'local part more than 64 characters long';
  if (local.length > 1 && local.startsWith('"')) {
    return /[\\"]/.test(local.slice(1, -1))
      ? 'backslash and quote are not allowed within quoted local part'
      : undefined;
  }
  if (local.startsWith('.')) return 'starts with dot';
  if (local.endsWith('.')) return 'ends with dot';
  if (local.includes('..')) return 'consecutive dots';
  const [bad] = /[^a-zA-Z0-9.!#$%&'*+\-/=?^_`{|}~]/u.exec(local) ?? [];
  return bad === undefined ? undefined : `invalid character ${char(bad)}`;
}

const date: Check = (text) => attempt(() => parseTime('2006-01-02', text, UTC));

const time: Check = (text) => {
  if (text.length < 9) return 'less than 9 characters long';
  if (text[2] !== ':' || text[5] !== ':') return 'missing colon in correct place';
  const clock = text.slice(0, 8).split(':');
  if (clock.length !== 3 || !clock.every((part) => /^[+-]?\d+$/.test(part))) return 'invalid hour/min/sec';
  const [hour = 0, minute = 0, second = 0] = clock.map(Number);
  if (hour < 0 || minute < 0 || second < 0) return 'non-positive hour/min/sec';
  if (hour > 23 || minute > 59 || second > 60) return 'hour/min/sec out of range';
  let rest = text.slice(8);
  if (rest.startsWith('.')) {
    const [digits = ''] = /^\d*/.exec(rest.slice(1)) ?? [];
    if (digits === '') return 'no digits in second fraction';
    rest = rest.slice(1 + digits.length);
  }
  const offset = timeOffset(rest);
  if (typeof offset === 'string') return offset;
  // Leap seconds happen at midnight UTC.
  const utc = (hour * 60 + minute + offset + 24 * 60) % (24 * 60);
  return second >= 60 && utc !== 24 * 60 - 1 ? 'invalid leap second' : undefined;
};

/** Minutes to add to reach UTC, or what is wrong. */
function timeOffset(text: string): number | string {
  if (text === 'z' || text === 'Z') return 0;
  if (text.length !== 6) return 'offset must be 6 characters long';
  const sign = text[0];
  if (sign !== '+' && sign !== '-') return 'offset must begin with plus/minus';
  if (text[3] !== ':') return 'missing colon in offset in correct place';
  const parts = [text.slice(1, 3), text.slice(4)];
  if (!parts.every((part) => /^[+-]?\d+$/.test(part))) return 'invalid hour/min in offset';
  const [hours = 0, minutes = 0] = parts.map(Number);
  if (hours > 23 || minutes > 59) return 'hour/min in offset out of range';
  return (sign === '+' ? -1 : 1) * (hours * 60 + minutes);
}

const dateTime: Check = (text) => {
  if (text.length < 20) return 'less than 20 characters long';
  if (text[10] !== 't' && text[10] !== 'T') return '11th character must be t or T';
  return (
    within('invalid date element', date(text.slice(0, 10))) ?? within('invalid time element', time(text.slice(11)))
  );
};

const uri: Check = (text) => {
  return attempt(() => parseUrl(text)) ?? (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) ? undefined : 'relative url');
};

const uriReference: Check = (text) => (text.includes('\\') ? 'contains \\' : attempt(() => parseUrl(text)));

const uriTemplate: Check = (text) => {
  const fault = attempt(() => parseUrl(text));
  if (fault !== undefined) return fault;
  for (const segment of text.split('/')) {
    let open = false;
    for (const brace of segment.match(/[{}]/g) ?? []) {
      if ((brace === '{') === open) return 'nested curly braces';
      open = !open;
    }
    if (open) return 'no matching closing brace';
  }
  return undefined;
};

const period: Check = (text) => {
  const slash = text.indexOf('/');
  if (slash < 0) return 'missing slash';
  const start = text.slice(0, slash);
  const end = text.slice(slash + 1);
  if (start.startsWith('P')) {
    return within('invalid start duration', duration(start)) ?? within('invalid end date-time', dateTime(end));
  }
  const fault = within('invalid start date-time', dateTime(start));
  if (fault !== undefined) return fault;
  return end.startsWith('P')
    ? within('invalid end duration', duration(end))
    : within('invalid end date-time', dateTime(end));
};

const semver: Check = (text) => {
  const [withoutBuild, build] = cutOnce(text, '+');
  if (build === '') return 'build is empty';
  const fault = build === undefined ? undefined : identifiers(build, 'build');
  if (fault !== undefined) return fault;
  const [core, preRelease] = cutOnce(withoutBuild, '-');
  return (preRelease === undefined ? undefined : identifiers(preRelease, 'pre-release')) ?? versionCore(core);
};

function cutOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function identifiers(list: string, what: 'build' | 'pre-release'): string | undefined {
  for (const identifier of list.split('.')) {
    if (identifier === '') return `${what} identifier is empty`;
    const [bad] = /[^0-9a-zA-Z-]/u.exec(identifier) ?? [];
    if (bad !== undefined) return `invalid character ${char(bad)} in ${what} identifier`;
    if (what === 'pre-release' && /^0\d+$/.test(identifier)) return 'pre-release numeric identifier starts with zero';
  }
  return undefined;
}

function versionCore(core: string): string | undefined {
  const parts = core.split('.');
  if (parts.length !== 3) return 'versionCore must have 3 numbers separated by dot';
  for (const [i, name] of ['major', 'minor', 'patch'].entries()) {
    const part = parts[i] ?? '';
    if (part === '') return `${name} is empty`;
    if (part.length > 1 && part.startsWith('0')) return `${name} starts with zero`;
    if (/\D/.test(part)) return `${name} contains non-digit`;
  }
  return undefined;
}

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['json-pointer', jsonPointer],
  ['relative-json-pointer', relativeJsonPointer],
  ['uuid', uuid],
  ['duration', duration],
  ['period', period],
  ['ipv4', ipv4],
  ['ipv6', ipv6],
  ['hostname', hostname],
  ['email', email],
  ['date', date],
  ['time', time],
  ['date-time', dateTime],
  ['uri', uri],
  ['iri', uri],
  ['uri-reference', uriReference],
  ['iri-reference', uriReference],
  ['uri-template', uriTemplate],
  ['semver', semver],
  ['regex', (text) => attempt(() => new GoRegexp(text))],
]);
