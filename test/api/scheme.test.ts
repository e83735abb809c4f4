// The register of kinds.
import assert from 'node:assert/strict';
import { crdName } from '#api/derive/crd';
import { parseApiVersion } from '#api/group-version';
import {
  allKinds,
  kindOf,
  kindOfResource,
  kindsNamed,
  storageApiVersion,
  storageGroupVersionKind,
  versionOf,
} from '#api/scheme';

describe('scheme', () => {
  it('finds kinds by group and kind, by resource, and by the words of a command line', () => {
    const found = kindOf('kustomize.toolkit.fluxcd.io', 'Kustomization');
    assert.ok(found);
    assert.equal(kindOfResource('kustomize.toolkit.fluxcd.io', 'kustomizations'), found);
    for (const word of ['Kustomization', 'kustomization', 'kustomizations', 'ks', 'KS']) {
      assert.deepEqual(kindsNamed(word), [found], word);
    }
    assert.equal(kindOf('kustomize.config.k8s.io', 'Kustomization'), undefined);
    assert.deepEqual(kindsNamed('pods'), []);
  });

  it('tells the version an object has, and that it has none of ours', () => {
    const found = versionOf({ apiVersion: 'helm.toolkit.fluxcd.io/v2beta2', kind: 'HelmRelease' });
    assert.equal(found?.version.deprecationWarning, 'v2beta2 HelmRelease is deprecated, upgrade to v2');
    assert.equal(versionOf({ apiVersion: 'helm.toolkit.fluxcd.io/v2beta1', kind: 'HelmRelease' }), undefined);
    assert.equal(versionOf({ apiVersion: 'v1', kind: 'Secret' }), undefined);
    assert.equal(versionOf({ apiVersion: 1, kind: {} }), undefined);
  });

  it('gives the version objects are written with', () => {
    const found = kindOf('helm.toolkit.fluxcd.io', 'HelmRelease');
    assert.ok(found);
    assert.equal(storageApiVersion(found), 'helm.toolkit.fluxcd.io/v2');
    assert.deepEqual(storageGroupVersionKind(found), {
      group: 'helm.toolkit.fluxcd.io',
      version: 'v2',
      kind: 'HelmRelease',
    });
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
