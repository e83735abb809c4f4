// Regular expressions that compile as RE2, which has no look-around and no back-references.
import { GoRegexp } from '#lib/go-regexp';
import { errorMessage } from '#lib/errors';
import { refuse, type Finding, type Rule } from '../rule.ts';
import { textsAt } from '../fields.ts';

const fields: Readonly<Record<string, readonly string[]>> = {
  OCIRepository: ['spec.ref.semverFilter', ...identities('spec.verify')],
  HelmChart: identities('spec.verify'),
  HelmRelease: identities('spec.chart.spec.verify'),
  ImagePolicy: ['spec.filterTags.pattern'],
  ImageRepository: ['spec.exclusionList[]'],
  Alert: ['spec.exclusionList[]', 'spec.inclusionList[]'],
};

function identities(verify: string): string[] {
  return [`${verify}.matchOIDCIdentity[].issuer`, `${verify}.matchOIDCIdentity[].subject`];
}

export const regularExpressions: Rule = {
  id: 'regular-expressions',
  kinds: Object.keys(fields),
  why: 'An expression that does not compile filters nothing: the mistake shows as events or tags that never come.',
  check({ object }) {
    const findings: Finding[] = [];
    for (const { path, value } of (fields[object.kind] ?? []).flatMap((field) => textsAt(object, field))) {
      try {
        void new GoRegexp(value);
      } catch (error) {
        findings.push(
          refuse(path, value, errorMessage(error), 'write an RE2 expression: no look-around, no back-references'),
        );
      }
    }
    return findings;
  },
};
