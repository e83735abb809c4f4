// rollback.recreate: the Pods of workloads that were there before are deleted, so that their controllers make new ones.
import type { Unstructured } from '#kube/object';
import { pods } from '#kube/resources';
import { isNotFound } from '#kube/status-error';
import type { ReleaseContext } from './action.ts';
import type { ReleaseItem } from './release-objects.ts';

const workloads = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController']);

export async function restartPods(
  { cluster, steps, signal }: Pick<ReleaseContext, 'cluster' | 'steps' | 'signal'>,
  items: readonly ReleaseItem[],
): Promise<void> {
  for (const { object, subject } of items) {
    const labelSelector = selectorOf(object);
    if (labelSelector === '') continue;
    const { namespace } = object.metadata;
    const { items: found } = await cluster.client.list(pods, { namespace, labelSelector, signal });
    steps.note(`${subject} loses ${found.length} pod(s), to be made anew`);
    for (const { metadata } of found) {
      try {
        await cluster.client.delete(pods, { namespace, name: metadata.name ?? '' }, { signal });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** Of the Pods of a workload, in the syntax of label selectors; empty for what has none. */
function selectorOf({ kind = '', spec }: Unstructured): string {
  if (!workloads.has(kind)) return '';
  const { selector = {} } = (spec ?? {}) as { readonly selector?: Selector | Readonly<Record<string, string>> };
  if (kind === 'ReplicationController') return labelsText(selector as Readonly<Record<string, string>>).join(',');
  const { matchLabels = {}, matchExpressions = [] } = selector as Selector;
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
  });
  return [...labelsText(matchLabels), ...expressions].join(',');
}

function labelsText(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}
