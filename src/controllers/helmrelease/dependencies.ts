// Whether the HelmReleases this one depends on are ready for it.
import type { HelmRelease } from '#api/helm/helmrelease';
import { isTrue, readyCondition } from '#runtime/conditions';
import type { ObjectSource } from '#runtime/fresh-objects';
import { readyByExpression } from '../apply/expressions.ts';
import { dependencyKeys, keyOfDependency, type HelmReleaseDraft } from './helmrelease.ts';

/** Why it must wait; undefined when nothing keeps it. Throws an ExpressionError for a readyExpr nobody can evaluate. */
export function unmetDependency(object: HelmRelease, cache: ObjectSource<HelmReleaseDraft>): string | undefined {
  for (const key of dependencyKeys(object)) {
    const dependency = cache.get(key);
    if (dependency === undefined) {
      const name = key.slice(key.indexOf('/') + 1);
      return `unable to get '${key}' dependency: helmreleases.helm.toolkit.fluxcd.io "${name}" not found`;
    }
    const { readyExpr } = object.spec.dependsOn!.find((each) => keyOfDependency(object, each) === key)!;
    if (readyExpr) {
      const verdict = readyByExpression(readyExpr, object, dependency, key.slice(key.indexOf('/') + 1));
      if (verdict === true) continue;
      return verdict === false ? `dependency '${key}' is not ready according to readyExpr eval` : verdict;
    }
    const isCurrent = dependency.metadata.generation === dependency.status?.observedGeneration;
    if (!isCurrent || !isTrue(dependency, readyCondition)) return `dependency '${key}' is not ready`;
  }
  return undefined;
}
