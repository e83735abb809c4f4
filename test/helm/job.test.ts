// A render as a job: caching by digest, lookups across threads, records.
import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import { ChartCache } from '#helm/engine/index';
import { decodeRelease, encodeRelease, type HelmJobInput, type HelmJobOutput, serveLookups } from '#helm/index';
import { renderJob } from '#helm/job';
import { WorkerPool } from '#workers/pool';
import { chartArchive } from './support/archive.ts';

const release = { name: 'rel', namespace: 'ns', revision: 3, isUpgrade: true };
const job = new URL('../../src/helm/job.ts', import.meta.url);

function inputOf(template: string, more: Partial<HelmJobInput> = {}): HelmJobInput {
  return {
    source: { archive: chartArchive({ 'templates/a.yaml': template, 'values.yaml': 'a: 1\n' }) },
    digest: template,
    values: {},
    release,
    ...more,
  };
}

describe('helm render job', function () {
  this.timeout(30_000);

  it('returns manifests, hooks, CRDs, notes and warnings', () => {
    const archive = chartArchive({
      'templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Revision }}"}\n',
      'templates/h.yaml':
        'kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: "pre-install, post-upgrade", helm.sh/hook-weight: "2"}}\n',
      'templates/u.yaml': 'kind: Job\nmetadata: {annotations: {helm.sh/hook: nope}}\n',
      'templates/NOTES.txt': 'Hello {{ .Release.Name }}\n',
      'crds/c.yaml': 'kind: CustomResourceDefinition\n',
    });
    const out = renderJob({ ...inputOf(''), source: { archive } }, { charts: new ChartCache(), maxOutput: 1e6 });
    assert.deepEqual(
      out.manifests.map(({ path, head }) => [path, head.kind, head.name]),
      [['c/templates/a.yaml', 'ConfigMap', '3']],
    );
    assert.deepEqual(
      out.hooks.map(({ name, events, weight }) => [name, events, weight]),
      [['h', ['pre-install', 'post-upgrade'], 2]],
    );
    assert.deepEqual(out.crds, [{ path: 'c/crds/c.yaml', content: 'kind: CustomResourceDefinition\n' }]);
    assert.equal(out.notes, 'Hello rel\n');
    assert.deepEqual(
      out.warnings.map(({ message }) => message),
      ['info: skipping unknown hook: "nope"'],
    );
  });

  it('reads a chart once for each digest', () => {
    const charts = new ChartCache();
    const first = inputOf('a: {{ .Values.a }}');
    renderJob(first, { charts, maxOutput: 1e6 });
    // What is not a chart at all is never looked at again.
    const second = renderJob(
      { ...first, source: { archive: Buffer.from('broken') }, values: { a: 2 } },
      { charts, maxOutput: 1e6 },
    );
    assert.equal(second.manifests[0]?.content, 'a: 2');
  });

  it('leaves no trace of one render in the next', () => {
    const charts = new ChartCache();
    const input = inputOf(
      '{{ $_ := set .Values "b" "{{ .Release.Name }}" }}{{ $_ := set . "Extra" 1 }}a: {{ .Values | toJson }}',
    );
    const render = (): string | undefined => renderJob(input, { charts, maxOutput: 1e6 }).manifests[0]?.content;
    assert.equal(render(), render());
    assert.equal(
      renderJob(inputOf('a: {{ .Extra }}{{ .Values.b }}'), { charts, maxOutput: 1e6 }).manifests[0]?.content,
      'a:',
    );
  });

  it('bounds what templates produce', () => {
    assert.throws(
      () => renderJob(inputOf('{{ repeat 2000 "x" }}'), { charts: new ChartCache(), maxOutput: 1000 }),
      /more than the allowed 1000/,
    );
  });

  it('answers lookups from the main thread while the worker waits', async () => {
    const pool = new WorkerPool({ threads: 1 });
    const { port1, port2 } = new MessageChannel();
    const signal = new SharedArrayBuffer(4);
    const asked: unknown[] = [];
    serveLookups(port1, signal, async (query) => {
      asked.push(query);
      if (query.kind === 'Broken') throw new Error('unable to get apiresource from unstructured: Broken');
      return query.name === 'there' ? { data: { n: 1_000_000, f: 1.5 } } : undefined;
    });
    try {
      const template =
        'a: {{ (lookup "v1" "Secret" "ns" "there").data.n }}\nb: {{ lookup "v1" "Secret" "ns" "gone" | toJson }}\n';
      const output = await pool.run<HelmJobOutput>(
        job,
        { ...inputOf(template), lookup: { port: port2, signal } },
        { transfer: [port2] },
      );
      assert.equal(output.manifests[0]?.content, 'a: 1000000\nb: {}');
      assert.deepEqual(asked, [
        { apiVersion: 'v1', kind: 'Secret', namespace: 'ns', name: 'there' },
        { apiVersion: 'v1', kind: 'Secret', namespace: 'ns', name: 'gone' },
      ]);
    } finally {
      port1.close();
      await pool.close();
    }
  });

  it('records the chart as a release keeps it', () => {
    const { recorded } = renderJob({ ...inputOf('a: 1'), record: true }, { charts: new ChartCache(), maxOutput: 1e6 });
    assert.deepEqual(recorded?.metadata, { name: 'c', version: '1.0.0', apiVersion: 'v2' });
    assert.deepEqual(recorded?.values, { a: 1 });
    assert.equal(recorded?.lock, null);
    assert.equal(Buffer.from(recorded?.templates?.[0]?.data ?? '', 'base64').toString(), 'a: 1');
    const record = {
      name: 'rel',
      info: { first_deployed: '2024-01-01T00:00:00Z', last_deployed: '', deleted: '', status: 'deployed' as const },
      ...(recorded !== undefined && { chart: recorded }),
      config: { b: '<&>', a: { z: 1, y: null } },
      manifest: '---\n# Source: c/templates/a.yaml\na: 1\n',
      version: 1,
      namespace: 'ns',
    };
    assert.deepEqual(decodeRelease(encodeRelease(record)), record);
  });
});
