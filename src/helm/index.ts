// The public face of the Helm engine: load a chart, coalesce values, render, split, store.
//
//   const chart = renderable(loadChart('chart.tgz'));          // keep it: the second render parses nothing
//   const out = renderChart(chart, { values: {}, release: { name: 'x', namespace: 'default', revision: 1, isUpgrade: false } });
//   out.manifests, out.hooks, out.notes, out.crds; manifestText(out.manifests)
export { loadArchive, loadChart, type LoadOptions, checkInstallable, missingDependencies } from './chart/load.ts';
export type { Chart, Crd, Dependency, Lock, Maintainer, Metadata, RawFile } from './chart/chart.ts';
export type { HelmMajor } from './chart/files-to-chart.ts';
export { ChartError } from './chart/errors.ts';
export { type ChartLimits, defaultChartLimits } from './chart/limits.ts';
export {
  manifestParts,
  manifestText,
  type PreparedRender,
  prepareRender,
  type Rendered,
  renderable,
  type RenderableChart,
  type RenderableOptions,
  renderChart,
  type RenderInput,
  renderPrepared,
} from './render-chart.ts';
export {
  type Capabilities,
  defaultApiVersions,
  defaultCapabilities,
  type HelmVersion,
  type KubeVersion,
  KubeVersionError,
  parseKubeVersion,
} from './engine/capabilities.ts';
export { RenderError } from './engine/errors.ts';
export type { Lookup } from './engine/host.ts';
export type { ReleaseOptions } from './engine/template-sources.ts';
export type { LookupQuery } from './functions/hooks.ts';
export { type Hook, type HookEvent, hooksToRun, isTestHook } from './manifest/hooks.ts';
export { installOrder, type KindOrder, sortByKind, uninstallOrder } from './manifest/order.ts';
export { type Manifest, ManifestError, sortManifests } from './manifest/sort.ts';
export { type ManifestHead, parseHead } from './manifest/head.ts';
export { splitManifests } from './manifest/split.ts';
export { checkReleaseName, ReleaseNameError } from './release-name.ts';
export { mergeMaps } from './values/documents.ts';
export { mergeUserValues, type UserValues, UserValuesError } from './values/user-values.ts';
export { parseSet, parseSetFile, parseSetJson, parseSetLiteral, parseSetString } from './values/strvals.ts';
export { StrvalsError } from './values/strvals-errors.ts';
export { SchemaViolation } from './values/schema/validate-values.ts';
export type { ValuesMap } from './values/values-map.ts';
export { type HelmWarning, ignoreWarnings, warningLine, type WarningSink } from './warnings.ts';
export { showOnly, TemplateNotFoundError } from './manifest/show-only.ts';
export { trimSpace } from './manifest/whitespace.ts';
export { systemError } from './chart/directory.ts';
export { ChartCache, type ChartCacheOptions } from './chart-cache.ts';
export { type AsyncLookup, type LookupChannel, lookupOver, serveLookups, toTemplateObject } from './lookup-bridge.ts';
export type { ChartSource, HelmJobInput, HelmJobOutput } from './job.ts';
export { decodeRelease, encodeRelease, ReleaseCodecError } from './release/codec.ts';
export {
  assembleRelease,
  metadataOnly,
  packBody,
  packChart,
  type PackedParts,
  type RecordFrame,
  type UnpackedRelease,
  unpackRelease,
} from './release/packed.ts';
export { recordedChart } from './release/recorded-chart.ts';
export type {
  HookPhase,
  RecordedChart,
  RecordedFile,
  RecordedHook,
  ReleaseInfo,
  ReleaseRecord,
  ReleaseStatus,
} from './release/record.ts';
export {
  type ReleaseLabels,
  releaseLabels,
  releaseSecretName,
  releaseSecretType,
  releaseSelector,
  systemLabels,
} from './release/secret.ts';
