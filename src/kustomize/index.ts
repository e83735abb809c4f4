// The kustomize engine: overlays built as `kustomize build` does.
export { build, buildLocal, Built, type BuildRequest } from './build.ts';
export type { BuildOptions, HelmOptions } from './context.ts';
export { ParseCache } from './documents.ts';
export { KustomizeError } from './errors.ts';
export { readArchive } from './files/archive.ts';
export { DiskFiles } from './files/disk.ts';
export type { FileSystem } from './files/file-system.ts';
export { MemoryFiles } from './files/memory.ts';
export { RootedFiles } from './files/rooted.ts';
export type { ChartRenderer, ChartRequest } from './generate/charts.ts';
export { applyCommonMetadata, generateRoot, type GenerateOptions, type RootSpec } from './generate-root.ts';
export type { KustomizeJobInput, KustomizeJobOutput } from './job.ts';
export { DEFAULT_LIMITS, type BuildLimits } from './limits.ts';
export { fileReferences, type FileReference } from './references.ts';
export type { Clone, LoadRestrictions, Remote } from './loader.ts';
export type { RepoSpec } from './repo-spec.ts';
