// All rules. A new one is a file of its own and a line here.
import { dependsOnCycle } from './policies/dependson-cycle.ts';
import { duplicateRelease } from './policies/duplicate-release.ts';
import { missingReferences } from './policies/missing-references.ts';
import { pathInArtifact } from './policies/path-in-artifact.ts';
import { sameDelivery } from './policies/same-delivery.ts';
import type { Rule } from './rule.ts';
import { celExpressions } from './validate/cel-expressions.ts';
import { durations } from './validate/durations.ts';
import { gitProvider } from './validate/git-provider.ts';
import { gitReference } from './validate/git-reference.ts';
import { helmVerification } from './validate/helm-verification.ts';
import { imagePolicy } from './validate/image-policy.ts';
import { patches } from './validate/patches.ts';
import { paths } from './validate/paths.ts';
import { regularExpressions } from './validate/regular-expressions.ts';
import { substitution } from './validate/substitution.ts';
import { urls } from './validate/urls.ts';
import { versionRanges } from './validate/version-ranges.ts';

export const rules: readonly Rule[] = [
  durations,
  urls,
  paths,
  versionRanges,
  regularExpressions,
  gitReference,
  gitProvider,
  substitution,
  patches,
  celExpressions,
  imagePolicy,
  helmVerification,
  dependsOnCycle,
  duplicateRelease,
  sameDelivery,
  missingReferences,
  pathInArtifact,
];
