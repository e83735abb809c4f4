// The source of a chart: whether it may be used and is ready, and what its revision makes of the chart's version.
import assert from 'node:assert/strict';
import type { Artifact } from '#api/source/shared';
import type { HelmReleaseDraft } from '#controllers/helmrelease/helmrelease';
import { chartRevision, type ChartSource, crossNamespaceProblem, lookUpSource } from '#controllers/helmrelease/source';

const hex = '0123456789abcdef'.repeat(4);
const digest = `sha256:${hex}`;

function artifact(revision = '1.0.0'): Artifact {
  return { revision, digest, path: '', url: '', lastUpdateTime: '', size: 0 };
}

function release(spec: object): HelmReleaseDraft {
  return {
    apiVersion: '',
    kind: 'HelmRelease',
    metadata: { name: 'web', namespace: 'apps' },
    spec: { interval: '1h', ...spec },
  };
}

const template = (namespace?: string): object => ({
  chart: {
    spec: { chart: 'site', sourceRef: { kind: 'HelmRepository', name: 'charts', ...(namespace && { namespace }) } },
  },
});

function told(revision: string, kind: string, own: string): string {
  const { version, ociDigest } = chartRevision(artifact(revision), kind, own);
  return `${version ?? 'own'}, ${ociDigest}`;
}

describe('version of a chart', () => {
  for (const { title, kind = 'OCIRepository', revision, own = '1.2.3', want } of [
    { title: 'of a HelmChart is its own', kind: 'HelmChart', revision: '1.2.3', want: 'own, ' },
    { title: 'of a tag tells its digest', revision: `1.2.3@${digest}`, want: `1.2.3+0123456789ab, ${digest}` },
    {
      title: 'of a tag without a version does so, too',
      revision: `latest@${digest}`,
      want: `1.2.3+0123456789ab, ${digest}`,
    },
    { title: 'of a digest alone does so, too', revision: digest, want: `1.2.3+0123456789ab, ${digest}` },
    {
      title: 'has metadata only once',
      revision: `1.2.3_build.7@${digest}`,
      own: '1.2.3+build.7',
      want: `1.2.3+0123456789ab, ${digest}`,
    },
    {
      title: 'is written as versions are',
      revision: `v1.2@${digest}`,
      own: 'v1.2',
      want: `1.2.0+0123456789ab, ${digest}`,
    },
    {
      title: 'keeps that it is a pre-release',
      revision: `1.2.3-rc.1@${digest}`,
      own: '1.2.3-rc.1',
      want: `1.2.3-rc.1+0123456789ab, ${digest}`,
    },
    { title: 'of an artifact with a version is its own', kind: 'ExternalArtifact', revision: '1.2.3', want: 'own, ' },
    {
      title: 'of an artifact with a digest tells it',
      kind: 'ExternalArtifact',
      revision: `main@${digest}`,
      want: `1.2.3+0123456789ab, ${digest}`,
    },
    {
      title: 'is not that of another tag',
      revision: `1.2.4@${digest}`,
      want: 'artifact revision 1.2.4 does not match chart version 1.2.3',
    },
    {
      title: 'is not that of a tag without a digest',
      revision: '1.2.3',
      want: 'artifact revision 1.2.3 does not match chart version 1.2.3',
    },
    { title: 'is none that no version is', own: 'new', revision: digest, want: 'invalid chart version new' },
    { title: 'needs a digest of some length', revision: 'sha256:0123', want: 'invalid artifact revision sha256:0123' },
    { title: 'needs a digest', revision: 'latest', want: 'invalid artifact revision latest' },
  ]) {
    it(title, () => {
      if (/^(own|\d)/.test(want)) assert.equal(told(revision, kind, own), want);
      else assert.throws(() => told(revision, kind, own), { message: want });
    });
  }
});

function condition(type: string, status: 'True' | 'False', message: string): object {
  return { type, status, reason: 'x', message, lastTransitionTime: '' };
}

describe('source of a chart', () => {
  const notReady = "HelmChart 'apps/apps-web' is not ready:";
  const current = { observedGeneration: 2, artifact: artifact() };
  for (const { title, spec = template(), status, want } of [
    { title: 'is ready', status: current, want: 'found HelmChart' },
    {
      title: 'is good enough with an artifact, ready or not',
      status: { ...current, conditions: [condition('Ready', 'False', 'no connection')] },
      want: 'found HelmChart',
    },
    {
      title: 'is not there',
      want: 'failed could not get Source object: helmcharts.source.toolkit.fluxcd.io "apps-web" not found',
    },
    {
      title: 'was not looked at yet',
      status: { ...current, observedGeneration: 1 },
      want: `unready ${notReady} latest generation of object has not been reconciled`,
    },
    {
      title: 'was not looked at yet, and says what is wrong',
      status: { ...current, observedGeneration: 1, conditions: [condition('Ready', 'False', 'no connection')] },
      want: `unready ${notReady} no connection`,
    },
    {
      title: 'is stalled',
      status: { ...current, conditions: [condition('Stalled', 'True', 'no such chart')] },
      want: `unready ${notReady} no such chart`,
    },
    {
      title: 'has no artifact',
      status: { observedGeneration: 2 },
      want: `unready ${notReady} does not have an artifact`,
    },
    {
      title: 'has an artifact, which is all that is asked of one made elsewhere',
      spec: { chartRef: { kind: 'ExternalArtifact', name: 'made' } },
      status: { artifact: artifact() },
      want: 'found ExternalArtifact',
    },
    {
      title: 'is of a kind nobody serves here',
      spec: { chartRef: { kind: 'Bucket', name: 'made' } },
      want: "denied can't access 'Bucket/apps/made': spec.chartRef.kind 'Bucket' is not supported",
    },
  ]) {
    it(title, () => {
      const cache = {
        get: (): ChartSource | undefined =>
          status && ({ metadata: { name: 'x', generation: 2 }, status } as unknown as ChartSource),
      };
      const kinds = ['HelmChart', 'OCIRepository', 'ExternalArtifact'].map((kind) => [kind, cache] as const);
      const lookup = lookUpSource(release(spec), new Map(kinds));
      const said = 'found' in lookup ? `found ${lookup.kind}` : Object.entries(lookup).flat().join(' ');
      assert.equal(said, want);
    });
  }

  it('may be one of another namespace, or not', () => {
    assert.equal(crossNamespaceProblem(release(template())), undefined);
    assert.equal(crossNamespaceProblem(release(template('apps'))), undefined);
    assert.equal(
      crossNamespaceProblem(release(template('infra'))),
      'cross-namespace references are not allowed: cannot access HelmChart infra/apps-web',
    );
    assert.equal(
      crossNamespaceProblem(release({ chartRef: { kind: 'OCIRepository', name: 'site', namespace: 'infra' } })),
      'cross-namespace references are not allowed: cannot access OCIRepository infra/site',
    );
  });
});
