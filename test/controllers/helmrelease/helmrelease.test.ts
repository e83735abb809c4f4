// How a HelmRelease names what it refers to.
import assert from 'node:assert/strict';
import { dependencyKeys } from '#controllers/helmrelease/helmrelease';

describe('dependencies of a HelmRelease', () => {
  it('are in its own namespace, unless they name another', () => {
    const dependsOn = [{ name: 'a' }, { name: 'b', namespace: '' }, { name: 'c', namespace: 'infra' }];
    const metadata = { name: 'web', namespace: 'apps' };
    assert.deepEqual(dependencyKeys({ metadata, spec: { interval: '1m', dependsOn } }), [
      'apps/a',
      'apps/b',
      'infra/c',
    ]);
  });
});
