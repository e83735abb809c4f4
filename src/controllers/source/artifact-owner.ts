// A source object's name in the artifact store, and its artifact in events.
import type { Artifact } from '#api/source/shared';
import type { ArtifactOwner } from '#artifact/layout';
import type { KubeObject } from '#kube/object';

export function artifactOwner(kind: string, object: KubeObject): ArtifactOwner {
  const { namespace = '', name = '' } = object.metadata;
  return { kind, namespace, name };
}

/** The metadata of an event about an artifact. */
export function artifactMetadata(artifact: Artifact): Record<string, string> {
  return {
    'source.toolkit.fluxcd.io/revision': artifact.revision,
    'source.toolkit.fluxcd.io/digest': artifact.digest,
  };
}
