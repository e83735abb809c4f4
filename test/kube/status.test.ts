// Health of objects: one table per family, in kstatus' words.
import assert from 'node:assert/strict';
import { computeHealth, generationNotObserved, withPods, type Inspected } from '#kube/status/compute';

const NOW = Date.UTC(2026, 0, 1, 12);
const clock = { now: () => NOW };

interface Row {
  readonly case: string;
  readonly object: Record<string, unknown>;
  /** `Status: message`. */
  readonly want: string;
}

function object(apiVersion: string, kind: string, body: Record<string, unknown>): Inspected {
  return { apiVersion, kind, metadata: { name: 'x', generation: 1 }, ...body };
}

function table(apiVersion: string, kind: string, rows: readonly Row[]): void {
  describe(kind, () => {
    for (const row of rows) {
      it(row.case, () => {
        const { status, message } = computeHealth(object(apiVersion, kind, row.object), clock);
        assert.equal(`${status}: ${message}`, row.want);
      });
    }
  });
}

const condition = (type: string, status: string, reason = 'R', message = 'M') => ({ type, status, reason, message });
const partition = (n: number) => ({
  replicas: 3,
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: n } },
});
const created = (secondsAgo: number) => ({ creationTimestamp: new Date(NOW - secondsAgo * 1000).toISOString() });
const waiting = (name: string, reason: string) => ({ name, state: { waiting: { reason } } });

describe('computeHealth', () => {
  table('example.com/v1', 'Widget', [
    { case: 'is current with no status at all', object: {}, want: 'Current: Resource is current' },
    {
      case: 'is terminating once deleted, whatever else it says',
      object: {
        metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', generation: 2 },
        status: { observedGeneration: 1 },
      },
      want: 'Terminating: Resource scheduled for deletion',
    },
    {
      case: 'is in progress until its generation is observed',
      object: {
        metadata: { generation: 2 },
        status: { observedGeneration: 1, conditions: [condition('Ready', 'True')] },
      },
      want: 'InProgress: Widget generation is 2, but latest observed generation is 1',
    },
    {
      case: 'does not ask for an observed generation',
      object: { status: { conditions: [condition('Ready', 'True')] } },
      want: 'Current: Resource is Ready',
    },
    {
      case: 'is in progress while Reconciling',
      object: {
        status: { conditions: [condition('Ready', 'True'), condition('Reconciling', 'True', 'Progressing', 'going')] },
      },
      want: 'InProgress: going',
    },
    {
      case: 'has failed when Stalled',
      object: { status: { conditions: [condition('Stalled', 'True', 'X', 'stuck')] } },
      want: 'Failed: stuck',
    },
    {
      case: 'goes by whichever of both comes first',
      object: {
        status: { conditions: [condition('Stalled', 'True', 'X', 'stuck'), condition('Reconciling', 'True')] },
      },
      want: 'Failed: stuck',
    },
    {
      case: 'ignores Reconciling=False',
      object: { status: { conditions: [condition('Reconciling', 'False'), condition('Stalled', 'False')] } },
      want: 'Current: Resource is current',
    },
    {
      case: 'is in progress with Ready=False',
      object: { status: { conditions: [condition('Ready', 'False', 'X', 'not yet')] } },
      want: 'InProgress: not yet',
    },
    {
      case: 'is in progress with Ready=Unknown',
      object: { status: { conditions: [condition('Ready', 'Unknown', 'X', 'who knows')] } },
      want: 'InProgress: who knows',
    },
    {
      case: 'passes over a Ready that says nothing',
      object: { status: { conditions: [condition('Ready', 'Maybe')] } },
      want: 'Current: Resource is current',
    },
    {
      case: 'survives conditions of another shape',
      object: { status: { conditions: ['x', null, 7, { type: 'Ready', status: true }] } },
      want: 'Current: Resource is current',
    },
    { case: 'survives a status of another shape', object: { status: 'ok' }, want: 'Current: Resource is current' },
  ]);

  const deployed = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
  const available = condition('Available', 'True');
  const rolledOut = condition('Progressing', 'True', 'NewReplicaSetAvailable');
  table('apps/v1', 'Deployment', [
    { case: 'wants its replicas', object: { spec: { replicas: 3 } }, want: 'InProgress: Replicas: 0/3' },
    { case: 'counts one replica when none is named', object: {}, want: 'InProgress: Replicas: 0/1' },
    {
      case: 'wants them updated',
      object: { spec: { replicas: 3 }, status: { replicas: 3, updatedReplicas: 1 } },
      want: 'InProgress: Updated: 1/3',
    },
    {
      case: 'wants the old ones gone',
      object: { spec: { replicas: 2 }, status: { replicas: 3, updatedReplicas: 2 } },
      want: 'InProgress: Pending termination: 1',
    },
    {
      case: 'wants them available',
      object: { spec: { replicas: 3 }, status: { ...deployed, availableReplicas: 2 } },
      want: 'InProgress: Available: 2/3',
    },
    {
      case: 'wants them ready',
      object: { spec: { replicas: 3 }, status: { ...deployed, readyReplicas: 1 } },
      want: 'InProgress: Ready: 1/3',
    },
    {
      case: 'wants the rollout reported when it has a deadline',
      object: { spec: { replicas: 3, progressDeadlineSeconds: 60 }, status: { ...deployed, conditions: [available] } },
      want: 'InProgress: ReplicaSet not Available',
    },
    {
      case: 'wants the Available condition',
      object: { spec: { replicas: 3 }, status: deployed },
      want: 'InProgress: Deployment not Available',
    },
    {
      case: 'is current when all is there',
      object: {
        spec: { replicas: 3, progressDeadlineSeconds: 60 },
        status: { ...deployed, conditions: [rolledOut, available] },
      },
      want: 'Current: Deployment is available. Replicas: 3',
    },
    {
      case: 'takes MaxInt32 for no deadline',
      object: {
        spec: { replicas: 3, progressDeadlineSeconds: 2147483647 },
        status: { ...deployed, conditions: [available] },
      },
      want: 'Current: Deployment is available. Replicas: 3',
    },
    {
      case: 'is current with none wanted',
      object: { spec: { replicas: 0 }, status: { conditions: [available] } },
      want: 'Current: Deployment is available. Replicas: 0',
    },
    {
      case: 'has failed past its deadline',
      object: {
        spec: { replicas: 3 },
        status: { conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'timed out')] },
      },
      want: 'Failed: Progress deadline exceeded',
    },
  ]);

  table('apps/v1', 'ReplicaSet', [
    {
      case: 'reports a replica failure',
      object: { status: { conditions: [condition('ReplicaFailure', 'True')] } },
      want: 'InProgress: Replica Failure condition. Check Pods',
    },
    { case: 'wants its pods labelled', object: { spec: { replicas: 2 } }, want: 'InProgress: Labelled: 0/2' },
    {
      case: 'wants them available',
      object: { spec: { replicas: 2 }, status: { fullyLabeledReplicas: 2 } },
      want: 'InProgress: Available: 0/2',
    },
    {
      case: 'wants them ready',
      object: { spec: { replicas: 2 }, status: { fullyLabeledReplicas: 2, availableReplicas: 2 } },
      want: 'InProgress: Ready: 0/2',
    },
    {
      case: 'wants the surplus gone',
      object: {
        spec: { replicas: 2 },
        status: { fullyLabeledReplicas: 3, availableReplicas: 3, readyReplicas: 3, replicas: 3 },
      },
      want: 'InProgress: Pending termination: 1',
    },
    {
      case: 'is current',
      object: {
        spec: { replicas: 2 },
        status: { fullyLabeledReplicas: 2, availableReplicas: 2, readyReplicas: 2, replicas: 2 },
      },
      want: 'Current: ReplicaSet is available. Replicas: 2',
    },
  ]);

  const set = {
    replicas: 3,
    readyReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
    currentRevision: 'r',
    updateRevision: 'r',
  };
  table('apps/v1', 'StatefulSet', [
    {
      case: 'is the user’s affair with OnDelete',
      object: { spec: { replicas: 3, updateStrategy: { type: 'OnDelete' } } },
      want: 'Current: StatefulSet is using the ondelete update strategy',
    },
    { case: 'wants its replicas', object: { spec: { replicas: 3 } }, want: 'InProgress: Replicas: 0/3' },
    {
      case: 'wants them ready',
      object: { spec: { replicas: 3 }, status: { ...set, readyReplicas: 2 } },
      want: 'InProgress: Ready: 2/3',
    },
    {
      case: 'wants the surplus gone',
      object: { spec: { replicas: 2 }, status: set },
      want: 'InProgress: Pending termination: 1',
    },
    {
      case: 'wants those beyond the partition updated',
      object: { spec: partition(1), status: { ...set, updatedReplicas: 1 } },
      want: 'InProgress: updated: 1/2',
    },
    {
      case: 'is current when they are',
      object: { spec: partition(1), status: { ...set, updatedReplicas: 2, currentRevision: 'q' } },
      want: 'Current: Partition rollout complete. updated: 2',
    },
    {
      case: 'counts a partition of zero as one',
      object: { spec: partition(0), status: { ...set, currentReplicas: 0, currentRevision: 'q' } },
      want: 'Current: Partition rollout complete. updated: 3',
    },
    {
      case: 'wants them current',
      object: { spec: { replicas: 3 }, status: { ...set, currentReplicas: 1 } },
      want: 'InProgress: current: 1/3',
    },
    {
      case: 'wants one revision',
      object: { spec: { replicas: 3 }, status: { ...set, updateRevision: 's' } },
      want: 'InProgress: Waiting for updated revision to match current',
    },
    {
      case: 'is current',
      object: { spec: { replicas: 3 }, status: set },
      want: 'Current: All replicas scheduled as expected. Replicas: 3',
    },
  ]);

  const daemons = {
    observedGeneration: 1,
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    updatedNumberScheduled: 2,
    numberAvailable: 2,
    numberReady: 2,
  };
  table('apps/v1', 'DaemonSet', [
    {
      case: 'wants a generation',
      object: { metadata: {}, status: daemons },
      want: 'InProgress: DaemonSet metadata.generation not found',
    },
    {
      case: 'wants an observed generation',
      object: { status: {} },
      want: 'InProgress: DaemonSet status.observedGeneration not found',
    },
    {
      case: 'wants to know how many',
      object: { status: { observedGeneration: 1 } },
      want: 'InProgress: Missing .status.desiredNumberScheduled',
    },
    {
      case: 'wants them scheduled',
      object: { status: { ...daemons, currentNumberScheduled: 1 } },
      want: 'InProgress: Current: 1/2',
    },
    {
      case: 'wants them updated',
      object: { status: { ...daemons, updatedNumberScheduled: 0 } },
      want: 'InProgress: Updated: 0/2',
    },
    {
      case: 'wants them available',
      object: { status: { ...daemons, numberAvailable: 1 } },
      want: 'InProgress: Available: 1/2',
    },
    { case: 'wants them ready', object: { status: { ...daemons, numberReady: 1 } }, want: 'InProgress: Ready: 1/2' },
    {
      case: 'is current',
      object: { status: daemons },
      want: 'Current: All replicas scheduled as expected. Replicas: 2',
    },
    {
      case: 'is current where no node fits',
      object: { status: { observedGeneration: 1, desiredNumberScheduled: 0 } },
      want: 'Current: All replicas scheduled as expected. Replicas: 0',
    },
  ]);

  const unschedulable = [condition('PodScheduled', 'False', 'Unschedulable')];
  table('v1', 'Pod', [
    { case: 'has not been seen', object: {}, want: 'InProgress: Pod phase not available' },
    { case: 'is pending', object: { status: { phase: 'Pending' } }, want: 'InProgress: Pod is in the Pending phase' },
    {
      case: 'may be unschedulable for a while',
      object: { metadata: created(14), status: { phase: 'Pending', conditions: unschedulable } },
      want: 'InProgress: Pod has not been scheduled',
    },
    {
      case: 'may not for longer',
      object: { metadata: created(16), status: { phase: 'Pending', conditions: unschedulable } },
      want: 'Failed: Pod could not be scheduled',
    },
    {
      case: 'runs and is not ready',
      object: { status: { phase: 'Running', conditions: [condition('Ready', 'False')] } },
      want: 'InProgress: Pod is running but is not Ready',
    },
    {
      case: 'crashes',
      object: {
        status: {
          phase: 'Running',
          containerStatuses: [
            waiting('a', 'CrashLoopBackOff'),
            waiting('b', 'ContainerCreating'),
            waiting('c', 'CrashLoopBackOff'),
          ],
        },
      },
      want: 'Failed: Containers in CrashLoop state: a,c',
    },
    {
      case: 'runs',
      object: { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } },
      want: 'Current: Pod is Ready',
    },
    {
      case: 'has ended well',
      object: { status: { phase: 'Succeeded' } },
      want: 'Current: Pod has completed successfully',
    },
    {
      case: 'has ended badly',
      object: { status: { phase: 'Failed' } },
      want: 'Current: Pod has completed, but not successfully',
    },
    { case: 'is in a phase nobody knows', object: { status: { phase: 'Odd' } }, want: 'Unknown: unknown phase Odd' },
  ]);

  table('batch/v1', 'Job', [
    {
      case: 'is not done by having started',
      object: { status: { startTime: 'x', active: 1 } },
      want: 'InProgress: Job in progress',
    },
    {
      case: 'is done',
      object: { spec: { completions: 2 }, status: { succeeded: 2, conditions: [condition('Complete', 'True')] } },
      want: 'Current: Job Completed. succeeded: 2/2',
    },
    {
      case: 'has failed',
      object: { spec: { parallelism: 3 }, status: { failed: 1, conditions: [condition('Failed', 'True')] } },
      want: 'Failed: Job Failed. failed: 1/3',
    },
    {
      case: 'stays done while it is deleted',
      object: {
        metadata: { deletionTimestamp: 'x' },
        status: { succeeded: 1, conditions: [condition('Complete', 'True')] },
      },
      want: 'Current: Job Completed. succeeded: 1/1',
    },
    {
      case: 'is not waited for while suspended',
      object: { spec: { suspend: true } },
      want: 'Current: Job is suspended',
    },
  ]);

  table('v1', 'PersistentVolumeClaim', [
    { case: 'has no phase', object: {}, want: 'InProgress: PVC is not Bound. phase: unknown' },
    {
      case: 'is pending',
      object: { status: { phase: 'Pending' } },
      want: 'InProgress: PVC is not Bound. phase: Pending',
    },
    { case: 'is bound', object: { status: { phase: 'Bound' } }, want: 'Current: PVC is Bound' },
  ]);

  table('v1', 'Service', [
    { case: 'is ready', object: { spec: { type: 'ClusterIP' } }, want: 'Current: Service is ready' },
    {
      case: 'wants an address inside when it balances load',
      object: { spec: { type: 'LoadBalancer' } },
      want: 'InProgress: ClusterIP not set. Service type: LoadBalancer',
    },
    {
      case: 'wants none outside',
      object: { spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1' } },
      want: 'Current: Service is ready',
    },
  ]);

  table('apiextensions.k8s.io/v1', 'CustomResourceDefinition', [
    { case: 'is new', object: {}, want: 'InProgress: Install in progress' },
    {
      case: 'is being installed',
      object: { status: { conditions: [condition('Established', 'False', 'Installing')] } },
      want: 'InProgress: Install in progress',
    },
    {
      case: 'has a name that is taken',
      object: { status: { conditions: [condition('NamesAccepted', 'False', 'ListKindConflict', 'taken')] } },
      want: 'Failed: taken',
    },
    {
      case: 'could not be established',
      object: { status: { conditions: [condition('Established', 'False', 'NotAccepted', 'no')] } },
      want: 'Failed: no',
    },
    {
      case: 'is established',
      object: { status: { conditions: [condition('NamesAccepted', 'True'), condition('Established', 'True')] } },
      want: 'Current: CRD is established',
    },
  ]);

  table('v1', 'Secret', [{ case: 'is always ready', object: {}, want: 'Current: Resource is always ready' }]);
  table('v1', 'ConfigMap', [{ case: 'is always ready', object: {}, want: 'Current: Resource is always ready' }]);
  table('batch/v1', 'CronJob', [{ case: 'is always ready', object: {}, want: 'Current: Resource is always ready' }]);
  table('policy/v1', 'PodDisruptionBudget', [
    {
      case: 'is ready when seen',
      object: { status: { observedGeneration: 1 } },
      want: 'Current: AllowedDisruptions has been computed.',
    },
    {
      case: 'is not before',
      object: { metadata: { generation: 2 }, status: { observedGeneration: 1 } },
      want: 'InProgress: PodDisruptionBudget generation is 2, but latest observed generation is 1',
    },
  ]);
  table('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', [
    {
      case: 'is in progress before anybody saw it',
      object: { status: { observedGeneration: -1 } },
      want: 'InProgress: Kustomization generation is 1, but latest observed generation is -1',
    },
    {
      case: 'is ready',
      object: { status: { observedGeneration: 1, conditions: [condition('Ready', 'True')] } },
      want: 'Current: Resource is Ready',
    },
  ]);

  it('judges built-in kinds of another group by their conditions', () => {
    assert.equal(
      computeHealth(
        object('serving.example.com/v1', 'Service', {
          status: { conditions: [condition('Ready', 'False', 'X', 'cold')] },
        }),
      ).message,
      'cold',
    );
  });

  it('says what is not there', () => {
    assert.equal(computeHealth(undefined).status, 'NotFound');
  });
});

describe('withPods', () => {
  const progressing = { status: 'InProgress', message: 'Ready: 0/1' } as const;
  const crashing = object('v1', 'Pod', {
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'a', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    },
  });
  const homeless = object('v1', 'Pod', {
    metadata: { creationTimestamp: '2020-01-01T00:00:00Z' },
    status: { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable')] },
  });

  it('fails a set in progress whose pods fail', () => {
    assert.equal(withPods(progressing, [crashing, crashing], NOW).message, '2 pods have failed');
  });

  it('forgives pods that leave and pods without a node', () => {
    const leaving = { ...crashing, metadata: { deletionTimestamp: 'x' } };
    assert.equal(withPods(progressing, [leaving, homeless], NOW), progressing);
  });

  it('leaves a set that is done alone', () => {
    const done = { status: 'Current', message: '' } as const;
    assert.equal(withPods(done, [crashing], NOW), done);
  });
});

describe('generationNotObserved', () => {
  it('speaks only of objects that report one', () => {
    assert.equal(generationNotObserved(object('v1', 'X', {})), undefined);
    assert.equal(generationNotObserved(object('v1', 'X', { status: { observedGeneration: 1 } })), undefined);
    assert.equal(generationNotObserved(object('v1', 'X', { status: { observedGeneration: 0 } }))?.status, 'InProgress');
  });
});
