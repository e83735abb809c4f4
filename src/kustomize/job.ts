// A build as a worker job: an unpacked artifact and a spec in, objects out. Time and memory are bounded by the pool.
import path from 'node:path';
import type { GoObject } from '#goyaml/index';
import type { JobContext } from '#workers/job';
import { build, buildLocal, Built, type BuildRequest } from './build.ts';
import { ParseCache } from './documents.ts';
import { limitError } from './errors.ts';
import { DiskFiles } from './files/disk.ts';
import type { FileSystem } from './files/file-system.ts';
import { RootedFiles } from './files/rooted.ts';
import { generateRoot, type RootSpec } from './generate-root.ts';
import { DEFAULT_LIMITS, type BuildLimits } from './limits.ts';
import { RemoteOutcomes } from './remote/outcomes.ts';
import type { RemoteOutcome, RemoteRequest } from './remote/request.ts';

export interface KustomizeJobInput {
  /** The unpacked artifact; it is only read. */
  readonly directory: string;
  /** Below it, the directory to build. It cannot lead out. */
  readonly path: string;
  /** Merged into the kustomization file of the directory, or into one that is generated; absent: built as it is. */
  readonly spec?: RootSpec;
  /** @default 'fifo' */
  readonly sort?: 'legacy' | 'fifo';
  readonly managedByVersion?: string;
  readonly limits?: Partial<BuildLimits>;
  /** Also return the YAML text. @default false */
  readonly yaml?: boolean;
}

export interface KustomizeJobOutput {
  readonly objects: GoObject[];
  readonly yaml?: string;
  readonly warnings: readonly string[];
}

// One per worker thread, which lives as long as the module: builds over one artifact parse each file once.
const cache = new ParseCache();

export function run(input: KustomizeJobInput, context: JobContext): KustomizeJobOutput {
  return buildJob(input, { cache, maxOutputBytes: context.maxOutputBytes });
}

export interface BuildJobOptions {
  readonly cache: ParseCache;
  readonly maxOutputBytes: number;
  /** Where the artifact is read from. @default the disk */
  readonly files?: FileSystem;
}

/** An artifact with the kustomization file it is built with laid over it. */
export interface BuildRoot {
  readonly files: RootedFiles;
  /** Below the files' root: what is built. */
  readonly directory: string;
}

/** The job on a cache of the caller's. */
export function buildJob(input: KustomizeJobInput, options: BuildJobOptions): KustomizeJobOutput {
  return buildRoot(openRoot(input, options), input, options);
}

export function openRoot(input: KustomizeJobInput, options: BuildJobOptions): BuildRoot {
  const { fileBytes } = { ...DEFAULT_LIMITS, ...input.limits };
  const inner = options.files ?? new DiskFiles({ workingDirectory: input.directory, fileBytes });
  const files = new RootedFiles(inner, input.directory);
  const directory = path.posix.join(files.root, path.posix.resolve('/', input.path)).replace(/(?<=.)\/$/, '');
  if (input.spec !== undefined) generateRoot(files, directory, input.spec, { cache: options.cache });
  return { files, directory };
}

/** Builds what is all there. */
export function buildRoot(root: BuildRoot, input: KustomizeJobInput, options: BuildJobOptions): KustomizeJobOutput {
  const warnings: string[] = [];
  return outputOf(buildLocal(requestOf(root, input, { ...options, warnings })), input, { ...options, warnings });
}

/** Builds with what is remote, or tells what of it has to be fetched first. `outcomes` go by remoteId. */
export async function buildRootRemotely(
  root: BuildRoot,
  input: KustomizeJobInput,
  options: BuildJobOptions,
  outcomes: ReadonlyMap<string, RemoteOutcome>,
): Promise<KustomizeJobOutput | { readonly missing: RemoteRequest }> {
  const warnings: string[] = [];
  const remote = new RemoteOutcomes(outcomes);
  const request = requestOf(root, input, { ...options, warnings });
  const building = build({ ...request, options: { ...request.options, remote } });
  const result = await Promise.race([building, remote.asked]);
  return result instanceof Built ? outputOf(result, input, { ...options, warnings }) : { missing: result };
}

type Run = BuildJobOptions & { readonly warnings: string[] };

function requestOf({ files, directory }: BuildRoot, input: KustomizeJobInput, { cache, warnings }: Run): BuildRequest {
  return {
    files,
    path: directory,
    options: {
      loadRestrictions: 'none',
      sort: input.sort ?? 'fifo',
      limits: { ...DEFAULT_LIMITS, ...input.limits },
      cache,
      warn: (text) => warnings.push(text),
      ...(input.managedByVersion === undefined ? {} : { managedByVersion: input.managedByVersion }),
    },
  };
}

function outputOf(built: Built, input: KustomizeJobInput, { maxOutputBytes, warnings }: Run): KustomizeJobOutput {
  const yaml = input.yaml === true ? built.yaml() : undefined;
  if (yaml !== undefined && Buffer.byteLength(yaml) > maxOutputBytes) {
    throw limitError(`the build's result is larger than ${maxOutputBytes} bytes`);
  }
  return { objects: built.objects(), warnings, ...(yaml === undefined ? {} : { yaml }) };
}
