// Version constraints by the rules of Masterminds/semver v3: "^1.2", "~1.x", ">=1.0.0-0 <2", "1.2 - 1.4 || 3.*".
import { GoRegexp } from './go-regexp.ts';
import {
  comparePrereleases,
  compareVersions,
  parseVersion,
  SemverError,
  tryParseVersion,
} from './masterminds-version.ts';
import type { Version } from './masterminds-version.ts';

const VERSION_PATTERN =
  'v?([0-9|x|X|\\*]+)(\\.[0-9|x|X|\\*]+)?(\\.[0-9|x|X|\\*]+)?' +
  '(-([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?' +
  '(\\+([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?';

type Operator = '' | '=' | '!=' | '>' | '<' | '>=' | '=>' | '<=' | '=<' | '~' | '~>' | '^';

const OPERATORS: ReadonlySet<string> = new Set(['', '=', '!=', '>', '<', '>=', '=>', '<=', '=<', '~', '~>', '^']);

/** One comparison, such as `>=1.2.x`. */
interface Comparison {
  readonly operator: Operator;
  /** The version as written. */
  readonly original: string;
  readonly version: Version;
  /** Some part is missing or a wildcard; which one is told by the next two (neither: the major). */
  readonly dirty: boolean;
  readonly minorDirty: boolean;
  readonly patchDirty: boolean;
}

interface Group {
  readonly comparisons: readonly Comparison[];
  /** One of the comparisons names a pre-release, so the group looks at pre-releases. */
  readonly hasPrerelease: boolean;
}

/** The verdict of Constraint.validate: the reasons are empty when it is satisfied. */
export interface ConstraintVerdict {
  readonly satisfied: boolean;
  readonly reasons: readonly string[];
}

/** A set of alternatives ("||"), each a list of comparisons that must all hold. */
export class Constraint {
  readonly #groups: readonly Group[];

  /** Use parseConstraint. */
  constructor(groups: readonly Group[]) {
    this.#groups = groups;
  }

  /** Constraints.Check. */
  check(version: Version): boolean {
    return this.#groups.some((group) =>
      group.comparisons.every((c) => refusal(version, c, group.hasPrerelease) === undefined),
    );
  }

  /** Constraints.Validate: like check, with the library's reasons. */
  validate(version: Version): ConstraintVerdict {
    const reasons: string[] = [];
    let toldPrerelease = false;
    for (const group of this.#groups) {
      let holds = true;
      for (const comparison of group.comparisons) {
        if (!group.hasPrerelease && version.prerelease !== '') {
          if (!toldPrerelease) reasons.push(prereleaseRefusal(version));
          toldPrerelease = true;
          holds = false;
          continue;
        }
        const reason = refusal(version, comparison, group.hasPrerelease);
        if (reason !== undefined) {
          reasons.push(reason);
          holds = false;
        }
      }
      if (holds) return { satisfied: true, reasons: [] };
    }
    return { satisfied: false, reasons };
  }

  toString(): string {
    return this.#groups.map((g) => g.comparisons.map((c) => c.operator + c.original).join(' ')).join(' || ');
  }
}

/** semver.NewConstraint; throws SemverError with its texts. */
export function parseConstraint(text: string): Constraint {
  return new Constraint(rewriteRanges(text).split('||').map(parseGroup));
}

/** parseConstraint, with undefined for a text that is no constraint. */
export function tryParseConstraint(text: string): Constraint | undefined {
  try {
    return parseConstraint(text);
  } catch (error) {
    if (error instanceof SemverError) return undefined;
    throw error;
  }
}

/** "1.2 - 1.4.5" becomes ">= 1.2, <= 1.4.5 ". */
function rewriteRanges(text: string): string {
  if (!/[\t\n\f\r ]-[\t\n\f\r ]/.test(text)) return text;
  const range = new GoRegexp(`\\s*(${VERSION_PATTERN})\\s+-\\s+(${VERSION_PATTERN})\\s*`);
  let out = text;
  for (const groups of range.findAllSubmatch(text) ?? []) {
    const [whole = '', low = ''] = groups;
    // A function, since `$` in the replacement would be special.
    out = out.replace(whole, () => `>= ${low}, <= ${groups[11] ?? ''} `);
  }
  return out;
}

function parseGroup(text: string): Group {
  const matches: RegExpExecArray[] = [];
  // One pass: each step is sticky and unambiguous, so a hostile text costs linear time.
  const step =
    /[\t\n\f\r ]*([=!<>~^]*)[\t\n\f\r ]*(v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)/y;
  const gap = /[\t\n\f\r ]*(,?)[\t\n\f\r ]*/y;
  let separated = true;
  let comma = false;
  while (matches.length === 0 || step.lastIndex < text.length || comma) {
    const match = step.exec(text);
    if (match === null || !separated || !OPERATORS.has(match[1] ?? '')) {
      throw new SemverError(`improper constraint: ${text}`);
    }
    matches.push(match);
    gap.lastIndex = step.lastIndex;
    comma = gap.exec(text)?.[1] === ',';
    separated = gap.lastIndex > step.lastIndex;
    step.lastIndex = gap.lastIndex;
  }
  // Only now, so that a bad part anywhere is named before a bad number.
  const comparisons = matches.map(toComparison);
  return { comparisons, hasPrerelease: comparisons.some((c) => c.version.prerelease !== '') };
}

function toComparison(match: RegExpExecArray): Comparison {
  const [, operator = '', original = '', major = '', minorPart = '', patchPart = '', prerelease = ''] = match;
  let text = original;
  let dirty = false;
  let minorDirty = false;
  let patchDirty = false;
  if (isWildcard(major)) {
    text = `0.0.0${prerelease}`;
    dirty = true;
  } else if (isWildcard(minorPart.slice(1)) || minorPart === '') {
    text = `${major}.0.0${prerelease}`;
    dirty = true;
    minorDirty = true;
  } else if (isWildcard(patchPart.slice(1)) || patchPart === '') {
    text = `${major}${minorPart}.0${prerelease}`;
    dirty = true;
    patchDirty = true;
  }
  const version = tryParseVersion(text);
  if (version === undefined) throw new SemverError('constraint parser error');
  return { operator: operator as Operator, original, version, dirty, minorDirty, patchDirty };
}

function isWildcard(part: string): boolean {
  return part === 'x' || part === 'X' || part === '*';
}

function prereleaseRefusal(version: Version): string {
  return `${version.toString()} is a prerelease version and the constraint is only looking for release versions`;
}

/** Why a version does not satisfy a comparison; undefined when it does. */
function refusal(version: Version, comparison: Comparison, includePrerelease: boolean): string | undefined {
  if (version.prerelease !== '' && !includePrerelease) return prereleaseRefusal(version);
  const phrase = RULES[comparison.operator](version, comparison);
  return phrase?.replace('{version}', version.toString()).replace('{constraint}', comparison.original);
}

/** Says how the version fails, or undefined when it does not. */
type Rule = (version: Version, comparison: Comparison) => string | undefined;

function rule(holds: (version: Version, comparison: Comparison) => boolean, phrase: string): Rule {
  return (version, comparison) => (holds(version, comparison) ? undefined : `{version} ${phrase} {constraint}`);
}

const BELOW = '{version} is less than {constraint}';
const OTHER_MAJOR = '{version} does not have same major version as {constraint}';

const equal: Rule = (version, comparison) => {
  if (comparison.dirty) return tilde(version, comparison);
  return version.equals(comparison.version) ? undefined : '{version} is not equal to {constraint}';
};
const atLeast = rule((version, c) => compareVersions(version, c.version) >= 0, 'is less than');
const atMost = rule(isAtMost, 'is greater than');

const RULES: Readonly<Record<Operator, Rule>> = {
  '': equal,
  '=': equal,
  '!=': rule(isDifferent, 'is equal to'),
  '>': rule(isGreater, 'is less than or equal to'),
  '<': rule((version, c) => compareVersions(version, c.version) < 0, 'is greater than or equal to'),
  '>=': atLeast,
  '=>': atLeast,
  '<=': atMost,
  '=<': atMost,
  '~': tilde,
  '~>': tilde,
  '^': caret,
};

function isDifferent(version: Version, { version: bound, dirty, minorDirty, patchDirty }: Comparison): boolean {
  if (dirty) {
    if (bound.major !== version.major) return true;
    if (minorDirty) return false;
    if (bound.minor !== version.minor) return true;
    if (patchDirty) return comparePrereleases(version.prerelease, bound.prerelease) !== 0;
    if (bound.patch !== version.patch) return true;
  }
  return compareVersions(version, bound) !== 0;
}

function isGreater(version: Version, { version: bound, dirty, minorDirty, patchDirty }: Comparison): boolean {
  if (dirty) {
    if (version.major !== bound.major) return version.major > bound.major;
    if (minorDirty) return false;
    // ">11.1" wants 11.2 or later: 11.1.1 is still 11.1.
    if (patchDirty) return version.minor > bound.minor;
  }
  return compareVersions(version, bound) > 0;
}

function isAtMost(version: Version, { version: bound, dirty, minorDirty }: Comparison): boolean {
  if (!dirty) return compareVersions(version, bound) <= 0;
  if (version.major > bound.major) return false;
  return !(version.major === bound.major && version.minor > bound.minor && !minorDirty);
}

/** `~1.2.3`: at least that, same minor; `~1`: same major; `~0.0.0` and `*`: anything from 0.0.0. */
function tilde(version: Version, { version: bound, minorDirty, patchDirty }: Comparison): string | undefined {
  if (compareVersions(version, bound) < 0) return BELOW;
  if (bound.major === 0n && bound.minor === 0n && bound.patch === 0n && !minorDirty && !patchDirty) return undefined;
  if (version.major !== bound.major) return OTHER_MAJOR;
  return version.minor === bound.minor || minorDirty
    ? undefined
    : '{version} does not have same major and minor version as {constraint}';
}

/** `^1.2.3`: at least that, and the leftmost part that is not zero stays. */
function caret(version: Version, { version: bound, minorDirty, patchDirty }: Comparison): string | undefined {
  if (compareVersions(version, bound) < 0) return BELOW;
  if (bound.major > 0n || minorDirty || version.major > 0n) {
    return version.major === bound.major ? undefined : OTHER_MAJOR;
  }
  if (bound.minor > 0n || patchDirty) {
    return version.minor === bound.minor
      ? undefined
      : '{version} does not have same minor version as {constraint}. Expected minor versions to match when constraint major version is 0';
  }
  if (version.minor > 0n) return '{version} does not have same minor version as {constraint}';
  return version.patch === bound.patch
    ? undefined
    : '{version} does not equal {constraint}. Expect version and constraint to equal when major and minor versions are 0';
}

/** The highest of `versions` that satisfies `constraint`. */
export function maxSatisfying(versions: Iterable<Version>, constraint: Constraint): Version | undefined {
  let best: Version | undefined;
  for (const version of versions) {
    if (constraint.check(version) && (best === undefined || compareVersions(version, best) > 0)) best = version;
  }
  return best;
}

/** Does `text` satisfy `constraint`? Throws SemverError when either cannot be read. */
export function satisfies(text: string, constraint: string): boolean {
  return parseConstraint(constraint).check(parseVersion(text));
}
