// Objects that wait for each other wait for ever.
import { fieldsAt } from '../fields.ts';
import { refuse, type ReviewedObject, type Rule, type Snapshot } from '../rule.ts';

interface Reference {
  readonly name: string;
  readonly namespace?: string;
}

/** A review must answer in milliseconds; no delivery hangs together like that. */
const maxVisited = 10_000;

export const dependsOnCycle: Rule = {
  id: 'dependson-cycle',
  kinds: ['Kustomization', 'HelmRelease'],
  why: 'A cycle of dependencies never becomes ready.',
  check({ object, snapshot }) {
    const round = shortestRound(object, snapshot);
    if (round === undefined) return [];
    const detail = `circular dependency detected: ${round.join(' -> ')}`;
    return [refuse('spec.dependsOn', round[1], detail, 'remove one of these dependencies')];
  },
};

/** From the object back to itself by the fewest dependencies. A cycle it merely leads to is not its fault. */
function shortestRound(object: ReviewedObject, snapshot: Snapshot): string[] | undefined {
  const own = keyOf(object.metadata.namespace, object.metadata.name);
  /** Each object met, and who depends on it. */
  const from = new Map<string, string>();
  let waiting: { readonly key: string; readonly object: ReviewedObject }[] = [{ key: own, object }];
  while (waiting.length > 0 && from.size < maxVisited) {
    const next: typeof waiting = [];
    for (const { key, object: current } of waiting) {
      for (const { namespace, name } of dependenciesOf(current)) {
        const found = keyOf(namespace, name);
        if (from.has(found)) continue;
        from.set(found, key);
        if (found === own) return pathTo(own, from);
        const stored = snapshot.get(object.kind, namespace, name);
        if (stored !== undefined) next.push({ key: found, object: stored });
      }
    }
    waiting = next;
  }
  return undefined;
}

function pathTo(own: string, from: ReadonlyMap<string, string>): string[] {
  const path = [own];
  for (let key = from.get(own); key !== undefined && key !== own; key = from.get(key)) path.push(key);
  return [own, ...path.toReversed()];
}

function keyOf(namespace = '', name = ''): string {
  return `${namespace}/${name}`;
}

function dependenciesOf(object: ReviewedObject): { readonly namespace: string; readonly name: string }[] {
  const own = object.metadata.namespace ?? '';
  return fieldsAt(object, 'spec.dependsOn[]').map(({ value }) => {
    const { name, namespace } = value as Reference;
    return { name, namespace: namespace || own };
  });
}
