// The steps that installing and upgrading have in common: render, definitions, hooks, apply, wait, record.
import type { GroupVersionKind } from '#api/group-version';
import type { Hook, HookEvent, RecordedHook, ReleaseRecord, ReleaseStatus, ValuesMap } from '#helm/index';
import { metadataOnly } from '#helm/index';
import type { Unstructured } from '#kube/object';
import { isAlreadyExists } from '#kube/status-error';
import { goDuration } from '#lib/duration-ms';
import { errorMessage } from '#lib/errors';
import { SupersededError } from '#runtime/controller';
import { healthExpressions } from '../apply/expressions.ts';
import { fullTargets } from '../apply/own-watch.ts';
import { awaitReady, NotReadyError, type ReadinessTarget } from '../apply/readiness.ts';
import type { DesiredContext, ReleaseContext } from './action.ts';
import { applyMethodRecord } from './apply-method.ts';
import { applyCrds } from './crds.ts';
import { releaseName, releaseNamespace, timeoutMs, type ActionName } from './helmrelease.ts';
import { runHooks } from './hooks.ts';
import { legacyHealth } from './legacy-ready.ts';
import type { ApplyMethod } from './client-side.ts';
import type { ApplyOutcome } from './release-applier.ts';
import type { ReleaseIdentity, ReleaseItem } from './release-objects.ts';
import type { RenderOutput } from './render-job.ts';
import { helmTime, type StoredRelease } from './storage.ts';

/** Settings of install, upgrade and rollback that these steps go by. */
export interface StepSettings {
  readonly disableHooks?: boolean | undefined;
  readonly disableWait?: boolean | undefined;
  readonly disableWaitForJobs?: boolean | undefined;
  readonly disableOpenAPIValidation?: boolean | undefined;
  readonly disableSchemaValidation?: boolean | undefined;
  readonly crds?: 'Skip' | 'Create' | 'CreateReplace' | undefined;
}

export interface RevisionRequest {
  readonly revision: number;
  readonly isUpgrade: boolean;
  readonly values: ValuesMap;
  /** The release whose values to start from. */
  readonly reuse?: StoredRelease | undefined;
  readonly settings: StepSettings;
}

/** Renders a revision. The chart's definitions come first: templates may ask for what they bring. */
export async function renderRevision(
  context: DesiredContext,
  { revision, isUpgrade, values, reuse, settings }: RevisionRequest,
): Promise<RenderOutput> {
  const { object, chart, file, cluster, steps, signal, renderer } = context;
  steps.note(`rendering ${chart.name}@${chart.version} as revision ${revision}`);
  const render = (newKinds: readonly GroupVersionKind[]): Promise<RenderOutput> =>
    renderer.render({
      object,
      file,
      values,
      ...(reuse !== undefined && { reuse: { chart: reuse.parts.chart, config: reuse.record.config ?? {} } }),
      revision,
      isUpgrade,
      skipSchemaValidation: settings.disableSchemaValidation === true,
      cluster,
      newKinds,
      signal,
    });
  const rendered = await render([]);
  const crds = rendered.crds.flatMap(({ objects }) => objects);
  const policy = settings.crds ?? 'Create';
  if (crds.length === 0 || policy === 'Skip') return rendered;
  let kinds: GroupVersionKind[];
  try {
    kinds = await applyCrds(crds, { context, policy });
  } catch (error) {
    throw new Error(`failed to apply CustomResourceDefinitions: ${errorMessage(error)}`, { cause: error });
  }
  return kinds.length > 0 ? render(kinds) : rendered;
}

function recordedHooks(hooks: readonly Hook[]): RecordedHook[] {
  return hooks.map((hook) => ({
    name: hook.name,
    kind: hook.kind,
    path: hook.path,
    manifest: hook.manifest,
    events: [...hook.events],
    last_run: { started_at: '', completed_at: '', phase: '' },
    weight: hook.weight,
    delete_policies: [...hook.deletePolicies],
    output_log_policies: [...hook.outputLogPolicies],
  }));
}

export interface NewRecord {
  readonly rendered: RenderOutput;
  readonly revision: number;
  readonly status: ReleaseStatus;
  readonly description: string;
  /** When the release was first installed; now, when left out. */
  readonly firstDeployed?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly side: ApplyMethod['side'];
}

export function newRecord({ object, clock }: ReleaseContext, made: NewRecord): StoredRelease {
  const { rendered, revision, status, description, labels = {} } = made;
  const { values } = rendered;
  const now = helmTime(clock.now());
  const record: ReleaseRecord = {
    name: releaseName(object),
    namespace: releaseNamespace(object),
    version: revision,
    info: {
      first_deployed: made.firstDeployed ?? now,
      last_deployed: now,
      deleted: '',
      description,
      status,
      ...(rendered.notes !== '' && { notes: rendered.notes }),
    },
    chart: metadataOnly(rendered.metadata),
    ...(Object.keys(values).length > 0 && { config: asStored(values) }),
    manifest: rendered.manifest,
    hooks: recordedHooks(rendered.hooks),
    ...applyMethodRecord(made.side),
  };
  return { record, parts: rendered.parts, labels };
}

/** Values as they come back from the storage: JSON knows one kind of number. */
function asStored(values: ValuesMap): ValuesMap {
  return JSON.parse(
    JSON.stringify(values, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  ) as ValuesMap;
}

export async function setStatus(
  { storage }: ReleaseContext,
  release: StoredRelease,
  status: ReleaseStatus,
  description: string,
): Promise<void> {
  release.record.info = { ...release.record.info, status, description };
  await storage.update(release);
}

export interface HookRequest {
  readonly settings: StepSettings;
  readonly action: ActionName;
  readonly event: HookEvent;
  /** What stands before the error of a hook. */
  readonly prefix: string;
}

export async function runReleaseHooks(
  { object, cluster, clock, steps, signal, unwanted }: ReleaseContext,
  { record }: StoredRelease,
  { settings, action, event, prefix }: HookRequest,
): Promise<void> {
  if (settings.disableHooks === true) return;
  const hooks = record.hooks ?? [];
  try {
    await runHooks(hooks, event, {
      cluster,
      namespace: record.namespace,
      timeoutMs: timeoutMs(object, action),
      clock,
      note: (step) => steps.note(step),
      signal,
      unwanted,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SupersededError) throw error;
    throw new Error(`${prefix}${errorMessage(error)}`, { cause: error });
  }
}

export function identityOf({ record }: StoredRelease): ReleaseIdentity {
  return { name: record.name, namespace: record.namespace };
}

export interface ApplyStep {
  readonly items: readonly ReleaseItem[];
  readonly release: ReleaseIdentity;
  readonly settings: StepSettings;
  readonly method: ApplyMethod;
}

export async function applyItems(
  { applier, applied, signal }: ReleaseContext,
  { items, release, settings, method }: ApplyStep,
): Promise<ApplyOutcome> {
  const validate = settings.disableOpenAPIValidation !== true;
  return applier.apply({ items, release, method, memory: applied, validate, signal });
}

/** Waits until what was applied is ready, as the settings ask. */
export async function waitForItems(
  { object, cluster, steps, signal, superseded }: ReleaseContext,
  targets: readonly ReadinessTarget[],
  settings: StepSettings,
  action: ActionName,
): Promise<void> {
  if (settings.disableWait === true) return;
  const waited = targets.filter((target) => isWaitedFor(target, settings));
  if (waited.length === 0) return;
  const isLegacy = object.spec.waitStrategy?.name === 'legacy';
  const expressions = isLegacy ? undefined : healthExpressions(object);
  const health = isLegacy ? legacyHealth : expressions?.judge;
  const ends = AbortSignal.any([signal, superseded]);
  const release: (() => void)[] = [];
  const limitMs = timeoutMs(object, action);
  steps.note(`waiting for ${waited.length} object(s) with timeout of ${goDuration(limitMs)}`);
  try {
    const isCovered = (target: Unstructured): boolean => expressions?.covers(target) === true;
    const full = await fullTargets(waited, isCovered, { cluster, signal: ends, release });
    await awaitReady(full, {
      timeoutMs: limitMs,
      failFast: true,
      signal: ends,
      ...(health !== undefined && { health }),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NotReadyError) for (const line of error.pending) steps.note(line);
    if (!(error instanceof NotReadyError) || error.failedEarly) throw error;
    throw new Error(`context deadline exceeded: ${error.message}`, { cause: error });
  } finally {
    for (const leave of release) leave();
  }
}

/** A Deployment that is paused never gets ready. */
function isWaitedFor({ object }: ReadinessTarget, { disableWaitForJobs }: StepSettings): boolean {
  if (object.kind === 'Job') return disableWaitForJobs !== true;
  return object.kind !== 'Deployment' || (object['spec'] as { readonly paused?: boolean } | undefined)?.paused !== true;
}

/** Makes the target namespace where the spec asks for it. */
export async function ensureNamespace({ object, cluster, signal }: ReleaseContext): Promise<void> {
  const { targetNamespace, install } = object.spec;
  if (!targetNamespace || install?.createNamespace !== true) return;
  const namespaces = { group: '', version: 'v1', plural: 'namespaces', namespaced: false };
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: targetNamespace, labels: { name: targetNamespace } },
  };
  try {
    await cluster.client.create(namespaces, namespace, { fieldManager: 'helm-controller', signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
