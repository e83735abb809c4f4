// A render: what comes of it, what renders of one chart share, and what a record keeps.
import assert from 'node:assert/strict';
import { ChartCache, loadArchive, recordedChart, renderable, renderChart } from '#helm/engine/index';
import { decodeRelease, encodeRelease, type HelmWarning, type RenderableChart, type RenderInput } from '#helm/index';
import { chartArchive } from './support/archive.ts';

const release = { name: 'rel', namespace: 'ns', revision: 3, isUpgrade: true };

function archiveOf(template: string): Buffer {
  return chartArchive({ 'templates/a.yaml': template, 'values.yaml': 'a: 1\n' });
}

function firstOf(chart: RenderableChart, more: Partial<RenderInput> = {}): string | undefined {
  return renderChart(chart, { values: {}, release, ...more }).manifests[0]?.content;
}

describe('helm render', () => {
  it('returns manifests, hooks, CRDs, notes and warnings', () => {
    const archive = chartArchive({
      'templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Revision }}"}\n',
      'templates/h.yaml':
        'kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: "pre-install, post-upgrade", helm.sh/hook-weight: "2"}}\n',
      'templates/u.yaml': 'kind: Job\nmetadata: {annotations: {helm.sh/hook: nope}}\n',
      'templates/NOTES.txt': 'Hello {{ .Release.Name }}\n',
      'crds/c.yaml': 'kind: CustomResourceDefinition\n',
    });
    const warnings: HelmWarning[] = [];
    const warn = (warning: HelmWarning): void => void warnings.push(warning);
    const out = renderChart(renderable(loadArchive(archive)), { values: {}, release, warn });
    assert.deepEqual(
      out.manifests.map(({ path, head }) => [path, head.kind, head.name]),
      [['c/templates/a.yaml', 'ConfigMap', '3']],
    );
    assert.deepEqual(
      out.hooks.map(({ name, events, weight }) => [name, events, weight]),
      [['h', ['pre-install', 'post-upgrade'], 2]],
    );
    assert.deepEqual(
      out.crds.map(({ path, data }) => [path, data.toString('utf8')]),
      [['c/crds/c.yaml', 'kind: CustomResourceDefinition\n']],
    );
    assert.equal(out.notes, 'Hello rel\n');
    assert.deepEqual(
      warnings.map(({ message }) => message),
      ['info: skipping unknown hook: "nope"'],
    );
  });

  it('reads a chart once for each digest', () => {
    const charts = new ChartCache();
    const first = charts.get('d', () => loadArchive(archiveOf('a: {{ .Values.a }}')));
    const second = charts.get('d', () => assert.fail('the chart is known'));
    assert.equal(firstOf(first), 'a: 1');
    assert.equal(firstOf(second, { values: { a: 2 } }), 'a: 2');
  });

  it('leaves no trace of one render in the next', () => {
    const chart = renderable(
      loadArchive(
        archiveOf(
          '{{ $_ := set .Values "b" "{{ .Release.Name }}" }}{{ $_ := set . "Extra" 1 }}a: {{ .Values | toJson }}',
        ),
      ),
    );
    assert.equal(firstOf(chart), firstOf(chart));
    const another = renderable(loadArchive(archiveOf('a: {{ .Extra }}{{ .Values.b }}')));
    assert.equal(firstOf(another), 'a:');
  });

  it('bounds what templates produce', () => {
    const chart = renderable(loadArchive(archiveOf('{{ repeat 2000 "x" }}')));
    assert.throws(() => firstOf(chart, { limits: { maxOutput: 1000 } }), /more than the allowed 1000/);
  });

  it('records the chart as a release keeps it', () => {
    const chart = loadArchive(archiveOf('a: 1'));
    const { root } = renderChart(renderable(chart), { values: {}, release });
    // As it comes out of a worker.
    const recorded = structuredClone(recordedChart(chart, root));
    assert.deepEqual(recorded.metadata, { name: 'c', version: '1.0.0', apiVersion: 'v2' });
    assert.deepEqual(recorded.values, { a: 1 });
    assert.equal(recorded.lock, null);
    assert.equal(Buffer.from(recorded.templates?.[0]?.data ?? '', 'base64').toString(), 'a: 1');
    const record = {
      name: 'rel',
      info: { first_deployed: '2024-01-01T00:00:00Z', last_deployed: '', deleted: '', status: 'deployed' as const },
      chart: recorded,
      config: { b: '<&>', a: { z: 1, y: null } },
      manifest: '---\n# Source: c/templates/a.yaml\na: 1\n',
      version: 1,
      namespace: 'ns',
    };
    assert.deepEqual(decodeRelease(encodeRelease(record)), record);
  });

  it('records maps, lists and dependencies of the metadata as Helm does', () => {
    const metadata = [
      'apiVersion: v2',
      'name: c',
      'version: 1.0.0',
      'annotations: {b: "1", a: "2"}',
      'keywords: [k]',
      'maintainers: [{name: jane, url: "https://example.com"}]',
      'dependencies: [{name: d, version: 1.x, repository: "", alias: e, tags: [t], condition: e.enabled}]',
    ];
    const subchart = 'apiVersion: v2\nname: d\nversion: 1.0.0\n';
    const chart = loadArchive(chartArchive({ 'Chart.yaml': metadata.join('\n'), 'charts/d/Chart.yaml': subchart }));
    const { root } = renderChart(renderable(chart), { values: {}, release });
    const recorded = structuredClone(recordedChart(chart, root));
    assert.deepEqual(recorded.metadata, {
      name: 'c',
      version: '1.0.0',
      keywords: ['k'],
      maintainers: [{ name: 'jane', url: 'https://example.com' }],
      apiVersion: 'v2',
      annotations: { a: '2', b: '1' },
      dependencies: [
        { name: 'e', version: '1.x', repository: '', condition: 'e.enabled', tags: ['t'], enabled: true, alias: 'e' },
      ],
    });
  });
});
