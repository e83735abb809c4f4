// The orders of kustomize: of kinds among themselves, and the legacy order of its output.
import { KustomizeError, withPrefix } from './errors.ts';
import { compareBytes } from '#goyaml/index';
import type { SortOptions } from './kustomization/types.ts';
import { gvkText, sameGvk, type Gvk, type ResId } from './resid.ts';
import type { ResMap } from './resmap.ts';

const FIRST = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

type Ranks = ReadonlyMap<string, number>;

function ranksOf(first: readonly string[], last: readonly string[]): Ranks {
  const ranks = new Map<string, number>();
  for (const [i, kind] of first.entries()) ranks.set(kind, i - first.length);
  for (const [i, kind] of last.entries()) ranks.set(kind, i + 1);
  return ranks;
}

const DEFAULT_RANKS = ranksOf(FIRST, LAST);

/** Kinds by rank, then by group, version and kind; what is empty comes last. */
export function compareGvk(a: Gvk, b: Gvk, ranks: Ranks = DEFAULT_RANKS): number {
  const rank = (ranks.get(a.kind) ?? 0) - (ranks.get(b.kind) ?? 0);
  return rank !== 0 ? rank : compareBytes(gvkKey(a), gvkKey(b));
}

function gvkKey({ group, version, kind }: Gvk): string {
  return `${group || '~G'}_${version || '~V'}_${kind || '~K'}`;
}

function idSortKey(id: ResId): string {
  return `${gvkText(id)}|${id.namespace || '~X'}|${id.name || '~N'}`;
}

function compareLegacy(a: ResId, b: ResId, ranks: Ranks): number {
  if (sameGvk(a, b)) return compareBytes(idSortKey(a), idSortKey(b));
  const order = compareGvk(a, b, ranks);
  // Namespaces of the core group come before those of others, unlike all other kinds.
  return a.kind === 'Namespace' && b.kind === 'Namespace' && (a.group === '' || b.group === '') ? -order : order;
}

/** Puts the result in the order that was asked for: `fifo` leaves it as it was loaded. */
export function sortResources(resources: ResMap, options: SortOptions): void {
  const { order = '', legacySortOptions } = options;
  if (order !== 'fifo' && order !== 'legacy') {
    throw new KustomizeError("the field 'sortOptions.order' must be one of [fifo, legacy]");
  }
  if (order === 'fifo') {
    if (legacySortOptions !== undefined) {
      throw new KustomizeError(
        "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
      );
    }
    return;
  }
  const ranks =
    legacySortOptions === undefined
      ? DEFAULT_RANKS
      : ranksOf(legacySortOptions.orderFirst ?? [], legacySortOptions.orderLast ?? []);
  const keyed = resources.resources.map((resource) => ({ resource, id: resource.id }));
  keyed.sort((a, b) => compareLegacy(a.id, b.id, ranks));
  resources.reorder(keyed.map(({ resource }) => resource));
  withPrefix('SortOrderTransformer: Failed to append to resources', () => resources.checkUnique());
}
