// Versions by the rules of Masterminds/semver v3, which Helm and Flux use: lax parsing, comparison, ordering.

/** A version or constraint that cannot be read; the message is the Go library's. */
export class SemverError extends Error {
  override readonly name = 'SemverError';
}

const INVALID_SEMVER = 'invalid semantic version';
const EMPTY = 'version string empty';
const INVALID_CHARACTERS = 'invalid characters in version';
const LEADING_ZERO = 'version segment starts with 0';
const INVALID_METADATA = 'invalid metadata string';
const INVALID_PRERELEASE = 'invalid prerelease string';

const MAX_UINT64 = 2n ** 64n - 1n;

// Anchored and unambiguous, so it runs in linear time on any input.
const LAX_VERSION =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

export interface VersionParts {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  readonly prerelease: string;
  readonly metadata: string;
}

/** One version. Numbers are uint64. */
export class Version implements VersionParts {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Without the hyphen; "" for a release. */
  readonly prerelease: string;
  /** Without the plus; "" when there is none. */
  readonly metadata: string;
  /** The text that was parsed. */
  readonly original: string;

  constructor(parts: VersionParts, original?: string) {
    this.major = parts.major;
    this.minor = parts.minor;
    this.patch = parts.patch;
    this.prerelease = parts.prerelease;
    this.metadata = parts.metadata;
    this.original = original ?? this.toString();
  }

  /** The canonical form, without a leading v. */
  toString(): string {
    const prerelease = this.prerelease === '' ? '' : `-${this.prerelease}`;
    const metadata = this.metadata === '' ? '' : `+${this.metadata}`;
    return `${this.major}.${this.minor}.${this.patch}${prerelease}${metadata}`;
  }

  toJSON(): string {
    return this.toString();
  }

  /** -1, 0 or 1. Metadata does not count; a pre-release is lower than its release. */
  compare(other: Version): number {
    return compareVersions(this, other);
  }

  equals(other: Version): boolean {
    return compareVersions(this, other) === 0;
  }

  lessThan(other: Version): boolean {
    return compareVersions(this, other) < 0;
  }

  greaterThan(other: Version): boolean {
    return compareVersions(this, other) > 0;
  }

  /** The next patch version; of a pre-release, its release. */
  incPatch(): Version {
    const patch = this.prerelease === '' ? BigInt.asUintN(64, this.patch + 1n) : this.patch;
    return this.#with({ patch, prerelease: '', metadata: '' });
  }

  incMinor(): Version {
    return this.#with({ minor: BigInt.asUintN(64, this.minor + 1n), patch: 0n, prerelease: '', metadata: '' });
  }

  incMajor(): Version {
    const major = BigInt.asUintN(64, this.major + 1n);
    return this.#with({ major, minor: 0n, patch: 0n, prerelease: '', metadata: '' });
  }

  withPrerelease(prerelease: string): Version {
    if (prerelease !== '') validatePrerelease(prerelease);
    return this.#with({ prerelease });
  }

  withMetadata(metadata: string): Version {
    if (metadata !== '') validateMetadata(metadata);
    return this.#with({ metadata });
  }

  #with(change: Partial<VersionParts>): Version {
    const { major, minor, patch, prerelease, metadata } = this;
    const next = new Version({ major, minor, patch, prerelease, metadata, ...change });
    return new Version(next, `${this.original.startsWith('v') ? 'v' : ''}${next.toString()}`);
  }
}

/** semver.NewVersion: "v1.2", "1", "01.2.3" are fine. Throws SemverError. */
export function parseVersion(text: string): Version {
  const match = LAX_VERSION.exec(text);
  if (match === null) throw new SemverError(INVALID_SEMVER);
  const [, major = '', minor = '0', patch = '0', prerelease = '', metadata = ''] = match;
  const parts = {
    major: laxSegment(major),
    minor: laxSegment(minor),
    patch: laxSegment(patch),
    prerelease,
    metadata,
  };
  if (prerelease !== '') validatePrerelease(prerelease);
  if (metadata !== '') validateMetadata(metadata);
  return new Version(parts, text);
}

/** parseVersion, with undefined for a text that is no version. */
export function tryParseVersion(text: string): Version | undefined {
  try {
    return parseVersion(text);
  } catch (error) {
    if (error instanceof SemverError) return undefined;
    throw error;
  }
}

/** semver.StrictNewVersion: exactly what semver.org allows. Throws SemverError. */
export function parseStrictVersion(text: string): Version {
  if (text === '') throw new SemverError(EMPTY);
  const first = text.indexOf('.');
  const second = first < 0 ? -1 : text.indexOf('.', first + 1);
  if (second < 0) throw new SemverError(INVALID_SEMVER);
  let patch = text.slice(second + 1);
  let prerelease = '';
  let metadata = '';
  const plus = patch.indexOf('+');
  if (plus >= 0) {
    metadata = patch.slice(plus + 1);
    patch = patch.slice(0, plus);
    validateMetadata(metadata);
  }
  const hyphen = patch.indexOf('-');
  if (hyphen >= 0) {
    prerelease = patch.slice(hyphen + 1);
    patch = patch.slice(0, hyphen);
    validatePrerelease(prerelease);
  }
  const segments = [text.slice(0, first), text.slice(first + 1, second), patch] as const;
  for (const segment of segments) {
    if (/[^0-9]/.test(segment)) throw new SemverError(INVALID_CHARACTERS);
    if (segment.length > 1 && segment.startsWith('0')) throw new SemverError(LEADING_ZERO);
  }
  const [major, minor] = segments;
  return new Version({ major: uint64(major), minor: uint64(minor), patch: uint64(patch), prerelease, metadata }, text);
}

/** Orders versions as Version.compare does: `versions.toSorted(compareVersions)`. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareBigint(a.major, b.major) ||
    compareBigint(a.minor, b.minor) ||
    compareBigint(a.patch, b.patch) ||
    compareReleases(a.prerelease, b.prerelease)
  );
}

function compareReleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  return comparePrereleases(a, b);
}

/** Pre-releases part by part; a missing part is lower than any. Used by constraints too, where either may be "". */
export function comparePrereleases(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = comparePart(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return -1;
  if (b === '') return 1;
  const left = asNumber(a);
  const right = asNumber(b);
  if (left === undefined && right === undefined) return a > b ? 1 : -1;
  if (right === undefined) return -1;
  if (left === undefined) return 1;
  // Different texts of one number ("1" and "01") cannot both pass validation; Go answers -1 for them.
  return left > right ? 1 : -1;
}

function asNumber(text: string): bigint | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = text.length > 20 ? MAX_UINT64 + 1n : BigInt(text);
  return value > MAX_UINT64 ? undefined : value;
}

function compareBigint(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function laxSegment(digits: string): bigint {
  try {
    return uint64(digits);
  } catch (error) {
    throw new SemverError(`error parsing version segment: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** strconv.ParseUint in base 10 of a text already known to hold digits only. */
function uint64(digits: string): bigint {
  if (digits === '') throw new SemverError('strconv.ParseUint: parsing "": invalid syntax');
  const significant = digits.replace(/^0+(?=.)/, '');
  const value = significant.length > 20 ? MAX_UINT64 + 1n : BigInt(significant);
  if (value > MAX_UINT64) throw new SemverError(`strconv.ParseUint: parsing "${digits}": value out of range`);
  return value;
}

function validatePrerelease(text: string): void {
  for (const part of text.split('.')) {
    if (part === '' || /[^0-9A-Za-z-]/.test(part)) throw new SemverError(INVALID_PRERELEASE);
    if (/^0[0-9]+$/.test(part)) throw new SemverError(LEADING_ZERO);
  }
}

function validateMetadata(text: string): void {
  for (const part of text.split('.')) {
    if (part === '' || /[^0-9A-Za-z-]/.test(part)) throw new SemverError(INVALID_METADATA);
  }
}
