// Masterminds/semver v3, as Helm and Flux use it: the one face of versions and constraints.
export {
  compareVersions,
  parseStrictVersion,
  parseVersion,
  SemverError,
  tryParseVersion,
  Version,
} from './masterminds-version.ts';
export type { VersionParts } from './masterminds-version.ts';
export { Constraint, maxSatisfying, parseConstraint, satisfies, tryParseConstraint } from './masterminds-constraint.ts';
export type { ConstraintVerdict } from './masterminds-constraint.ts';
