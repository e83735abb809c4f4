// Drift: how the objects of a release differ from what it applied, as a dry-run of applying them again tells.
import { differences, type Difference } from '#kube/apply/drift';
import type { KubeObject, Unstructured } from '#kube/object';
import { isInvalid } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import pLimit from 'p-limit';
import { desiredHash, liveFingerprint } from '../apply/fingerprint.ts';
import { ignoredPaths, ignoreRules, type IgnoreRule } from '../apply/ignore-rules.ts';
import type { ReleaseContext } from './action.ts';
import { fieldManager, group } from './helmrelease.ts';
import { type ReleaseItem, withOwnership } from './release-objects.ts';
import { identityOf } from './revision.ts';
import type { StoredRelease } from './storage.ts';
import { itemsOf } from './stored-items.ts';

export interface Update {
  readonly type: 'update';
  readonly item: ReleaseItem;
  readonly changes: readonly Difference[];
  readonly live: Unstructured;
  readonly wanted: Unstructured;
  /** Whether there are fields to leave alone. */
  readonly hasIgnored: boolean;
}

export type Drift = { readonly type: 'create' | 'exclude'; readonly item: ReleaseItem } | Update;

export interface DriftReport {
  /** In the order of the manifest. */
  readonly drifts: readonly Drift[];
  /** Whether anything is to be put back. */
  readonly drifted: boolean;
}

const comparedAtOnce = 8;
const exclusionKey = `${group}/driftDetection`;

/** Looks at each object that moved since it was last known to be as wanted. Throws when not one could be compared. */
export async function detectDrift(context: ReleaseContext, release: StoredRelease): Promise<DriftReport> {
  const rules = ignoreRules(context.object.spec.driftDetection?.ignore);
  const items = await itemsOf(context, release, identityOf(release));
  const limit = pLimit(comparedAtOnce);
  const problems: string[] = [];
  const found = await Promise.all(
    items.map((item) =>
      limit(async () => {
        try {
          return await compare(context, release, item, rules);
        } catch (error) {
          context.signal.throwIfAborted();
          problems.push(`${item.subject}: ${refusalText(item, error)}`);
          return undefined;
        }
      }),
    ),
  );
  const drifts = found.filter((drift) => drift !== undefined);
  const drifted = drifts.some(({ type }) => type !== 'exclude');
  if (problems.length > 0 && !drifted) throw new Error(problems.toSorted().join(', '));
  for (const problem of problems) context.log.error({ error: problem }, 'an object could not be compared');
  return { drifts, drifted };
}

async function compare(
  context: ReleaseContext,
  release: StoredRelease,
  item: ReleaseItem,
  rules: readonly IgnoreRule[],
): Promise<Drift | undefined> {
  const { cluster, applier, applied, signal } = context;
  const { resource, key, id } = item;
  const object = withOwnership(item.object, identityOf(release));
  const ignored = ignoredPaths(rules, object);
  if (isExcluded(object) || ignored.includes('')) return { type: 'exclude', item };
  const desired = desiredHash(object);
  const watched = await applier.view.owned(resource, key);
  const known = applied.get(id);
  if (watched !== undefined && known?.desired === desired && known.live === liveFingerprint(watched)) return undefined;
  const live = await applier.view.fetch(resource, key);
  if (live === undefined) return { type: 'create', item };
  if (isExcluded(live)) return { type: 'exclude', item };
  const wanted = await cluster.client.apply(resource, object, { fieldManager, force: true, dryRun: true, signal });
  const changes = differences(live, wanted, { ignore: ignored }).filter(
    // What others add to labels and annotations is theirs.
    ({ path, kind }) => !path.startsWith('/metadata/') || kind !== 'removed',
  );
  if (changes.length === 0) {
    applied.set(id, { desired, live: liveFingerprint(live) });
    return undefined;
  }
  return { type: 'update', item, changes, live, wanted, hasIgnored: ignored.length > 0 };
}

function isExcluded({ metadata: { labels = {}, annotations = {} } }: KubeObject): boolean {
  return [labels[exclusionKey], annotations[exclusionKey]].some((value) => value?.toLowerCase() === 'disabled');
}

/** What the server says against an object. Of an invalid Secret only the end: what comes before may quote its data. */
export function refusalText({ object }: Pick<ReleaseItem, 'object'>, error: unknown): string {
  const text = errorMessage(error);
  return object.kind === 'Secret' && isInvalid(error) ? text.slice(text.lastIndexOf(':') + 1).trim() : text;
}

/** One line for each object that drifted, or is left out. */
export function summarizeDrift({ drifts }: DriftReport): string {
  return drifts
    .map((drift) => {
      const { subject } = drift.item;
      if (drift.type !== 'update') return `${subject} ${drift.type === 'create' ? 'removed' : 'excluded'}`;
      const count = (kind: Difference['kind']): number => drift.changes.filter((change) => change.kind === kind).length;
      return `${subject} changed (${count('added')} additions, ${count('changed')} changes, ${count('removed')} removals)`;
    })
    .join('\n');
}
