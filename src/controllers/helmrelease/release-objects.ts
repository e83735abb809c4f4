// The objects of a release in a cluster: what they are called, what Helm marks them with, whose they are.
import type { ResourceInfo } from '#kube/discovery';
import { keyOf, type KubeObject, type Unstructured } from '#kube/object';
import { formatObjectId, objectIdOf, subjectOf } from '../apply/object-id.ts';
import type { LiveView } from '../apply/cluster.ts';
import { foldStringData } from '../apply/string-data.ts';

export interface ReleaseIdentity {
  readonly name: string;
  readonly namespace: string;
}

const managedByLabel = 'app.kubernetes.io/managed-by';
const releaseNameAnnotation = 'meta.helm.sh/release-name';
const releaseNamespaceAnnotation = 'meta.helm.sh/release-namespace';
const resourcePolicyAnnotation = 'helm.sh/resource-policy';

/** An object of a manifest, and where it belongs in the cluster. */
export interface ReleaseItem {
  /** As it is applied. */
  readonly object: Unstructured;
  readonly resource: ResourceInfo;
  readonly key: string;
  /** `Kind/namespace/name`. */
  readonly subject: string;
  /** Inventory id. */
  readonly id: string;
}

/** Finds the resource of each object. Throws for kinds the cluster does not serve, naming the object. */
export async function resolveObjects(
  objects: readonly Unstructured[],
  release: ReleaseIdentity,
  view: LiveView,
): Promise<ReleaseItem[]> {
  const items: ReleaseItem[] = [];
  for (const object of objects) items.push(await itemOf(object, release, view));
  return items;
}

async function itemOf(object: Unstructured, release: ReleaseIdentity, view: LiveView): Promise<ReleaseItem> {
  let resource: ResourceInfo;
  try {
    resource = await view.resourceOf(object);
  } catch (error) {
    const { name = '', namespace = '' } = object.metadata ?? {};
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(
      `resource mapping not found for name: "${name}" namespace: "${namespace}" from "": ${detail}\nensure CRDs are installed first`,
      { cause: error },
    );
  }
  const { namespace, ...metadata } = object.metadata;
  const placed: Unstructured = {
    ...object,
    metadata: { ...metadata, ...(resource.namespaced && { namespace: namespace || release.namespace }) },
  };
  const id = objectIdOf(placed);
  return { object: placed, resource, key: keyOf(placed), subject: subjectOf(id), id: formatObjectId(id) };
}

/** The object with Helm's marks, and without what the server refuses or keeps rewriting. */
export function withOwnership(object: Unstructured, release: ReleaseIdentity): Unstructured {
  const written = writable(object);
  const { labels, annotations } = written.metadata;
  written.metadata = {
    ...written.metadata,
    labels: { ...labels, [managedByLabel]: 'Helm' },
    annotations: {
      ...annotations,
      [releaseNameAnnotation]: release.name,
      [releaseNamespaceAnnotation]: release.namespace,
    },
  };
  return written;
}

/** A copy of the object without what the server refuses or keeps rewriting. */
export function writable(object: Unstructured): Unstructured {
  const { creationTimestamp: _created, managedFields: _managed, ...metadata } = object.metadata;
  const written: Unstructured = { ...object, metadata };
  delete written['status'];
  if (written.kind === 'Secret' && written.apiVersion === 'v1') foldStringData(written);
  return written;
}

/** Why an object that is there is not the release's to change; undefined when it is. */
export function ownershipProblem(live: KubeObject, release: ReleaseIdentity): string | undefined {
  const { labels = {}, annotations = {} } = live.metadata;
  const problems: string[] = [];
  const check = (what: string, found: string | undefined, key: string, wanted: string): void => {
    if (found === wanted) return;
    const is = found === undefined ? 'missing key' : 'key';
    const but =
      found === undefined ? `must be set to "${wanted}"` : `must equal "${wanted}": current value is "${found}"`;
    problems.push(
      found === undefined
        ? `${what} validation error: ${is} "${key}": ${but}`
        : `${what} validation error: ${is} "${key}" ${but}`,
    );
  };
  check('label', labels[managedByLabel], managedByLabel, 'Helm');
  check('annotation', annotations[releaseNameAnnotation], releaseNameAnnotation, release.name);
  check('annotation', annotations[releaseNamespaceAnnotation], releaseNamespaceAnnotation, release.namespace);
  return problems.length === 0 ? undefined : `invalid ownership metadata; ${problems.join('; ')}`;
}

/** Whether an object stays when its release no longer has it: only this very value says so. */
export function isKept(object: KubeObject): boolean {
  return object.metadata.annotations?.[resourcePolicyAnnotation] === 'keep';
}

/** The policy of a manifest. An uninstall leaves alone whatever has one, known or not. */
export function resourcePolicy(object: KubeObject): string | undefined {
  return object.metadata.annotations?.[resourcePolicyAnnotation]?.trim().toLowerCase();
}
