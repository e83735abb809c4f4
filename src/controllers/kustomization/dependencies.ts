// Whether the Kustomizations this one depends on are ready for it.
import type { Kustomization } from '#api/kustomize/kustomization';
import type { ObjectSource } from '#runtime/fresh-objects';
import { isTrue, readyCondition } from '#runtime/conditions';
import { readyByExpression } from '../apply/expressions.ts';
import { sourceKey, type KustomizationDraft } from './kustomization.ts';

/** Why it must wait; undefined when nothing keeps it. Throws an ExpressionError. */
export function unmetDependency(
  object: Kustomization,
  cache: ObjectSource<KustomizationDraft>,
  revision: string,
): string | undefined {
  const own = object.metadata.namespace ?? '';
  for (const { name, namespace, readyExpr } of object.spec.dependsOn ?? []) {
    const key = `${namespace || own}/${name}`;
    const dependency = cache.get(key);
    if (dependency === undefined) {
      return `dependency '${key}' not found: kustomizations.kustomize.toolkit.fluxcd.io "${name}" not found`;
    }
    if (readyExpr) {
      // What it says counts in place of the checks below.
      const ready = readyByExpression(readyExpr, object, dependency, name);
      if (typeof ready === 'string') return ready;
      if (!ready) return `dependency '${key}' is not ready according to readyExpr eval`;
      continue;
    }
    const { generation } = dependency.metadata;
    const conditions = dependency.status?.conditions ?? [];
    const observed = dependency.status?.observedGeneration;
    if (conditions.length === 0 || generation !== observed || !isTrue(dependency, readyCondition)) {
      return `dependency '${key}' is not ready`;
    }
    const sameSource =
      sourceKey(dependency) === sourceKey(object) && dependency.spec.sourceRef.kind === object.spec.sourceRef.kind;
    if (sameSource && dependency.status?.lastAppliedRevision !== revision) {
      return `dependency '${key}' revision is not up to date`;
    }
  }
  return undefined;
}
