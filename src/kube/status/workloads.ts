// Rules for the controllers of pods: Deployment, ReplicaSet, StatefulSet, DaemonSet.
import { conditionsOf, intAt, stringAt, type Inspected } from './fields.ts';
import { current, failed, inProgress, type HealthResult } from './result.ts';

// The controller treats this as "no deadline" and then sets no Progressing condition.
const NO_DEADLINE = 0x7fffffff;

interface Counts {
  readonly wanted: number;
  readonly replicas: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly current: number;
  readonly labelled: number;
}

function countsOf(object: Inspected): Counts {
  const count = (name: string): number => intAt(object, ['status', name], 0);
  return {
    wanted: intAt(object, ['spec', 'replicas'], 1),
    replicas: count('replicas'),
    updated: count('updatedReplicas'),
    ready: count('readyReplicas'),
    available: count('availableReplicas'),
    current: count('currentReplicas'),
    labelled: count('fullyLabeledReplicas'),
  };
}

/** InProgress with "<label>: <have>/<want>" while there is less than wanted. */
function short(reason: string, label: string, have: number, want: number): HealthResult | undefined {
  return want > have ? inProgress(reason, `${label}: ${have}/${want}`) : undefined;
}

function surplus(have: number, want: number): HealthResult | undefined {
  return have > want ? inProgress('ExtraPods', `Pending termination: ${have - want}`) : undefined;
}

export function deployment(object: Inspected): HealthResult {
  let progressing = intAt(object, ['spec', 'progressDeadlineSeconds'], NO_DEADLINE) === NO_DEADLINE;
  let available = false;
  for (const { type, status, reason } of conditionsOf(object)) {
    if (type === 'Progressing') {
      if (reason === 'ProgressDeadlineExceeded') return failed(reason, 'Progress deadline exceeded');
      if (status === 'True' && reason === 'NewReplicaSetAvailable') progressing = true;
    } else if (type === 'Available' && status === 'True') {
      available = true;
    }
  }
  const n = countsOf(object);
  const pending =
    short('LessReplicas', 'Replicas', n.replicas, n.wanted) ??
    short('LessUpdated', 'Updated', n.updated, n.wanted) ??
    surplus(n.replicas, n.wanted) ??
    short('LessAvailable', 'Available', n.available, n.updated) ??
    short('LessReady', 'Ready', n.ready, n.wanted);
  if (pending !== undefined) return pending;
  if (!progressing) return inProgress('ReplicaSetNotAvailable', 'ReplicaSet not Available');
  if (!available) return inProgress('DeploymentNotAvailable', 'Deployment not Available');
  return current(`Deployment is available. Replicas: ${n.replicas}`);
}

export function replicaSet(object: Inspected): HealthResult {
  if (conditionsOf(object).some(({ type, status }) => type === 'ReplicaFailure' && status === 'True')) {
    return inProgress('ReplicaFailure', 'Replica Failure condition. Check Pods');
  }
  const n = countsOf(object);
  return (
    short('LessLabelled', 'Labelled', n.labelled, n.wanted) ??
    short('LessAvailable', 'Available', n.available, n.wanted) ??
    short('LessReady', 'Ready', n.ready, n.wanted) ??
    surplus(n.replicas, n.wanted) ??
    current(`ReplicaSet is available. Replicas: ${n.replicas}`)
  );
}

export function statefulSet(object: Inspected): HealthResult {
  // With OnDelete the user replaces the pods: there is nothing to wait for.
  if (stringAt(object, ['spec', 'updateStrategy', 'type'], '') === 'OnDelete') {
    return current('StatefulSet is using the ondelete update strategy');
  }
  const n = countsOf(object);
  const pending =
    short('LessReplicas', 'Replicas', n.replicas, n.wanted) ??
    short('LessReady', 'Ready', n.ready, n.wanted) ??
    surplus(n.replicas, n.wanted);
  if (pending !== undefined) return pending;
  const partition = intAt(object, ['spec', 'updateStrategy', 'rollingUpdate', 'partition'], -1);
  if (partition !== -1) {
    return (
      short('PartitionRollout', 'updated', n.updated, n.wanted - partition) ??
      current(`Partition rollout complete. updated: ${n.updated}`)
    );
  }
  const behind = short('LessCurrent', 'current', n.current, n.wanted);
  if (behind !== undefined) return behind;
  if (stringAt(object, ['status', 'currentRevision'], '') !== stringAt(object, ['status', 'updateRevision'], '')) {
    return inProgress('RevisionMismatch', 'Waiting for updated revision to match current');
  }
  return current(`All replicas scheduled as expected. Replicas: ${n.replicas}`);
}

export function daemonSet(object: Inspected): HealthResult {
  // The controller always sets these, so their absence means it has not looked yet.
  const kind = object.kind ?? '';
  if (Number.isNaN(intAt(object, ['metadata', 'generation'], Number.NaN))) {
    return inProgress('NoGeneration', `${kind} metadata.generation not found`);
  }
  if (Number.isNaN(intAt(object, ['status', 'observedGeneration'], Number.NaN))) {
    return inProgress('NoObservedGeneration', `${kind} status.observedGeneration not found`);
  }
  const count = (name: string): number => intAt(object, ['status', name], 0);
  const desired = intAt(object, ['status', 'desiredNumberScheduled'], -1);
  if (desired === -1) return inProgress('NoDesiredNumber', 'Missing .status.desiredNumberScheduled');
  return (
    short('LessCurrent', 'Current', count('currentNumberScheduled'), desired) ??
    short('LessUpdated', 'Updated', count('updatedNumberScheduled'), desired) ??
    short('LessAvailable', 'Available', count('numberAvailable'), desired) ??
    short('LessReady', 'Ready', count('numberReady'), desired) ??
    current(`All replicas scheduled as expected. Replicas: ${desired}`)
  );
}
