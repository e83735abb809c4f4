// The static types that come from the declarations: what must compile, and what must not.
import assert from 'node:assert/strict';
import type { GitRepository } from '#api/source/gitrepository';
import type { Kustomization } from '#api/kustomize/kustomization';

const metadata = { name: 'app', namespace: 'apps' };

describe('static types of the kinds', () => {
  it('demand what is required and leave out what is optional', () => {
    const repository: GitRepository = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata,
      spec: { url: 'https://example.com/r.git', interval: '5m', verify: { secretRef: { name: 'keys' } } },
    };
    const branch: string | undefined = repository.spec.ref?.branch;
    assert.equal(branch, undefined);

    // @ts-expect-error interval is required
    const incomplete: GitRepository['spec'] = { url: 'https://example.com/r.git' };
    assert.ok(incomplete);
  });

  it('narrow words to the ones allowed', () => {
    const provider: GitRepository['spec']['provider'] = 'azure';
    assert.ok(provider);
    // @ts-expect-error not one of the providers
    const wrong: GitRepository['spec']['provider'] = 'gitea';
    assert.ok(wrong);
  });

  it('refuse unknown fields, undefined for absent, and writing into a shared object', () => {
    const source: Kustomization['spec']['sourceRef'] = { kind: 'GitRepository', name: 'app' };
    // @ts-expect-error an absent field is left out, not undefined
    const undefinedField: Kustomization['spec']['sourceRef'] = {
      kind: 'GitRepository',
      name: 'a',
      namespace: undefined,
    };
    // @ts-expect-error no such field
    const unknownField: Kustomization['spec']['sourceRef'] = { kind: 'GitRepository', name: 'a', branch: 'main' };
    assert.ok(undefinedField && unknownField);
    const frozen = Object.freeze({ ...source });
    assert.throws(() => {
      // @ts-expect-error objects are read-only
      frozen.name = 'other';
    }, TypeError);
  });
});
