// The charts of `sluice kustomize build --enable-helm`, rendered by the Helm engine.
import { checkInstallable, loadChart, mergeUserValues, renderable, renderChart } from '#helm/engine/index';
import { defaultCapabilities, isTestHook, manifestText, parseKubeVersion, trimSpace } from '#helm/index';
import type { ChartRenderer, ChartRequest } from '#kustomize/index';

const HELM = 3;

export function localCharts(): ChartRenderer {
  return { render: (request) => Promise.resolve(renderLocal(request)) };
}

/** What `helm template` prints. */
function renderLocal(request: ChartRequest): string {
  const chart = renderable(loadChart(request.chartDir, { helm: HELM }), { helm: HELM });
  checkInstallable(chart.chart);
  const known = defaultCapabilities(HELM);
  const rendered = renderChart(chart, {
    values: valuesOf(request.values),
    release: {
      name: request.releaseName === '' ? 'release-name' : request.releaseName,
      namespace: request.namespace === '' ? 'default' : request.namespace,
      revision: 1,
      isUpgrade: false,
    },
    capabilities: {
      ...known,
      kubeVersion: request.kubeVersion === '' ? known.kubeVersion : parseKubeVersion(request.kubeVersion, HELM),
      apiVersions: [...known.apiVersions, ...request.apiVersions],
    },
    helm: HELM,
  });
  let output = `${trimSpace(manifestText(rendered.manifests, request.includeCRDs ? rendered.crds : []))}\n`;
  for (const hook of request.skipHooks ? [] : rendered.hooks) {
    if (request.skipTests && isTestHook(hook)) continue;
    output += `---\n# Source: ${hook.path}\n${hook.manifest}\n`;
  }
  return output;
}

function valuesOf(texts: readonly string[]): ReturnType<typeof mergeUserValues> {
  const files = texts.map((_, i) => `values-${i}.yaml`);
  return mergeUserValues(
    { files, json: [], set: [], strings: [], fromFiles: [], literals: [] },
    { helm: HELM, readFile: (name) => texts[files.indexOf(name)] ?? '' },
  );
}
