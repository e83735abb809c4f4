// Readiness by Helm 3's rules.
import assert from 'node:assert/strict';
import { legacyHealth } from '#controllers/helmrelease/legacy-ready';
import type { Inspected } from '#kube/status/compute';

interface Case {
  readonly name: string;
  readonly kind: readonly [apiVersion: string, kind: string];
  readonly spec?: object;
  readonly status?: object;
  readonly health: 'Current' | 'InProgress' | 'Failed';
}

const deployment = ['apps/v1', 'Deployment'] as const;
const daemonSet = ['apps/v1', 'DaemonSet'] as const;
const statefulSet = ['apps/v1', 'StatefulSet'] as const;
const service = ['v1', 'Service'] as const;
const job = ['batch/v1', 'Job'] as const;
const definition = ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'] as const;
const rolling = (rollingUpdate: object): object => ({ type: 'RollingUpdate', rollingUpdate });
const seen = (status: object = {}): object => ({ observedGeneration: 2, ...status });

const cases: readonly Case[] = [
  {
    name: 'a custom resource',
    kind: ['x.example/v1', 'X'],
    status: { conditions: [{ type: 'Ready', status: 'False' }] },
    health: 'Current',
  },
  { name: 'a Pod without conditions', kind: ['v1', 'Pod'], health: 'InProgress' },
  {
    name: 'a Pod that is ready',
    kind: ['v1', 'Pod'],
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
    health: 'Current',
  },
  {
    name: 'a Job that runs',
    kind: job,
    spec: { completions: 1, backoffLimit: 1 },
    status: { failed: 1 },
    health: 'InProgress',
  },
  { name: 'a Job that is done', kind: job, spec: { completions: 1 }, status: { succeeded: 1 }, health: 'Current' },
  {
    name: 'a Job that failed too often',
    kind: job,
    spec: { backoffLimit: 1 },
    status: { failed: 2 },
    health: 'Failed',
  },
  {
    name: 'a claim that is not bound',
    kind: ['v1', 'PersistentVolumeClaim'],
    status: { phase: 'Pending' },
    health: 'InProgress',
  },
  {
    name: 'a claim that is bound',
    kind: ['v1', 'PersistentVolumeClaim'],
    status: { phase: 'Bound' },
    health: 'Current',
  },
  { name: 'a Service without an address', kind: service, spec: {}, health: 'InProgress' },
  { name: 'a Service with an address', kind: service, spec: { clusterIP: 'None' }, health: 'Current' },
  { name: 'a Service elsewhere', kind: service, spec: { type: 'ExternalName' }, health: 'Current' },
  {
    name: 'a balancer without an address',
    kind: service,
    spec: { type: 'LoadBalancer', clusterIP: '1' },
    health: 'InProgress',
  },
  {
    name: 'a balancer with an address',
    kind: service,
    spec: { type: 'LoadBalancer', clusterIP: '1' },
    status: { loadBalancer: { ingress: [{}] } },
    health: 'Current',
  },
  {
    name: 'a balancer with external addresses',
    kind: service,
    spec: { type: 'LoadBalancer', clusterIP: '1', externalIPs: ['1'] },
    health: 'Current',
  },
  { name: 'a definition that is new', kind: definition, health: 'InProgress' },
  {
    name: 'a definition with a name that is taken',
    kind: definition,
    status: { conditions: [{ type: 'NamesAccepted', status: 'False' }] },
    health: 'Current',
  },
  {
    name: 'a Deployment whose spec was not seen',
    kind: deployment,
    spec: { replicas: 0 },
    status: { observedGeneration: 1 },
    health: 'InProgress',
  },
  { name: 'a Deployment that is paused', kind: deployment, spec: { paused: true }, health: 'Current' },
  {
    name: 'a Deployment with as many as may be missing',
    kind: deployment,
    spec: { replicas: 4, strategy: rolling({ maxUnavailable: '25%', maxSurge: '25%' }) },
    status: seen({ replicas: 4, updatedReplicas: 4, readyReplicas: 3 }),
    health: 'Current',
  },
  {
    name: 'a Deployment with one too few',
    kind: deployment,
    spec: { replicas: 4, strategy: rolling({ maxUnavailable: '25%', maxSurge: '25%' }) },
    status: seen({ replicas: 4, updatedReplicas: 4, readyReplicas: 2 }),
    health: 'InProgress',
  },
  {
    name: 'a Deployment whose old Pods are ready',
    kind: deployment,
    spec: { replicas: 2, strategy: rolling({ maxUnavailable: 0, maxSurge: 1 }) },
    status: seen({ replicas: 3, updatedReplicas: 1, readyReplicas: 2 }),
    health: 'InProgress',
  },
  {
    name: 'a Deployment that may neither grow nor shrink',
    kind: deployment,
    spec: { replicas: 1, strategy: rolling({ maxUnavailable: '25%', maxSurge: 0 }) },
    status: seen(),
    health: 'Current',
  },
  {
    name: 'a Deployment that is recreated',
    kind: deployment,
    spec: { replicas: 1, strategy: { type: 'Recreate' } },
    status: seen(),
    health: 'InProgress',
  },
  {
    name: 'a DaemonSet on deletion',
    kind: daemonSet,
    spec: { updateStrategy: { type: 'OnDelete' } },
    status: seen({ desiredNumberScheduled: 3 }),
    health: 'Current',
  },
  {
    name: 'a DaemonSet that is not everywhere',
    kind: daemonSet,
    spec: { updateStrategy: rolling({ maxUnavailable: 1 }) },
    status: seen({ desiredNumberScheduled: 3, updatedNumberScheduled: 2, numberReady: 3 }),
    health: 'InProgress',
  },
  {
    name: 'a DaemonSet with as many as may be missing',
    kind: daemonSet,
    spec: { updateStrategy: rolling({ maxUnavailable: '34%' }) },
    status: seen({ desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberReady: 1 }),
    health: 'Current',
  },
  {
    name: 'a StatefulSet below its partition',
    kind: statefulSet,
    spec: { replicas: 3, updateStrategy: rolling({ partition: 2 }) },
    status: seen({ updatedReplicas: 1, readyReplicas: 3, currentRevision: 'a', updateRevision: 'b' }),
    health: 'Current',
  },
  {
    name: 'a StatefulSet between revisions',
    kind: statefulSet,
    spec: { replicas: 1, updateStrategy: rolling({}) },
    status: seen({ updatedReplicas: 1, readyReplicas: 1, currentRevision: 'a', updateRevision: 'b' }),
    health: 'InProgress',
  },
  {
    name: 'a StatefulSet with one too few',
    kind: statefulSet,
    spec: { replicas: 2, updateStrategy: rolling({}) },
    status: seen({ updatedReplicas: 2, readyReplicas: 1 }),
    health: 'InProgress',
  },
  {
    name: 'a ReplicaSet whose Pods are ready',
    kind: ['apps/v1', 'ReplicaSet'],
    status: seen({ replicas: 2, readyReplicas: 2 }),
    health: 'Current',
  },
  {
    name: 'a ReplicationController whose Pods are not',
    kind: ['v1', 'ReplicationController'],
    status: seen({ replicas: 2, readyReplicas: 1 }),
    health: 'InProgress',
  },
];

describe('readiness as Helm 3 has it', () => {
  for (const {
    name,
    kind: [apiVersion, kind],
    spec,
    status,
    health,
  } of cases) {
    it(name, () => {
      const object = { apiVersion, kind, metadata: { name: 'x', generation: 2 }, spec, status } as Inspected;
      assert.equal(legacyHealth(object).status, health);
    });
  }

  it('of what is not there', () => assert.equal(legacyHealth(undefined).status, 'NotFound'));
});
