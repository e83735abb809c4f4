// What every action on a release is given, and how its outcome is told in the object's status and events.
import type { ReleaseRecord, ValuesMap } from '#helm/index';
import type { Clock } from '#lib/clock';
import { goDuration } from '#lib/duration-ms';
import { errorMessage } from '#lib/errors';
import { deleteConditions, setCondition } from '#runtime/conditions';
import type { EventSeverity } from '#runtime/event-recorder';
import type { Logger } from '#runtime/log';
import type { ActionLog } from './action-log.ts';
import type { HelmCluster } from './cluster.ts';
import { remediatedCondition, releasedCondition, testSuccessCondition } from './conditions.ts';
import { commonMetadataDigest, postRenderersDigest } from './digests.ts';
import { group, type HelmReleaseDraft } from './helmrelease.ts';
import { isOutage } from './outage.ts';
import type { AppliedMemory, ReleaseApplier } from './release-applier.ts';
import type { ReleaseRenderer } from './renderer.ts';
import type { ChartFile, ChartInfo } from './render-job.ts';
import { type SnapshotDraft, snapshotOf } from './snapshot.ts';
import type { ReleaseStorage, StoredRelease } from './storage.ts';

/** Each type runs once a reconcile at most. */
export type ActionType = 'release' | 'remediate' | 'test' | 'unlock' | 'drift correction';

export interface Action {
  readonly name: string;
  readonly type: ActionType;
  readonly timeoutMs: number;
  /** Does it, and writes what came of it. What it throws was not even begun, or left no trace to remediate. */
  run(): Promise<void>;
}

/** The release as it is in the cluster. */
export interface ReleaseContext {
  readonly object: HelmReleaseDraft;
  readonly cluster: HelmCluster;
  readonly storage: ReleaseStorage;
  readonly applier: ReleaseApplier;
  readonly renderer: ReleaseRenderer;
  /** What is known of the objects last applied. */
  readonly applied: AppliedMemory;
  readonly clock: Clock;
  readonly log: Logger;
  /** What the action under way has done so far. */
  readonly steps: ActionLog;
  readonly signal: AbortSignal;
  /** There is something newer to do: waits that can no longer matter end. */
  readonly superseded: AbortSignal;
  /** What the action does is wanted no more: hooks end, too. */
  readonly unwanted: AbortSignal;
  readonly event: (
    severity: EventSeverity,
    reason: string,
    message: string,
    metadata?: Readonly<Record<string, string>>,
  ) => void;
}

/** The release as it is wanted. */
export interface DesiredContext extends ReleaseContext {
  readonly chart: ChartInfo;
  readonly file: ChartFile;
  readonly values: ValuesMap;
  readonly valuesDigest: string;
  /** Of the OCI artifact the chart came in; else empty. */
  readonly ociDigest: string;
}

/** Collects an action's steps and what it writes to the storage. Throws only outages: they say nothing of the action. */
export async function observed<T>(
  { storage, steps }: Pick<ReleaseContext, 'storage' | 'steps'>,
  work: () => Promise<T>,
): Promise<{ readonly written: readonly StoredRelease[]; readonly error?: unknown }> {
  const written = new Map<number, StoredRelease>();
  steps.clear();
  storage.observe((release) => written.set(release.record.version, release));
  const inOrder = (): StoredRelease[] => [...written.values()].toSorted((a, b) => b.record.version - a.record.version);
  try {
    await work();
    return { written: inOrder() };
  } catch (error) {
    if (isOutage(error)) throw error;
    return { written: inOrder(), error };
  } finally {
    storage.observe(undefined);
  }
}

/** The newest revision becomes the head of the history; the first older one that it knows is brought up to date. */
export function recordOnObject({ object }: ReleaseContext, written: readonly StoredRelease[], ociDigest: string): void {
  const [newest, ...older] = written;
  if (newest === undefined) return;
  const status = (object.status ??= {});
  const history = status.history ?? [];
  const at = history.findIndex((snapshot) => targets(snapshot, newest.record));
  if (at >= 0) history[at] = refreshed(history[at]!, newest.record);
  else history.unshift(snapshotOf(newest.record, { ociDigest }));
  for (const { record } of older) {
    const known = history.findIndex((snapshot) => targets(snapshot, record));
    if (known < 0) continue;
    history[known] = refreshed(history[known]!, record);
    break;
  }
  status.history = history;
}

export function targets(snapshot: SnapshotDraft, { name, namespace, version }: ReleaseRecord): boolean {
  return snapshot.name === name && snapshot.namespace === namespace && snapshot.version === version;
}

/** What only the snapshot knows stays. */
export function refreshed(snapshot: SnapshotDraft, record: ReleaseRecord): SnapshotDraft {
  const { ociDigest, testHooks } = snapshot;
  return snapshotOf(record, { ociDigest, testHooks });
}

export function setReleased({ object, clock }: ReleaseContext, ok: boolean, reason: string, message: string): void {
  setCondition(object, { type: releasedCondition, status: ok ? 'True' : 'False', reason, message }, clock.now());
}

export function setRemediated({ object, clock }: ReleaseContext, ok: boolean, reason: string, message: string): void {
  setCondition(object, { type: remediatedCondition, status: ok ? 'True' : 'False', reason, message }, clock.now());
}

/** What the manifests were rendered with beside chart and values: from now on only a change of it counts. */
export function noteRendering(object: HelmReleaseDraft): void {
  const status = (object.status ??= {});
  const renderers = postRenderersDigest(object.spec.postRenderers);
  if (renderers === '') delete status.observedPostRenderersDigest;
  else status.observedPostRenderersDigest = renderers;
  const metadata = commonMetadataDigest(object.spec.commonMetadata);
  if (metadata === '') delete status.observedCommonMetadataDigest;
  else status.observedCommonMetadataDigest = metadata;
}

/** A new release has neither been tested nor remediated. */
export function forgetOutcomes({ object }: ReleaseContext): void {
  deleteConditions(object, testSuccessCondition, remediatedCondition);
}

/** Metadata of events about a revision. */
export function snapshotMetadata(snapshot: SnapshotDraft): Record<string, string> {
  return eventMetadata({
    revision: snapshot.chartVersion,
    token: snapshot.configDigest,
    appVersion: snapshot.appVersion,
    ociDigest: snapshot.ociDigest,
  });
}

/** Metadata of events about what was tried. */
export function attemptMetadata({ chart, valuesDigest, ociDigest }: DesiredContext): Record<string, string> {
  return eventMetadata({ revision: chart.version, token: valuesDigest, appVersion: chart.appVersion, ociDigest });
}

interface EventFacts {
  readonly revision: string;
  readonly token: string;
  readonly appVersion?: string | undefined;
  readonly ociDigest?: string | undefined;
}

export function eventMetadata({ revision, token, appVersion, ociDigest }: EventFacts): Record<string, string> {
  return {
    [`${group}/revision`]: revision,
    [`${group}/token`]: token,
    ...(appVersion && { [`${group}/app-version`]: appVersion }),
    ...(ociDigest && { [`${group}/oci-digest`]: ociDigest }),
  };
}

export function attemptText({ object, chart }: DesiredContext, name: string): string {
  const { namespace = '' } = object.metadata;
  return `release ${object.spec.targetNamespace || namespace}/${name} with chart ${chart.name}@${chart.version}`;
}

/** The text of a failure, in one line's worth. */
export function failureText(error: unknown): string {
  return errorMessage(error).trim();
}

export function noteDuration({ object, clock }: ReleaseContext, started: number): void {
  (object.status ??= {}).lastAttemptedReleaseActionDuration = goDuration(clock.monotonic() - started);
}
