// The register of kinds.
import assert from 'node:assert/strict';
import { crdName } from '#api/derive/crd';
import { parseApiVersion } from '#api/group-version';
import { allKinds, kindOf, versionOf } from '#api/scheme';

describe('scheme', () => {
  it('finds kinds by group and kind', () => {
    const found = kindOf('kustomize.toolkit.fluxcd.io', 'Kustomization');
    assert.equal(found?.plural, 'kustomizations');
    assert.equal(kindOf('kustomize.config.k8s.io', 'Kustomization'), undefined);
  });

  it('tells the version an object has, and that it has none of ours', () => {
    const found = versionOf({ apiVersion: 'helm.toolkit.fluxcd.io/v2beta2', kind: 'HelmRelease' });
    assert.equal(found?.version.deprecationWarning, 'v2beta2 HelmRelease is deprecated, upgrade to v2');
    assert.equal(versionOf({ apiVersion: 'helm.toolkit.fluxcd.io/v2beta1', kind: 'HelmRelease' }), undefined);
    assert.equal(versionOf({ apiVersion: 'v1', kind: 'Secret' }), undefined);
    assert.equal(versionOf({ apiVersion: 1, kind: {} }), undefined);
  });

  it('reads the apiVersion of the core group', () => {
    assert.deepEqual(parseApiVersion('v1'), { group: '', version: 'v1' });
  });

  it('has each name once, and one storage version for each kind', () => {
    const names = allKinds.map(crdName);
    assert.equal(new Set(names).size, names.length);
    const words = allKinds.flatMap(({ kind, plural, shortNames = [] }) => [kind.toLowerCase(), plural, ...shortNames]);
    assert.equal(new Set(words).size, words.length);
    for (const { kind, versions } of allKinds) {
      assert.equal(versions.filter(({ storage }) => storage === true).length, 1, kind);
    }
  });
});
