// Whether a version is in a range, as Helm asks it.
import { satisfies, SemverError } from '#lib/masterminds-semver';

/** Nothing is in a range that cannot be read, and what is no version is in none. */
export function isInRange(version: string, range: string): boolean {
  try {
    return satisfies(version, range);
  } catch (error) {
    if (error instanceof SemverError) return false;
    throw error;
  }
}
