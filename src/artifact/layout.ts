// Where artifacts live: Flux's paths and URLs, and the guard that keeps every name inside them.
import { CodedError } from '#lib/errors';

/** The object an artifact belongs to. */
export interface ArtifactOwner {
  /** As the kind is spelled, e.g. `GitRepository`. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** `gitrepository/<namespace>/<name>`: relative to the storage's root, always with forward slashes. */
export function artifactDirectory(owner: ArtifactOwner): string {
  return `${owner.kind.toLowerCase()}/${segment(owner.namespace)}/${segment(owner.name)}`;
}

/** `gitrepository/<namespace>/<name>/<file>`. */
export function artifactPath(owner: ArtifactOwner, file: string): string {
  return `${artifactDirectory(owner)}/${segment(file)}`;
}

/** `http://<address>/<path>`; an address that has a scheme already keeps it. */
export function artifactUrl(advertisedAddress: string, path: string): string {
  const base = /^https?:\/\//.test(advertisedAddress) ? advertisedAddress : `http://${advertisedAddress}`;
  return `${base.replace(/\/+$/, '')}/${path}`;
}

/**
 * A path from outside, e.g. of a request, as a storage path; undefined when it tries to leave the storage or asks for
 * a name with a leading dot: those are half-written files and caches, never artifacts.
 */
export function storagePathOf(urlPath: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
  const parts = decoded.split('/').filter((part) => part !== '');
  if (parts.length === 0 || parts.some((part) => part.startsWith('.') || /[\\\0]/.test(part))) return undefined;
  return parts.join('/');
}

function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name)) {
    throw new CodedError('ARTIFACT_BAD_NAME', `${JSON.stringify(name)} cannot be part of an artifact path`);
  }
  return name;
}
