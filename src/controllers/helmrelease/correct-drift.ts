// Puts back what others changed in the objects of a release.
import type { Difference } from '#kube/apply/drift';
import type { JsonPatchOperation } from '#kube/apply/managers';
import type { Unstructured } from '#kube/object';
import { timeLimit } from '#lib/time-limit';
import { desiredHash, liveFingerprint } from '../apply/fingerprint.ts';
import { compareApplyOrder, objectIdOf } from '../apply/object-id.ts';
import { type Action, type DesiredContext, snapshotMetadata } from './action.ts';
import { setReady } from './conditions.ts';
import { type Drift, type DriftReport, refusalText, summarizeDrift, type Update } from './drift.ts';
import { fieldManager, timeoutMs } from './helmrelease.ts';
import { withOwnership, type ReleaseIdentity } from './release-objects.ts';
import { fullName, latest } from './snapshot.ts';

export function correctDriftAction(context: DesiredContext, report: DriftReport): Action {
  return {
    name: 'correct cluster drift',
    type: 'drift correction',
    timeoutMs: timeoutMs(context.object),
    run: () => correct(context, report),
  };
}

/** Failures are told, and not thrown: the next look finds what is left. */
async function correct(context: DesiredContext, report: DriftReport): Promise<void> {
  const { object, clock } = context;
  const snapshot = latest(object.status?.history);
  if (snapshot === undefined) return;
  setReady(object, 'Unknown', 'Progressing', 'correcting cluster drift', clock.now());
  const limited = { ...context, signal: AbortSignal.any([context.signal, timeLimit(timeoutMs(object))]) };
  const release = { name: snapshot.name, namespace: snapshot.namespace };
  const done: Drift[] = [];
  const failures: string[] = [];
  for (const drift of inOrder(report.drifts)) {
    try {
      await correctOne(limited, drift, release);
      done.push(drift);
    } catch (error) {
      context.signal.throwIfAborted();
      const what = drift.type === 'create' ? 'creation' : 'patch';
      failures.push(`${drift.item.subject} ${what} failure: ${refusalText(drift.item, error)}`);
    }
  }
  const changes = done
    .map(({ type, item: { subject } }) => `${subject} ${type === 'create' ? 'created' : 'configured'}`)
    .join('\n');
  const metadata = snapshotMetadata(snapshot);
  const where = `cluster state of release ${fullName(snapshot)}`;
  if (failures.length > 0) {
    const partially = done.length > 0 ? 'partially ' : '';
    const rest = done.length > 0 ? `\n\nSuccessful corrections:\n${changes}` : '';
    const message = `Failed to ${partially}correct ${where}:\n${failures.join('\n')}${rest}`;
    context.event('error', 'DriftCorrectionFailed', message, metadata);
    return;
  }
  if (done.length === 0) return;
  const message = `C${where.slice(1)} has been corrected:\n${changes}`;
  context.event('info', 'DriftCorrected', message, metadata);
  context.log.info({ drift: summarizeDrift(report) }, 'drift corrected');
}

/** What is missing first, then what differs. */
function inOrder(drifts: readonly Drift[]): Drift[] {
  const sorted = (type: Drift['type']): Drift[] =>
    drifts
      .filter((drift) => drift.type === type)
      .toSorted((a, b) => compareApplyOrder(objectIdOf(a.item.object), objectIdOf(b.item.object)));
  return [...sorted('create'), ...sorted('update')];
}

async function correctOne(context: DesiredContext, drift: Drift, release: ReleaseIdentity): Promise<void> {
  const { cluster, applied, signal } = context;
  const { item } = drift;
  const object = withOwnership(item.object, release);
  let written: Unstructured;
  if (drift.type === 'update' && drift.hasIgnored) {
    // Applying the whole object would put back the fields that are to be left alone, too.
    const { name = '', namespace } = drift.live.metadata;
    const body = patchOf(drift);
    written = await cluster.client.patch(
      item.resource,
      { name, namespace },
      { type: 'json', body },
      { fieldManager, signal },
    );
  } else {
    written = await cluster.client.apply(item.resource, object, { fieldManager, force: true, signal });
  }
  applied.set(item.id, { desired: desiredHash(object), live: liveFingerprint(written) });
}

/** The JSON patch from the live object to the wanted one. */
export function patchOf({ changes, live, wanted }: Pick<Update, 'changes' | 'live' | 'wanted'>): JsonPatchOperation[] {
  const operations = changes.map(({ path, kind }): JsonPatchOperation => {
    if (kind === 'removed') return { op: 'remove', path };
    return { op: kind === 'added' ? 'add' : 'replace', path, value: valueAt(wanted, path) };
  });
  for (const field of ['labels', 'annotations'] as const) {
    const needed = operations.some(({ path }) => path.startsWith(`/metadata/${field}/`));
    if (needed && live.metadata[field] === undefined)
      operations.unshift({ op: 'add', path: `/metadata/${field}`, value: {} });
  }
  // The end of a list goes first, so that the indexes before it stay true.
  const removals = operations.filter(({ op }) => op === 'remove').toReversed();
  return [...operations.filter(({ op }) => op !== 'remove'), ...removals];
}

function valueAt(object: Unstructured, path: Difference['path']): unknown {
  let value: unknown = object;
  for (const token of path.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
