// status.history: what a HelmRelease remembers of the revisions of its release.
import type { Snapshot } from '#api/helm/helmrelease';
import type { ReleaseRecord } from '#helm/index';
import { timestamp } from '#lib/timestamp';
import type { Draft } from '#runtime/draft';
import { configDigest, releaseDigest } from './digests.ts';

export type SnapshotDraft = Draft<Snapshot>;

/** Snapshots of other controllers' versions that say so are digests of another form. */
const ownApiVersion = '';
const keptWithoutPrevious = 5;

export interface SnapshotOptions {
  /** Digest of the OCI artifact the chart came in. */
  readonly ociDigest?: string | undefined;
  readonly testHooks?: SnapshotDraft['testHooks'];
}

export function snapshotOf(record: ReleaseRecord, { ociDigest = '', testHooks }: SnapshotOptions = {}): SnapshotDraft {
  const metadata = record.chart?.metadata ?? {};
  const text = (key: string): string => (typeof metadata[key] === 'string' ? metadata[key] : '');
  const { first_deployed: first, last_deployed: last, deleted, status = 'unknown' } = record.info;
  const appVersion = text('appVersion');
  return {
    digest: releaseDigest(record, ociDigest),
    name: record.name,
    namespace: record.namespace,
    version: record.version,
    status,
    chartName: text('name'),
    chartVersion: text('version'),
    ...(appVersion !== '' && { appVersion }),
    configDigest: configDigest(record.config),
    firstDeployed: metaTime(first),
    lastDeployed: metaTime(last),
    ...(deleted !== '' && { deleted: metaTime(deleted) }),
    ...(testHooks !== undefined && { testHooks }),
    ...(ociDigest !== '' && { ociDigest }),
  };
}

/** A time as metav1.Time prints it: UTC, whole seconds. */
export function metaTime(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : timestamp(ms);
}

/** Whether the digest in the snapshot is of the form this program makes. */
export function isVerifiable({ apiVersion }: Pick<SnapshotDraft, 'apiVersion'>): boolean {
  return (apiVersion ?? '') === ownApiVersion;
}

/** `namespace/name.vN`. */
export function fullName({ namespace, name, version }: Pick<SnapshotDraft, 'namespace' | 'name' | 'version'>): string {
  return `${namespace}/${name}.v${version}`;
}

/** `chart@version`. */
function chartText({ chartName, chartVersion }: Pick<SnapshotDraft, 'chartName' | 'chartVersion'>): string {
  return `${chartName}@${chartVersion}`;
}

/** `release ns/n.v3 with chart c@1.0.0`. */
export function releaseTextOf(snapshot: SnapshotDraft): string {
  return `release ${fullName(snapshot)} with chart ${chartText(snapshot)}`;
}

export type History = readonly SnapshotDraft[];

function newestFirst(history: History): SnapshotDraft[] {
  return history.toSorted((a, b) => b.version - a.version);
}

export function latest(history: History | undefined): SnapshotDraft | undefined {
  return newestFirst(history ?? [])[0];
}

/** The revision to go back to: the newest before the latest that was deployed, and not with failed tests. */
export function previous(history: History | undefined, ignoreTests: boolean): SnapshotDraft | undefined {
  return newestFirst(history ?? [])
    .slice(1)
    .find((snapshot) => {
      const wasGood = snapshot.status === 'deployed' || snapshot.status === 'superseded';
      return wasGood && (ignoreTests || !hasTestInPhase(snapshot, 'Failed'));
    });
}

/** What is worth remembering: down to the revision to go back to. */
export function truncate(history: History, ignoreTests: boolean): SnapshotDraft[] {
  const sorted = newestFirst(history);
  if (sorted.length < 2) return sorted;
  const target = previous(sorted, ignoreTests);
  if (target !== undefined) return sorted.slice(0, sorted.indexOf(target) + 1);
  return truncateToNewest(sorted);
}

export function truncateToNewest(history: History): SnapshotDraft[] {
  return newestFirst(history).slice(0, keptWithoutPrevious);
}

export function hasBeenTested({ testHooks }: Pick<SnapshotDraft, 'testHooks'>): boolean {
  return testHooks !== undefined;
}

export function hasTestInPhase({ testHooks }: Pick<SnapshotDraft, 'testHooks'>, phase: string): boolean {
  return Object.values(testHooks ?? {}).some((hook) => hook.phase === phase);
}

/** Test hooks of a release as a snapshot keeps them. */
export function testHooksOf(record: Pick<ReleaseRecord, 'hooks'>): NonNullable<SnapshotDraft['testHooks']> {
  const hooks: NonNullable<SnapshotDraft['testHooks']> = {};
  for (const { name = '', events = [], last_run: run } of record.hooks ?? []) {
    if (!events.includes('test') || run.phase === '') continue;
    hooks[name] = {
      ...(run.started_at !== '' && { lastStarted: metaTime(run.started_at) }),
      ...(run.completed_at !== '' && { lastCompleted: metaTime(run.completed_at) }),
      phase: run.phase,
    };
  }
  return hooks;
}
