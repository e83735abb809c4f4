// Hooks: documents with the annotation helm.sh/hook, which are kept apart from the release's manifest.
import type { ManifestHead } from './head.ts';

/** When a hook runs. */
export type HookEvent =
  | 'pre-install'
  | 'post-install'
  | 'pre-delete'
  | 'post-delete'
  | 'pre-upgrade'
  | 'post-upgrade'
  | 'pre-rollback'
  | 'post-rollback'
  | 'test';

export interface Hook {
  readonly name: string;
  readonly kind: string;
  /** Path of the template it came from. */
  readonly path: string;
  readonly manifest: string;
  readonly events: readonly HookEvent[];
  readonly weight: number;
  /** As written, trimmed and in lower case. */
  readonly deletePolicies: readonly string[];
  readonly outputLogPolicies: readonly string[];
}

export const hookAnnotation = 'helm.sh/hook';
const weightAnnotation = 'helm.sh/hook-weight';
const deleteAnnotation = 'helm.sh/hook-delete-policy';
const outputLogAnnotation = 'helm.sh/hook-output-log-policy';

const events: ReadonlyMap<string, HookEvent> = new Map<string, HookEvent>([
  ['pre-install', 'pre-install'],
  ['post-install', 'post-install'],
  ['pre-delete', 'pre-delete'],
  ['post-delete', 'post-delete'],
  ['pre-upgrade', 'pre-upgrade'],
  ['post-upgrade', 'post-upgrade'],
  ['pre-rollback', 'pre-rollback'],
  ['post-rollback', 'post-rollback'],
  ['test', 'test'],
  // Helm 2's name.
  ['test-success', 'test'],
]);

/** Where a document comes from. */
export interface DocumentSource {
  readonly path: string;
  readonly document: string;
}

/** The hook a document is; undefined when it names an event that is unknown, which drops it. */
export function toHook(head: ManifestHead, { path, document }: DocumentSource): Hook | undefined {
  const known: HookEvent[] = [];
  for (const word of words(head.annotations[hookAnnotation])) {
    const event = events.get(word);
    if (event === undefined) return undefined;
    known.push(event);
  }
  return {
    name: head.name,
    kind: head.kind,
    path,
    manifest: document,
    events: known,
    weight: parseWeight(head.annotations[weightAnnotation]),
    deletePolicies: words(head.annotations[deleteAnnotation]),
    outputLogPolicies: words(head.annotations[outputLogAnnotation]),
  };
}

export function isHook(head: ManifestHead): boolean {
  return Object.hasOwn(head.annotations, hookAnnotation);
}

/** Does the hook belong to `helm test`? */
export function isTestHook(hook: Hook): boolean {
  return hook.events.includes('test');
}

function words(list: string | undefined): string[] {
  return list === undefined ? [] : list.split(',').map((word) => word.trim().toLowerCase());
}

/** strconv.Atoi; what is no number weighs nothing. */
function parseWeight(weight: string | undefined): number {
  if (weight === undefined || !/^[+-]?[0-9]+$/.test(weight)) return 0;
  const value = Number(weight);
  // An int64 beyond 2^53 sorts as well by its nearest double; beyond int64 Atoi fails.
  return Math.abs(value) < 2 ** 63 ? value + 0 : 0;
}
