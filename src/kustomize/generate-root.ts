// The kustomization file that a Kustomization object is built with: generated from plain manifests where there is none,
// with what the object's spec asks for merged in. It is laid over the artifact in memory; the artifact stays as it is.
import { marshalJSON, sigsMarshal, sigsUnmarshal, type GoObject } from '#goyaml/index';
import { errorMessage } from '#lib/errors';
import { ParseCache, readDocuments } from './documents.ts';
import { KustomizeError, wrapError } from './errors.ts';
import { joinPath } from './files/file-system.ts';
import type { RootedFiles } from './files/rooted.ts';
import { decodeStruct } from './go-struct.ts';
import { FILE_NAMES, KUSTOMIZATION_VERSION } from './kustomization/read.ts';
import * as shapes from './kustomization/shapes.ts';
import type { Image, Kustomization, Patch, Selector, TextMap } from './kustomization/types.ts';
import { DEFAULT_LIMITS } from './limits.ts';

/** The parts of a Kustomization object's spec that shape its build. */
export interface RootSpec {
  readonly targetNamespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly patches?: readonly { readonly patch: string; readonly target?: Selector }[];
  /** Of the first API versions: a patch is an object here. */
  readonly patchesStrategicMerge?: readonly GoObject[];
  readonly patchesJson6902?: readonly { readonly patch: readonly GoObject[]; readonly target: Selector }[];
  readonly images?: readonly Image[];
  readonly components?: readonly string[];
  readonly ignoreMissingComponents?: boolean;
  readonly buildMetadata?: readonly string[];
}

export interface GenerateOptions {
  readonly cache?: ParseCache;
}

/** Lays the file of the directory over `files`, and returns its text. */
export function generateRoot(
  files: RootedFiles,
  directory: string,
  spec: RootSpec,
  options: GenerateOptions = {},
): string {
  const cache = options.cache ?? new ParseCache();
  const existing = findFile(files, directory);
  const base =
    existing === undefined ? scan(files, directory, cache) : readLoosely(files, joinPath(directory, existing));
  const text = sigsMarshal(mergeSpec(base, spec, { files, directory }) as GoObject);
  files.overlay(joinPath(directory, existing ?? FILE_NAMES[0]), Buffer.from(text));
  return text;
}

function findFile(files: RootedFiles, directory: string): string | undefined {
  return FILE_NAMES.find((name) => isFile(files, joinPath(directory, name)));
}

function isFile(files: RootedFiles, path: string): boolean {
  try {
    return files.locate(path).file !== '';
  } catch {
    return false;
  }
}

/** Fields that are not known are dropped without a word. Without resources, origins are noted. */
function readLoosely(files: RootedFiles, path: string): Kustomization {
  const value = sigsUnmarshal(files.read(path).toString('utf8'));
  let decoded: Kustomization;
  try {
    decoded = decodeStruct(value, shapes.kustomization, { strict: false });
  } catch (error) {
    throw wrapError(error, 'error unmarshaling JSON: while decoding JSON');
  }
  const kustomization: Kustomization = {
    ...decoded,
    apiVersion: decoded.apiVersion ?? KUSTOMIZATION_VERSION,
    kind: decoded.kind ?? 'Kustomization',
  };
  const isBare = (kustomization.resources ?? []).length === 0;
  return isBare ? { ...kustomization, buildMetadata: ['originAnnotations'] } : kustomization;
}

/** Manifests and the directories of kustomizations, in the order of their paths. */
function scan(files: RootedFiles, directory: string, cache: ParseCache): Kustomization {
  const resources: string[] = [];
  const visit = (relative: string, depth: number): void => {
    if (depth > DEFAULT_LIMITS.depth) {
      throw new KustomizeError(`directories are nested more than ${DEFAULT_LIMITS.depth} levels deep`);
    }
    for (const { name, kind } of files.list(joinPath(directory, relative))) {
      const path = relative === '' ? name : `${relative}/${name}`;
      const absolute = joinPath(directory, path);
      if (kind === 'directory') {
        if (findFile(files, absolute) === undefined) visit(path, depth + 1);
        else resources.push(`./${path}`);
      } else if (kind === 'file' && /\.ya?ml$/.test(name)) {
        checkManifest(files, absolute, cache);
        resources.push(`./${path}`);
      }
    }
  };
  visit('', 0);
  const header = { apiVersion: KUSTOMIZATION_VERSION, kind: 'Kustomization' };
  // A file with nothing in it would be refused.
  return resources.length === 0 ? { ...header, namespace: '_placeholder' } : { ...header, resources };
}

function checkManifest(files: RootedFiles, path: string, cache: ParseCache): void {
  try {
    readDocuments(files.read(path), cache, DEFAULT_LIMITS);
  } catch (error) {
    throw new KustomizeError(`failed to decode Kubernetes YAML from ${path}: ${errorMessage(error)}`, { cause: error });
  }
}

interface Place {
  readonly files: RootedFiles;
  readonly directory: string;
}

function mergeSpec(base: Kustomization, spec: RootSpec, place: Place): Kustomization {
  const patches = [...(base.patches ?? []), ...(spec.patches ?? []).map(patchOf)];
  const components = [...(base.components ?? []), ...componentsOf(spec, place)];
  const strategic = [
    ...(base.patchesStrategicMerge ?? []),
    ...(spec.patchesStrategicMerge ?? []).map((patch) => marshalJSON(patch)),
  ];
  const json = [
    ...(base.patchesJson6902 ?? []),
    ...(spec.patchesJson6902 ?? []).map(({ patch, target }) => ({ patch: marshalJSON([...patch]), target })),
  ];
  const images = mergeImages(base.images ?? [], spec.images ?? []);
  return {
    ...base,
    ...(spec.targetNamespace ? { namespace: spec.targetNamespace } : {}),
    ...(spec.namePrefix ? { namePrefix: spec.namePrefix } : {}),
    ...(spec.nameSuffix ? { nameSuffix: spec.nameSuffix } : {}),
    ...(patches.length > 0 ? { patches } : {}),
    ...(components.length > 0 ? { components } : {}),
    ...(strategic.length > 0 ? { patchesStrategicMerge: strategic } : {}),
    ...(json.length > 0 ? { patchesJson6902: json } : {}),
    ...(images.length > 0 ? { images } : {}),
    ...(spec.buildMetadata && spec.buildMetadata.length > 0 ? { buildMetadata: spec.buildMetadata } : {}),
  };
}

function patchOf({ patch, target }: { readonly patch: string; readonly target?: Selector }): Patch {
  return target === undefined ? { patch } : { patch, target };
}

/** An image that is listed already is listed anew. */
function mergeImages(base: readonly Image[], more: readonly Image[]): readonly Image[] {
  const images = [...base];
  for (const image of more) {
    const at = images.findIndex(({ name }) => name === image.name);
    if (at < 0) images.push(image);
    else images[at] = image;
  }
  return images;
}

const REMOTE = ['git::', 'gh:', 'ssh://', 'https://', 'http://', 'git@', 'github.com:', 'github.com/', 'file:///'];

function componentsOf({ components = [], ignoreMissingComponents = false }: RootSpec, place: Place): string[] {
  return components.filter((component) => {
    const lower = component.toLowerCase();
    if (component.startsWith('/') || REMOTE.some((prefix) => lower.startsWith(prefix))) {
      throw new KustomizeError(`component path '${component}' must be local and relative`);
    }
    return !ignoreMissingComponents || exists(place, component);
  });
}

function exists({ files, directory }: Place, component: string): boolean {
  try {
    files.locate(joinPath(directory, component));
    return true;
  } catch {
    return false;
  }
}

/** Labels and annotations for every object, over what it has. */
export function applyCommonMetadata(
  objects: readonly GoObject[],
  { labels, annotations }: { readonly labels?: TextMap; readonly annotations?: TextMap },
): void {
  for (const object of objects) {
    for (const [name, entries] of [
      ['labels', labels],
      ['annotations', annotations],
    ] as const) {
      if (entries === undefined || Object.keys(entries).length === 0) continue;
      const metadata = asObject(object['metadata']);
      object['metadata'] = { ...metadata, [name]: { ...asObject(metadata[name]), ...entries } };
    }
  }
}

function asObject(value: unknown): GoObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as GoObject) : {};
}
