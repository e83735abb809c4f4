// Whether the HelmReleases this one depends on are ready for it.
import type { HelmRelease } from '#api/helm/helmrelease';
import { isTrue, readyCondition } from '#runtime/conditions';
import type { ObjectSource } from '#runtime/fresh-objects';
import { dependencyKeys, type HelmReleaseDraft } from './helmrelease.ts';

/** Why it must wait; undefined when nothing keeps it. */
export function unmetDependency(object: HelmRelease, cache: ObjectSource<HelmReleaseDraft>): string | undefined {
  for (const key of dependencyKeys(object)) {
    const dependency = cache.get(key);
    if (dependency === undefined) {
      const name = key.slice(key.indexOf('/') + 1);
      return `unable to get '${key}' dependency: helmreleases.helm.toolkit.fluxcd.io "${name}" not found`;
    }
    const isCurrent = dependency.metadata.generation === dependency.status?.observedGeneration;
    if (!isCurrent || !isTrue(dependency, readyCondition)) return `dependency '${key}' is not ready`;
  }
  return undefined;
}
