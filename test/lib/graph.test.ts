// Graphs by name: dependencies before dependents.
import assert from 'node:assert/strict';
import { dependenciesFirst } from '#lib/graph';

const graphOf = (edges: Record<string, readonly string[]>): Map<string, readonly string[]> =>
  new Map(Object.entries(edges));

describe('dependenciesFirst', () => {
  it('orders what is reached, each once', () => {
    const graph = graphOf({ app: ['db', 'cache'], db: ['infra'], cache: ['infra'], other: [] });
    assert.deepEqual(dependenciesFirst(graph, ['app', 'other', 'db']), ['infra', 'db', 'cache', 'app', 'other']);
  });

  it('gives all of a cycle', () => {
    const order = dependenciesFirst(graphOf({ a: ['b'], b: ['a', 'c'] }), ['a', 'b']);
    assert.deepEqual(order.toSorted(), ['a', 'b', 'c']);
    assert.equal(order[0], 'c');
  });
});
