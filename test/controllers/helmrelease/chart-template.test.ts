// The HelmChart of a chart template: how it is named and made, when it is written, and when it goes.
import assert from 'node:assert/strict';
import type { HelmChart } from '#api/source/helmchart';
import {
  deleteChart,
  deleteOwnChart,
  helmCharts,
  syncChart,
  type TemplateContext,
} from '#controllers/helmrelease/chart-template';
import type { HelmReleaseDraft } from '#controllers/helmrelease/helmrelease';
import type { KubeObject } from '#kube/object';
import { MemoryApi } from '#test/controllers/helmrelease/memory-api';

const sourceRef = { kind: 'HelmRepository', name: 'charts' } as const;

/** What one HelmRelease asks of a cluster, and the events it tells of. */
class Template {
  readonly api = new MemoryApi();
  readonly events: string[] = [];
  readonly object: HelmReleaseDraft;
  noCrossNamespaceRefs = false;

  constructor(spec: object, more: { readonly metadata?: object; readonly status?: object } = {}) {
    this.object = {
      apiVersion: '',
      kind: 'HelmRelease',
      metadata: { name: 'web', namespace: 'apps' },
      spec: { interval: '1h', chart: { spec: { chart: 'site', sourceRef, ...spec }, ...more.metadata } },
      status: { ...more.status },
    };
  }

  get context(): TemplateContext {
    const { api, events, noCrossNamespaceRefs } = this;
    const [namespace, name] = ['apps', 'apps-web'];
    return {
      client: api.client,
      charts: { get: () => api.objects.get(`helmcharts ${namespace}/${name}`) as (HelmChart & KubeObject) | undefined },
      noCrossNamespaceRefs,
      event: (severity, reason, message) => events.push(`${severity} ${reason}: ${message}`),
      signal: new AbortController().signal,
    };
  }

  /** What was written, and what was told. */
  async sync(): Promise<readonly string[]> {
    this.api.writes.length = 0;
    this.events.length = 0;
    await syncChart(this.object, this.context);
    return [...this.api.writes, ...this.events];
  }
}

const created = [
  'apply helmcharts/apps-web',
  "trace HelmChartCreated: Created HelmChart/apps/apps-web with SourceRef 'HelmRepository/apps/charts'",
];
const configured = [
  'apply helmcharts/apps-web',
  "trace HelmChartConfigured: Configured HelmChart/apps/apps-web with SourceRef 'HelmRepository/apps/charts'",
];

describe('HelmChart of a HelmRelease', () => {
  it('is named after it, and says so in its labels', async () => {
    const template = new Template({});
    assert.deepEqual(await template.sync(), created);
    const { resourceVersion: _version, ...metadata } = template.api.find('helmcharts', 'apps-web')!.metadata;
    assert.deepEqual(metadata, {
      name: 'apps-web',
      namespace: 'apps',
      labels: { 'helm.toolkit.fluxcd.io/name': 'web', 'helm.toolkit.fluxcd.io/namespace': 'apps' },
      finalizers: ['finalizers.fluxcd.io'],
    });
    assert.equal(template.object.status!.helmChart, 'apps/apps-web');
  });

  it('has the defaults of a chart, and the interval of its release', async () => {
    const template = new Template({});
    await template.sync();
    assert.deepEqual(template.api.find('helmcharts', 'apps-web')!['spec'], {
      chart: 'site',
      version: '*',
      sourceRef,
      interval: '1h',
      reconcileStrategy: 'ChartVersion',
    });
  });

  it('has all that the template says', async () => {
    const spec = {
      version: '1.x',
      interval: '5m',
      reconcileStrategy: 'Revision',
      valuesFiles: ['a.yaml'],
      ignoreMissingValuesFiles: true,
      verify: { provider: 'cosign', secretRef: { name: 'key' } },
    };
    const labels = { team: 'blue', 'helm.toolkit.fluxcd.io/name': 'mine' };
    const template = new Template(spec, { metadata: { metadata: { labels, annotations: { note: 'x' } } } });
    await template.sync();
    const chart = template.api.find('helmcharts', 'apps-web')!;
    assert.deepEqual(chart['spec'], { chart: 'site', sourceRef, ...spec });
    assert.deepEqual(chart.metadata.annotations, { note: 'x' });
    assert.deepEqual(chart.metadata.labels, {
      team: 'blue',
      'helm.toolkit.fluxcd.io/name': 'web',
      'helm.toolkit.fluxcd.io/namespace': 'apps',
    });
  });

  it('is where its source is, which is not told of the source itself', async () => {
    const template = new Template({ sourceRef: { ...sourceRef, namespace: 'infra' } });
    await template.sync();
    const chart = template.api.find('helmcharts', 'apps-web')!;
    assert.equal(chart.metadata.namespace, 'infra');
    assert.deepEqual((chart['spec'] as { sourceRef: object }).sourceRef, sourceRef);
    assert.match(template.events[0]!, /^trace HelmChartCreated: .* SourceRef 'HelmRepository\/infra\/charts'$/);
  });

  it('is written once, and again when somebody changed it or the template did', async () => {
    const template = new Template({});
    await template.sync();
    assert.deepEqual(await template.sync(), []);
    const chart = template.api.find('helmcharts', 'apps-web')!;
    template.api.put(helmCharts, { ...chart, spec: { ...(chart['spec'] as object), version: '2.x' } } as KubeObject);
    assert.deepEqual(await template.sync(), configured);
    assert.deepEqual(await template.sync(), []);
    template.object.spec.chart!.spec.version = '3.x';
    assert.deepEqual(await template.sync(), configured);
  });

  it('is applied where it has a label more, and told of only where that changes something', async () => {
    const template = new Template({});
    await template.sync();
    const chart = template.api.find('helmcharts', 'apps-web')!;
    const labels = { ...chart.metadata.labels, old: 'yes' };
    template.api.put(helmCharts, { ...chart, metadata: { ...chart.metadata, labels } });
    assert.deepEqual(await template.sync(), ['apply helmcharts/apps-web']);
  });

  it('goes when another is wanted, or none', async () => {
    const status = { helmChart: 'infra/apps-web' };
    const template = new Template({}, { status });
    template.api.put(helmCharts, { metadata: { name: 'apps-web', namespace: 'infra' } });
    assert.deepEqual(await template.sync(), [
      'delete helmcharts/apps-web',
      created[0],
      "trace HelmChartDeleted: deleted HelmChart 'infra/apps-web'",
      created[1],
    ]);
    delete template.object.spec.chart;
    assert.deepEqual(await template.sync(), [
      'delete helmcharts/apps-web',
      "trace HelmChartDeleted: deleted HelmChart 'apps/apps-web'",
    ]);
    assert.equal(template.object.status!.helmChart, undefined);
  });

  it('may be gone already', async () => {
    const template = new Template({}, { status: { helmChart: 'apps/apps-web' } });
    await deleteChart(template.object, template.context);
    assert.deepEqual(template.events, []);
    assert.equal(template.object.status!.helmChart, undefined);
  });

  it('stays where charts of other namespaces are not to be touched', async () => {
    const template = new Template({ sourceRef: { ...sourceRef, namespace: 'infra' } });
    template.api.put(helmCharts, { metadata: { name: 'apps-web', namespace: 'infra' } });
    template.noCrossNamespaceRefs = true;
    await deleteOwnChart(template.object, template.context);
    assert.deepEqual(template.api.writes, []);
    template.noCrossNamespaceRefs = false;
    await deleteOwnChart(template.object, template.context);
    assert.deepEqual(template.api.writes, ['delete helmcharts/apps-web']);
  });
});
