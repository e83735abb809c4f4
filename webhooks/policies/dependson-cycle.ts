// Objects that wait for each other wait for ever.
import { findCycle } from '#lib/graph';
import { fieldsAt } from '../fields.ts';
import { refuse, type ReviewedObject, type Rule } from '../rule.ts';

interface Reference {
  readonly name: string;
  readonly namespace?: string;
}

export const dependsOnCycle: Rule = {
  id: 'dependson-cycle',
  kinds: ['Kustomization', 'HelmRelease'],
  why: 'A cycle of dependencies never becomes ready.',
  check({ object, snapshot }) {
    const graph = new Map<string, string[]>();
    for (const other of snapshot.list(object.kind)) graph.set(keyOf(other), dependenciesOf(other));
    graph.set(keyOf(object), dependenciesOf(object));
    const cycle = findCycle(graph, keyOf(object));
    // A cycle elsewhere, that this object merely leads to, is not its fault.
    if (cycle === undefined || !cycle.includes(keyOf(object))) return [];
    const start = cycle.indexOf(keyOf(object));
    const round = [...cycle.slice(start, -1), ...cycle.slice(0, start), cycle[start]!];
    const detail = `circular dependency detected: ${round.join(' -> ')}`;
    return [refuse('spec.dependsOn', round[1], detail, 'remove one of these dependencies')];
  },
};

function keyOf({ metadata }: ReviewedObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}

function dependenciesOf(object: ReviewedObject): string[] {
  const own = object.metadata.namespace ?? '';
  return fieldsAt(object, 'spec.dependsOn[]').map(({ value }) => {
    const { name, namespace = own } = value as Reference;
    return `${namespace}/${name}`;
  });
}
