// Graphs by name: cycles as the path that closes them, and dependencies before dependents.
import assert from 'node:assert/strict';
import { dependenciesFirst, findCycle } from '#lib/graph';

const graphOf = (edges: Record<string, readonly string[]>): Map<string, readonly string[]> =>
  new Map(Object.entries(edges));

describe('findCycle', () => {
  for (const [what, edges, start, cycle] of [
    ['none in a chain', { a: ['b'], b: ['c'] }, 'a', undefined],
    ['none in a diamond', { a: ['b', 'c'], b: ['d'], c: ['d'] }, 'a', undefined],
    ['one on itself', { a: ['a'] }, 'a', ['a', 'a']],
    ['one of three', { a: ['b'], b: ['c'], c: ['a'] }, 'a', ['a', 'b', 'c', 'a']],
    ['one further on, without the way to it', { a: ['b'], b: ['c'], c: ['b'] }, 'a', ['b', 'c', 'b']],
    ['one behind a dead end', { a: ['x', 'b'], x: ['y'], b: ['a'] }, 'a', ['a', 'b', 'a']],
    ['none that cannot be reached', { a: [], b: ['b'] }, 'a', undefined],
    ['none of an unknown start', {}, 'a', undefined],
    ['one through a name such as __proto__', { __proto__x: ['a'], a: ['__proto__x'] }, 'a', ['a', '__proto__x', 'a']],
  ] as const) {
    it(`finds ${what}`, () => {
      assert.deepEqual(findCycle(graphOf(edges), start), cycle);
    });
  }

  it('takes a chain of any length', () => {
    const chain = new Map(Array.from({ length: 20_000 }, (_, i) => [`n${i}`, [`n${i + 1}`]]));
    assert.equal(findCycle(chain, 'n0'), undefined);
    chain.set('n20000', ['n0']);
    assert.equal(findCycle(chain, 'n0')?.length, 20_002);
  });
});

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
