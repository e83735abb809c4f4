// A Kustomization's build as a worker job: kustomize first, then what is asked of the built manifests.
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Unstructured } from '#kube/object';
import { CodedError, errorMessage } from '#lib/errors';
import { run as kustomizeBuild, type KustomizeJobInput } from '#kustomize/job';
import type { JobContext } from '#workers/job';
import type { BuildInput, BuildOutput } from './build.ts';

export function run(input: BuildInput, context: JobContext): BuildOutput {
  const { directory, kustomization } = input;
  const { spec } = kustomization;
  const path = spec.path ?? '.';
  requireDirectory(directory, path);
  const { objects, yaml = '' } = kustomize({ directory, path, spec: rootSpecOf(spec), yaml: true }, context);
  return {
    objects: (objects as unknown as Unstructured[]).filter(isApplicable).flatMap(expandList),
    digest: `sha256:${createHash('sha256').update(yaml).digest('hex')}`,
  };
}

function kustomize(input: KustomizeJobInput, context: JobContext): ReturnType<typeof kustomizeBuild> {
  try {
    return kustomizeBuild(input, context);
  } catch (error) {
    throw new CodedError('BUILD_FAILED', `kustomize build failed: ${errorMessage(error)}`, { cause: error });
  }
}

/** The path can only lead down: the archive has no links, and `..` stops at its root. */
function requireDirectory(directory: string, path: string): void {
  const inside = join('/', path);
  const found = statSync(join(directory, inside), { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  const message = `kustomization path not found: stat ${inside}: no such file or directory`;
  throw new CodedError('PATH_NOT_FOUND', message);
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
