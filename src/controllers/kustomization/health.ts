// Waits for the health of what was applied, or of the objects the spec names.
import type { Kustomization } from '#api/kustomize/kustomization';
import type { Unstructured } from '#kube/object';
import { goDuration } from '#lib/duration-ms';
import { deleteConditions, isTrue, markReconciling } from '#runtime/conditions';
import { groupKindOf, type Cluster } from '../apply/cluster.ts';
import type { HealthExpressions } from '../apply/expressions.ts';
import { subjectOf } from '../apply/object-id.ts';
import { fullTargets, type OwnWatches, ownWatch } from '../apply/own-watch.ts';
import { awaitReady, type ReadinessTarget } from '../apply/readiness.ts';
import { healthyCondition, setHealthy } from './conditions.ts';
import { timeoutMs, type KustomizationDraft } from './kustomization.ts';

export interface HealthCheck {
  readonly object: KustomizationDraft;
  readonly revision: string;
  readonly cluster: Cluster;
  /** How to judge kinds the spec has expressions for. */
  readonly expressions: HealthExpressions | undefined;
  /** Everything that was applied. */
  readonly applied: readonly ReadinessTarget[];
  /** Whether this run changed anything or brought a new revision: success is then worth an event. */
  readonly isNew: boolean;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly announce: () => void;
  readonly event: (message: string) => void;
}

/** Sets the Healthy condition. Throws what keeps the objects from being ready. */
export async function checkHealth(check: HealthCheck): Promise<void> {
  const { object, now } = check;
  const named = object.spec.wait === true ? [] : (object.spec.healthChecks ?? []);
  const wanted = object.spec.wait === true ? check.applied.filter((target) => !isSelf(target, object)) : undefined;
  if ((wanted ?? named).length === 0) {
    deleteConditions(object, healthyCondition);
    return;
  }
  const wasHealthy = isTrue(object, healthyCondition);
  const timeout = timeoutMs(object);
  const text = `Running health checks for revision ${check.revision} with a timeout of ${goDuration(timeout)}`;
  markReconciling(object, 'Progressing', text, now());
  setHealthy(object, 'Unknown', 'Progressing', text, now());
  check.announce();
  const started = now();
  const release: (() => void)[] = [];
  try {
    const watches = { cluster: check.cluster, signal: check.signal, release };
    const isCovered = (target: Unstructured): boolean => check.expressions?.covers(target) === true;
    const targets =
      wanted === undefined ? await namedTargets(named, watches) : await fullTargets(wanted, isCovered, watches);
    await awaitReady(targets, {
      timeoutMs: timeout,
      failFast: true,
      signal: check.signal,
      ...(check.expressions && { health: check.expressions.judge }),
    });
  } catch (error) {
    check.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    setHealthy(object, 'False', 'HealthCheckFailed', why, now());
    throw new Error(`health check failed after ${goDuration(now() - started)}: ${why}`, { cause: error });
  } finally {
    for (const leave of release) leave();
  }
  const message = `Health check passed in ${goDuration(now() - started)}`;
  setHealthy(object, 'True', 'Succeeded', message, now());
  if (!wasHealthy || check.isNew) check.event(message);
}

/** A Kustomization that applies itself must not wait for itself. */
function isSelf({ object }: ReadinessTarget, { metadata, spec }: KustomizationDraft): boolean {
  if (spec.kubeConfig !== undefined) return false;
  const { name, namespace } = object.metadata;
  return object.kind === 'Kustomization' && name === metadata.name && namespace === metadata.namespace;
}

type NamedCheck = NonNullable<Kustomization['spec']['healthChecks']>[number];

/** Each named object gets a watch of its own for as long as the wait lasts. */
async function namedTargets(named: readonly NamedCheck[], watches: OwnWatches): Promise<ReadinessTarget[]> {
  const { discovery } = watches.cluster;
  return Promise.all(
    named.map(async ({ apiVersion = 'apps/v1', kind, name, namespace = '' }) => {
      const resource = await discovery.resourceFor(groupKindOf(apiVersion, kind));
      if (resource.namespaced && namespace === '') {
        const group = resource.group === '' ? kind : `${kind}.${resource.group}`;
        throw new Error(`resource ${group} ${name} is namespace scoped, but namespace is not set`);
      }
      const object: Unstructured = {
        apiVersion,
        kind,
        metadata: { name, ...(resource.namespaced && { namespace }) },
      };
      return {
        subject: subjectOf({ kind, namespace: resource.namespaced ? namespace : '', name }),
        key: resource.namespaced ? `${namespace}/${name}` : name,
        object,
        kind: ownWatch(resource, { name, ...(resource.namespaced && { namespace }) }, watches),
      };
    }),
  );
}
