// Durations that parse and make sense together.
import { durationToMs, parseDuration } from '#lib/go-duration';
import { errorMessage } from '#lib/errors';
import { refuse, warn, type Finding, type Rule } from '../rule.ts';
import { textsAt } from '../fields.ts';

const fields = ['spec.interval', 'spec.timeout', 'spec.retryInterval', 'spec.install.timeout', 'spec.upgrade.timeout'];
const smallestUsefulMs = 1000;

export const durations: Rule = {
  id: 'durations',
  kinds: [
    'GitRepository',
    'OCIRepository',
    'HelmRepository',
    'HelmChart',
    'Bucket',
    'Kustomization',
    'HelmRelease',
    'ImageRepository',
    'ImageUpdateAutomation',
    'Receiver',
    'HelmPullRequest',
  ],
  why: 'A duration that matches the pattern may still be out of range, zero, or longer than the interval it has to fit in.',
  check({ object }) {
    const findings: Finding[] = [];
    const known = new Map<string, number>();
    for (const { path, value } of fields.flatMap((field) => textsAt(object, field))) {
      try {
        known.set(path, durationToMs(parseDuration(value)));
      } catch (error) {
        findings.push(refuse(path, value, errorMessage(error), 'write a Go duration such as 5m or 1h30m'));
      }
    }
    const interval = known.get('spec.interval');
    const timeout = known.get('spec.timeout');
    if (interval === 0) {
      findings.push(
        warn('spec.interval', '0s means no periodic reconcile at all: only changes and requests are acted on'),
      );
    } else if (interval !== undefined && interval < smallestUsefulMs) {
      findings.push(
        warn('spec.interval', 'less than a second keeps the source and the API server busy: write 1m or more'),
      );
    }
    if (interval !== undefined && interval > 0 && timeout !== undefined && timeout > interval) {
      findings.push(warn('spec.timeout', 'longer than spec.interval: a run that takes that long delays the next one'));
    }
    return findings;
  },
};
