// Version ranges as Masterminds/semver reads them, which is not how npm does.
import { errorMessage } from '#lib/errors';
import { parseConstraint } from '#lib/masterminds-semver';
import { refuse, type Finding, type Rule } from '../rule.ts';
import { textsAt } from '../fields.ts';

const fields: Readonly<Record<string, readonly string[]>> = {
  GitRepository: ['spec.ref.semver'],
  OCIRepository: ['spec.ref.semver'],
  HelmChart: ['spec.version'],
  HelmRelease: ['spec.chart.spec.version'],
  ImagePolicy: ['spec.policy.semver.range'],
};

export const versionRanges: Rule = {
  id: 'version-ranges',
  kinds: Object.keys(fields),
  why: 'A range nobody can read matches no version, ever.',
  check({ object }) {
    const findings: Finding[] = [];
    for (const { path, value } of (fields[object.kind] ?? []).flatMap((field) => textsAt(object, field))) {
      try {
        parseConstraint(value);
      } catch (error) {
        findings.push(
          refuse(path, value, errorMessage(error), 'write a range such as ">=1.2.0 <2.0.0", "1.2.x" or "~1.2"'),
        );
      }
    }
    return findings;
  },
};
