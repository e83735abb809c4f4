// Rules for Pods, and what failed Pods say of the set that owns them.
import { conditionsOf, listAt, stringAt, type Inspected } from './fields.ts';
import { generic } from './generic.ts';
import { current, failed, inProgress, unknown, type HealthResult } from './result.ts';

// How long a pod may be unschedulable before it counts as failed: an autoscaler may be about to bring a node.
const SCHEDULE_WINDOW_MS = 15_000;

export function pod(object: Inspected, nowMs: number): HealthResult {
  const phase = stringAt(object, ['status', 'phase'], '');
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully');
    case 'Failed':
      // Done, though not well: nothing more will happen to it.
      return current('Pod has completed, but not successfully');
    case 'Running':
      return running(object);
    case 'Pending':
      return pending(object, nowMs);
    case '':
      return inProgress('PodNotObserved', 'Pod phase not available');
    default:
      return unknown(`unknown phase ${phase}`);
  }
}

function running(object: Inspected): HealthResult {
  if (conditionsOf(object).some(({ type, status }) => type === 'Ready' && status === 'True')) {
    return current('Pod is Ready');
  }
  const looping = listAt(object, ['status', 'containerStatuses'])
    .map((entry) => entry as { name?: unknown; state?: { waiting?: { reason?: unknown } } } | null)
    .filter((entry) => entry?.state?.waiting?.reason === 'CrashLoopBackOff')
    .map((entry) => String(entry?.name));
  if (looping.length > 0) {
    return failed('ContainerCrashLooping', `Containers in CrashLoop state: ${looping.join(',')}`);
  }
  return inProgress('PodRunningNotReady', 'Pod is running but is not Ready');
}

function pending(object: Inspected, nowMs: number): HealthResult {
  const scheduled = conditionsOf(object).find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (scheduled?.reason !== 'Unschedulable') return inProgress('PodPending', 'Pod is in the Pending phase');
  const createdMs = Date.parse(object.metadata.creationTimestamp ?? '');
  if (createdMs > nowMs - SCHEDULE_WINDOW_MS) return inProgress('PodNotScheduled', 'Pod has not been scheduled');
  return failed('PodUnschedulable', 'Pod could not be scheduled');
}

/**
 * A set that is still in progress has failed when one of its pods has. Pods on their way out, and those that wait for a
 * node, do not count: a rolling update has both.
 */
export function withPods(result: HealthResult, pods: Iterable<Inspected>, nowMs: number): HealthResult {
  if (result.status !== 'InProgress') return result;
  let failures = 0;
  for (const each of pods) {
    const health = generic(each) ?? pod(each, nowMs);
    if (health.status === 'Failed' && health.reason !== 'PodUnschedulable') failures++;
  }
  return failures === 0 ? result : failed('PodsFailed', `${failures} pods have failed`);
}
