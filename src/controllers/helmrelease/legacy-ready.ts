// When an object is ready by Helm 3's rules: workloads by their counts, claims, Services and definitions by one field,
// everything else by being there. Told by the object alone, where Helm also looks at ReplicaSets and Pods of it.
import { parseApiVersion } from '#api/group-version';
import type { HealthResult, Inspected } from '#kube/status/compute';
import { booleanAt, conditionsOf, intAt, listAt, stringAt, valueAt } from '#kube/status/fields';
import { current, failed, inProgress, notFound } from '#kube/status/result';

const ready = current('ready');
const notReady = (message: string): HealthResult => inProgress('NotReady', message);

/** By `group/Kind`, whatever the version. */
const rules: ReadonlyMap<string, (object: Inspected) => HealthResult> = new Map([
  ['/Pod', pod],
  ['batch/Job', job],
  ['apps/Deployment', deployment],
  ['/PersistentVolumeClaim', persistentVolumeClaim],
  ['/Service', service],
  ['apps/DaemonSet', daemonSet],
  ['apps/StatefulSet', statefulSet],
  ['apps/ReplicaSet', replicaSet],
  ['/ReplicationController', replicaSet],
  ['apiextensions.k8s.io/CustomResourceDefinition', customResourceDefinition],
]);

/** The health of an object as the wait strategy `legacy` sees it. Only a Job fails for good. */
export function legacyHealth(object: Inspected | undefined): HealthResult {
  if (object === undefined) return notFound;
  const id = `${parseApiVersion(object.apiVersion ?? '').group}/${object.kind ?? ''}`;
  return rules.get(id)?.(object) ?? ready;
}

function pod(object: Inspected): HealthResult {
  const isReady = conditionsOf(object).some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady ? ready : notReady('Pod is not ready');
}

function job(object: Inspected): HealthResult {
  if (intAt(object, ['status', 'failed'], 0) > intAt(object, ['spec', 'backoffLimit'], 6)) {
    return failed('JobFailed', 'job is failed');
  }
  const isDone = intAt(object, ['status', 'succeeded'], 0) >= intAt(object, ['spec', 'completions'], 0);
  return isDone ? ready : notReady('Job is not completed');
}

function persistentVolumeClaim(object: Inspected): HealthResult {
  return stringAt(object, ['status', 'phase'], '') === 'Bound' ? ready : notReady('PersistentVolumeClaim is not bound');
}

function service(object: Inspected): HealthResult {
  const type = stringAt(object, ['spec', 'type'], 'ClusterIP');
  if (type === 'ExternalName') return ready;
  if (stringAt(object, ['spec', 'clusterIP'], '') === '') return notReady('Service does not have cluster IP address');
  if (type !== 'LoadBalancer' || listAt(object, ['spec', 'externalIPs']).length > 0) return ready;
  const ingress = valueAt(object, ['status', 'loadBalancer', 'ingress']);
  return Array.isArray(ingress) ? ready : notReady('Service does not have load balancer ingress IP address');
}

function customResourceDefinition(object: Inspected): HealthResult {
  const decided = conditionsOf(object).some(
    ({ type, status }) =>
      // A conflict of names is for others to mend.
      (type === 'Established' && status === 'True') || (type === 'NamesAccepted' && status === 'False'),
  );
  return decided ? ready : notReady('CustomResourceDefinition is not established');
}

function deployment(object: Inspected): HealthResult {
  if (booleanAt(object, ['spec', 'paused'], false)) return ready;
  const stale = unobserved(object);
  if (stale !== undefined) return stale;
  const replicas = intAt(object, ['spec', 'replicas'], 1);
  const [updated, all, readyPods] = ['updatedReplicas', 'replicas', 'readyReplicas'].map((field) =>
    intAt(object, ['status', field], 0),
  ) as [number, number, number];
  // At least so many of the ready ones are new, even if all the old ones are ready.
  return enough(readyPods - (all - updated), replicas - maxUnavailable(object, replicas));
}

/** How many Pods of a Deployment may be missing: rounded down, but one where nothing could be replaced else. */
function maxUnavailable(object: Inspected, replicas: number): number {
  if (stringAt(object, ['spec', 'strategy', 'type'], '') !== 'RollingUpdate' || replicas === 0) return 0;
  const scaled = (field: string, round: (value: number) => number): number =>
    scaledValue(valueAt(object, ['spec', 'strategy', 'rollingUpdate', field]), replicas, round) ?? 0;
  const missing = scaled('maxUnavailable', Math.floor);
  if (missing === 0 && scaled('maxSurge', Math.ceil) === 0) return 1;
  return Math.min(missing, replicas);
}

function daemonSet(object: Inspected): HealthResult {
  const stale = unobserved(object);
  if (stale !== undefined) return stale;
  if (stringAt(object, ['spec', 'updateStrategy', 'type'], '') !== 'RollingUpdate') return ready;
  const desired = intAt(object, ['status', 'desiredNumberScheduled'], 0);
  const updated = intAt(object, ['status', 'updatedNumberScheduled'], 0);
  if (updated !== desired) return notReady(`${updated} out of ${desired} expected pods have been scheduled`);
  const limit = valueAt(object, ['spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable']);
  const missing = scaledValue(limit, desired, Math.ceil) ?? desired;
  return enough(intAt(object, ['status', 'numberReady'], 0), desired - missing);
}

function statefulSet(object: Inspected): HealthResult {
  const stale = unobserved(object);
  if (stale !== undefined) return stale;
  if (stringAt(object, ['spec', 'updateStrategy', 'type'], '') !== 'RollingUpdate') return ready;
  const replicas = intAt(object, ['spec', 'replicas'], 1);
  const partition = intAt(object, ['spec', 'updateStrategy', 'rollingUpdate', 'partition'], 0);
  const updated = intAt(object, ['status', 'updatedReplicas'], 0);
  if (updated < replicas - partition) {
    return notReady(`${updated} out of ${replicas - partition} expected pods have been scheduled`);
  }
  const readyPods = intAt(object, ['status', 'readyReplicas'], 0);
  if (readyPods !== replicas) return notReady(`${readyPods} out of ${replicas} expected pods are ready`);
  const [from, to] = ['currentRevision', 'updateRevision'].map((field) => stringAt(object, ['status', field], ''));
  return partition > 0 || from === to ? ready : notReady('currentRevision does not yet match updateRevision');
}

function replicaSet(object: Inspected): HealthResult {
  const all = intAt(object, ['status', 'replicas'], 0);
  return unobserved(object) ?? enough(intAt(object, ['status', 'readyReplicas'], 0), all);
}

/** Undefined when the status is about the spec as it is. */
function unobserved(object: Inspected): HealthResult | undefined {
  const generation = intAt(object, ['metadata', 'generation'], 0);
  const observed = intAt(object, ['status', 'observedGeneration'], 0);
  if (observed === generation) return undefined;
  return notReady(`observedGeneration (${observed}) does not match spec generation (${generation})`);
}

function enough(found: number, expected: number): HealthResult {
  return found >= expected ? ready : notReady(`${found} out of ${expected} expected pods are ready`);
}

/** A count, or a share of `total`; undefined for neither. */
function scaledValue(value: unknown, total: number, round: (value: number) => number): number | undefined {
  if (typeof value === 'number') return value;
  const [, share] = (typeof value === 'string' ? /^(\d+)%$/.exec(value) : null) ?? [];
  return share === undefined ? undefined : round((Number(share) * total) / 100);
}
