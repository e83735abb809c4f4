// The face of the Helm engine that renders: load a chart, coalesce values, render, split.
//
//   const chart = renderable(loadChart('chart.tgz'));          // keep it: the second render parses nothing
//   const out = renderChart(chart, { values: {}, release: { name: 'x', namespace: 'default', revision: 1, isUpgrade: false } });
export { loadArchive, loadChart, type LoadOptions, checkInstallable, missingDependencies } from '../chart/load.ts';
export { ChartError } from '../chart/errors.ts';
export { type ChartLimits, defaultChartLimits } from '../chart/limits.ts';
export {
  type PreparedRender,
  prepareRender,
  type Rendered,
  renderable,
  type RenderableChart,
  type RenderableOptions,
  renderChart,
  type RenderInput,
  renderPrepared,
} from '../render-chart.ts';
export { RenderError } from './errors.ts';
export { nameFromTemplate } from './name-template.ts';
export { type Manifest, ManifestError, sortManifests } from '../manifest/sort.ts';
export { mergeUserValues, type UserValues, UserValuesError } from '../values/user-values.ts';
export { SchemaViolation } from '../values/schema/validate-values.ts';
export { showOnly, TemplateNotFoundError } from '../manifest/show-only.ts';
export { systemError } from '../chart/directory.ts';
export { ChartCache, type ChartCacheOptions } from '../chart-cache.ts';
export { recordedChart } from '../release/recorded-chart.ts';
export { unpackChart } from '../release/packed.ts';
export { type ReusedRelease, reuseValues } from '../values/reuse.ts';
