// Health of any object: generic rules first, then the kind's own, then its Ready condition. The rules are kstatus'.
import { parseApiVersion } from '#api/group-version';
import { systemClock, type Clock } from '#lib/clock';
import { job } from './batch.ts';
import { always, customResourceDefinition, persistentVolumeClaim, podDisruptionBudget, service } from './core.ts';
import { intAt, type Inspected } from './fields.ts';
import { byReadyCondition, generic } from './generic.ts';
import { pod } from './pod.ts';
import { inProgress, notFound, type HealthResult } from './result.ts';
import { daemonSet, deployment, replicaSet, statefulSet } from './workloads.ts';

export type { Health, HealthResult } from './result.ts';
export type { Inspected } from './fields.ts';
export { withPods } from './pod.ts';

type Rule = (object: Inspected, nowMs: number) => HealthResult;

/** By `group/Kind`, whatever the version. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['/Secret', always],
  ['/ConfigMap', always],
  ['batch/CronJob', always],
  ['/Service', service],
  ['/Pod', pod],
  ['/PersistentVolumeClaim', persistentVolumeClaim],
  ['policy/PodDisruptionBudget', podDisruptionBudget],
  ['apps/Deployment', deployment],
  ['extensions/Deployment', deployment],
  ['apps/ReplicaSet', replicaSet],
  ['extensions/ReplicaSet', replicaSet],
  ['apps/DaemonSet', daemonSet],
  ['extensions/DaemonSet', daemonSet],
  ['apps/StatefulSet', statefulSet],
  ['apiextensions.k8s.io/CustomResourceDefinition', customResourceDefinition],
]);

/** The health of `object`, which must be complete; undefined stands for one that is not there. */
export function computeHealth(object: Inspected | undefined, clock: Pick<Clock, 'now'> = systemClock): HealthResult {
  if (object === undefined) return notFound;
  const id = `${parseApiVersion(object.apiVersion ?? '').group}/${object.kind ?? ''}`;
  // A Job's rule stands alone: its conditions say all, and a deleted finished Job is finished.
  if (id === 'batch/Job') return job(object);
  return generic(object) ?? RULES.get(id)?.(object, clock.now()) ?? byReadyCondition(object);
}

/** For kinds judged by expressions of the user: an object whose controller has not seen its spec is in progress. */
export function generationNotObserved(object: Inspected): HealthResult | undefined {
  const generation = intAt(object, ['metadata', 'generation'], Number.NaN);
  const observed = intAt(object, ['status', 'observedGeneration'], Number.NaN);
  if (Number.isNaN(observed) || observed === generation) return undefined;
  return inProgress(
    'LatestGenerationNotObserved',
    `${object.kind ?? ''} generation is ${generation}, but latest observed generation is ${observed}`,
  );
}
