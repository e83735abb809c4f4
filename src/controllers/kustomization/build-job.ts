// A Kustomization's build as a worker job: kustomize first, then what is asked of the built manifests.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { sigsMarshal, type GoObject } from '#goyaml/index';
import type { Unstructured } from '#kube/object';
import { CodedError, errorMessage } from '#lib/errors';
import { DEFAULT_LIMITS, DiskFiles, MemoryFiles, ParseCache, readArchive, type FileSystem } from '#kustomize/index';
import {
  buildRoot,
  buildRootRemotely,
  openRoot,
  type BuildJobOptions,
  type KustomizeJobInput,
  type KustomizeJobOutput,
} from '#kustomize/job';
import type { JobContext } from '#workers/job';
import type { BuildInput, BuildOutput, MissingBase, MissingKeys } from './build.ts';
import { Decryption } from './decrypt.ts';
import { substituteObjects } from './post-build.ts';

const MiB = 1024 * 1024;
/** Bytes of unpacked artifacts a worker keeps: what is built from again and again stays. */
const keptBytes = 64 * MiB;

// One of each per worker thread: builds over one artifact read it once and parse each file once.
const artifacts = new LRUCache<string, MemoryFiles>({ maxSize: keptBytes });
const parsed = new ParseCache();

export async function run(input: BuildInput, context: JobContext): Promise<BuildOutput | MissingKeys | MissingBase> {
  const { spec } = input.kustomization;
  const files = filesOf(input);
  const directory = input.source.type === 'archive' ? '/' : input.source.directory;
  const path = join('/', spec.path ?? '.');
  if (!files.isDirectory(join(directory, path))) {
    const message = `kustomization path not found: stat ${path}: no such file or directory`;
    throw new CodedError('PATH_NOT_FOUND', message);
  }
  const variables = wantedVariables(input);
  const yaml = variables === undefined && input.decryption === undefined;
  const job: Build = {
    input: { directory, path, spec: rootSpecOf(spec), yaml },
    options: { cache: parsed, maxOutputBytes: context.maxOutputBytes, files },
  };
  const built = await build(job, input);
  if (!('objects' in built)) return built;
  const objects =
    variables === undefined
      ? built.objects
      : substituteObjects(built.objects, { variables, strict: input.strictSubstitution });
  return {
    objects: (objects as unknown as Unstructured[]).filter(isApplicable).flatMap(expandList),
    digest: `sha256:${createHash('sha256')
      .update(built.yaml ?? printed(objects, context))
      .digest('hex')}`,
  };
}

/** Undefined where nothing is to be substituted: without variables even defaults stay as they are written. */
function wantedVariables({ kustomization, variables }: BuildInput): Readonly<Record<string, string>> | undefined {
  const always = kustomization.spec.postBuild?.substituteStrategy === 'Always';
  return always || Object.keys(variables ?? {}).length > 0 ? (variables ?? {}) : undefined;
}

function printed(objects: readonly GoObject[], { maxOutputBytes }: JobContext): string {
  let text = '';
  for (const object of objects) {
    text += `${text === '' ? '' : '---\n'}${sigsMarshal(object)}`;
    if (text.length > maxOutputBytes)
      throw new CodedError('BUILD_FAILED', `the build's result is larger than ${maxOutputBytes} bytes`);
  }
  return text;
}

/** The artifact's files: unpacked in memory, or where they lie on disk. */
function filesOf({ source, digest }: BuildInput): FileSystem {
  if (source.type === 'directory')
    return new DiskFiles({ workingDirectory: source.directory, fileBytes: DEFAULT_LIMITS.fileBytes });
  const known = artifacts.get(digest);
  if (known !== undefined) return known;
  const bytes = readFileSync(source.path);
  const [algorithm = '', hex] = digest.split(':');
  if (createHash(algorithm).update(bytes).digest('hex') !== hex) {
    const message = `failed to verify archive: computed digest doesn't match provided '${digest}'`;
    throw new CodedError('ARTIFACT_DIGEST_MISMATCH', message);
  }
  const files = readArchive(bytes, { bytes: source.maxUnpackedBytes, entries: 100_000 });
  // Text in an archive shrinks about fourfold; what counts here is the order of magnitude.
  artifacts.set(digest, files, { size: Math.max(1, bytes.length * 4) });
  return files;
}

interface Build {
  readonly input: KustomizeJobInput;
  readonly options: BuildJobOptions;
}

async function build(
  { input, options }: Build,
  { decryption: keys, remote }: Pick<BuildInput, 'decryption' | 'remote'>,
): Promise<KustomizeJobOutput | MissingKeys | MissingBase> {
  const decryption = keys && (await Decryption.open(keys));
  const root = await kustomized(() => openRoot(input, options));
  await decryption?.sources(root);
  if (decryption !== undefined && decryption.wanted.length > 0) return { wanted: decryption.wanted };
  const built = await kustomized(
    () => (remote === undefined ? buildRoot(root, input, options) : buildRootRemotely(root, input, options, remote)),
    (message) => decryption?.censored(message) ?? message,
  );
  if ('missing' in built || decryption === undefined) return built;
  const objects = await decryption.objects(built.objects);
  return decryption.wanted.length > 0 ? { wanted: decryption.wanted } : { ...built, objects };
}

async function kustomized<T>(
  work: () => T | Promise<T>,
  censored: (message: string) => string = (message) => message,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = censored(withoutLogins(errorMessage(error)));
    throw new CodedError('BUILD_FAILED', `kustomize build failed: ${message}`);
  }
}

/** Addresses of remote bases are quoted as they were written. */
function withoutLogins(text: string): string {
  return text.replaceAll(/([a-z]:\/\/)[^\s/@]+@/gi, '$1***@');
}

type RootSpec = NonNullable<KustomizeJobInput['spec']>;

function rootSpecOf(spec: BuildInput['kustomization']['spec']): RootSpec {
  const { targetNamespace, namePrefix, nameSuffix, patches, images, components, ignoreMissingComponents } = spec;
  return JSON.parse(
    JSON.stringify({
      targetNamespace,
      namePrefix,
      nameSuffix,
      patches,
      images,
      components,
      ignoreMissingComponents,
      buildMetadata: spec.buildMetadata,
    }),
  ) as RootSpec;
}

/** Kustomizations of kustomize itself configure a build; they are nothing to apply. */
function isApplicable({ apiVersion = '', kind, metadata }: Unstructured): boolean {
  if (apiVersion === '' || !kind || !metadata) return false;
  return !apiVersion.startsWith('kustomize.config.k8s.io/');
}

function expandList(object: Unstructured): Unstructured[] {
  const items = object['items'];
  return object.kind?.endsWith('List') === true && Array.isArray(items) ? (items as Unstructured[]) : [object];
}
