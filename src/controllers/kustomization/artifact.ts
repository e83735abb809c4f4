// The artifact a run builds from, or what becomes of the run without one.
import type { Artifact } from '#api/source/shared';
import { goDuration } from '#lib/duration-ms';
import { getCondition, readyCondition } from '#runtime/conditions';
import type { Result } from '#runtime/controller';
import { retryIntervalMs } from './kustomization.ts';
import type { Run } from './run.ts';
import { lookUpSource } from './source.ts';

/** How long a new source may be without an artifact before that is said. */
const sourceGraceMs = 2000;

export function artifactOf({ object, deps, report }: Run): Artifact | Result {
  const { requeueDependencyMs, noCrossNamespaceRefs } = deps.options;
  const retryText = goDuration(requeueDependencyMs);
  const lookup = lookUpSource(object, deps.sources, { retryText, noCrossNamespaceRefs });
  if ('found' in lookup) return lookup.found;
  if ('denied' in lookup) {
    report.stalled('AccessDenied', lookup.denied);
    return {};
  }
  // A source that was just made is being fetched: its watch wakes us, and "not found" would be no news.
  if (lookup.missing === 'artifact' && lookup.isNew && getCondition(object, readyCondition) === undefined) {
    return { requeueAfter: sourceGraceMs };
  }
  report.ready('False', 'ArtifactFailed', lookup.message);
  return { requeueAfter: lookup.missing === 'object' ? retryIntervalMs(object) : requeueDependencyMs };
}
