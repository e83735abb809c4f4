// The register of all kinds: looked up by group, kind, plural or short name.
import { artifactGenerator } from './extensions/artifactgenerator.ts';
import { parseApiVersion } from './group-version.ts';
import { helmRelease } from './helm/helmrelease.ts';
import { imagePolicy } from './image/imagepolicy.ts';
import { imageRepository } from './image/imagerepository.ts';
import { imageUpdateAutomation } from './image/imageupdateautomation.ts';
import type { KindDefinition, KindVersion } from './kind.ts';
import { kustomization } from './kustomize/kustomization.ts';
import { alert } from './notification/alert.ts';
import { provider } from './notification/provider.ts';
import { receiver } from './notification/receiver.ts';
import { bucket } from './source/bucket.ts';
import { externalArtifact } from './source/externalartifact.ts';
import { gitRepository } from './source/gitrepository.ts';
import { helmChart } from './source/helmchart.ts';
import { helmPullRequest } from './source/helmpullrequest.ts';
import { helmRepository } from './source/helmrepository.ts';
import { ociRepository } from './source/ocirepository.ts';

export const allKinds: readonly KindDefinition[] = [
  alert,
  artifactGenerator,
  bucket,
  externalArtifact,
  gitRepository,
  helmChart,
  helmPullRequest,
  helmRelease,
  helmRepository,
  imagePolicy,
  imageRepository,
  imageUpdateAutomation,
  kustomization,
  ociRepository,
  provider,
  receiver,
];

/** The kind named by group and kind. */
export function kindOf(group: string, kind: string): KindDefinition | undefined {
  return allKinds.find((definition) => definition.group === group && definition.kind === kind);
}

/** The kind and version an object says it has; undefined when it is not one of ours or the version is not served. */
export function versionOf(object: {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
}): { readonly definition: KindDefinition; readonly version: KindVersion } | undefined {
  if (typeof object.apiVersion !== 'string' || typeof object.kind !== 'string') {
    return undefined;
  }
  const { group, version: name } = parseApiVersion(object.apiVersion);
  const definition = kindOf(group, object.kind);
  const version = definition?.versions.find((candidate) => candidate.name === name);
  return definition === undefined || version === undefined ? undefined : { definition, version };
}
