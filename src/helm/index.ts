// The light face of the Helm engine: types, release records, values, order. What renders is behind ./engine/index.ts,
// which loads every template function: a server imports this one, workers and commands both.
export type { Chart, Crd, Dependency, Lock, Maintainer, Metadata, RawFile } from './chart/chart.ts';
export type { HelmMajor } from './chart/files-to-chart.ts';
export { manifestParts, manifestText } from './manifest/text.ts';
export type { Rendered, RenderableChart, RenderInput } from './render-chart.ts';
export {
  type Capabilities,
  defaultApiVersions,
  defaultCapabilities,
  type HelmVersion,
  type KubeVersion,
  KubeVersionError,
  parseKubeVersion,
} from './engine/capabilities.ts';
export type { Lookup } from './engine/host.ts';
export type { ReleaseOptions } from './engine/template-sources.ts';
export type { LookupQuery } from './functions/hooks.ts';
export { type Hook, type HookEvent, isHook, isTestHook, toHook } from './manifest/hooks.ts';
export { installOrder, type KindOrder, sortByKind, uninstallOrder } from './manifest/order.ts';
export { type ManifestHead, parseHead } from './manifest/head.ts';
export type { Manifest } from './manifest/sort.ts';
export { splitManifests } from './manifest/split.ts';
export { checkReleaseName, ReleaseNameError } from './release-name.ts';
export { mergeMaps } from './values/documents.ts';
export { reusedConfig } from './values/reuse.ts';
export { parseSet, parseSetFile, parseSetJson, parseSetLiteral, parseSetString } from './values/strvals.ts';
export { StrvalsError } from './values/strvals-errors.ts';
export type { ValuesMap } from './values/values-map.ts';
export { type HelmWarning, ignoreWarnings, warningLine, type WarningSink } from './warnings.ts';
export { trimSpace } from './manifest/whitespace.ts';
export { type AsyncLookup, type LookupChannel, lookupOver, serveLookups, toTemplateObject } from './lookup-bridge.ts';
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
