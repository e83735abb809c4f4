// Events: to the cluster and to subscribers, with the metadata people add by annotation.
import assert from 'node:assert/strict';
import { EventRecorder, type DeliveryEvent, type EventDetails } from '#runtime/event-recorder';
import { EventStream } from '#runtime/event-stream';
import { FakeClock } from '../kube/fake-clock.ts';

const object = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: {
    name: 'a',
    namespace: 'ns',
    uid: 'u-1',
    resourceVersion: '7',
    annotations: { 'event.toolkit.fluxcd.io/cluster': 'prod', 'example.com/other': 'x' },
  },
};

interface Recorded {
  readonly cluster: object[];
  readonly published: DeliveryEvent[];
}

function record(details: EventDetails, on: typeof object | { readonly metadata: { name: string } } = object): Recorded {
  const stream = new EventStream();
  const recorded: Recorded = { cluster: [], published: [] };
  const leave = stream.subscribe((event) => recorded.published.push(event));
  const recorder = new EventRecorder({
    sink: { record: (_object, event) => void recorded.cluster.push(event) },
    clock: new FakeClock(),
    controller: 'source-controller',
    instance: 'host-1',
    publish: stream.publish,
  });
  recorder.record(on, details);
  leave();
  recorder.record(on, details);
  recorded.cluster.pop();
  return recorded;
}

describe('EventRecorder', () => {
  it('publishes the event as Flux posts it', () => {
    const metadata = { 'source.toolkit.fluxcd.io/revision': 'main@sha1:1', 'event.toolkit.fluxcd.io/cluster': 'own' };
    const { cluster, published } = record({ severity: 'info', reason: 'NewArtifact', message: 'stored', metadata });
    const all = { ...metadata, 'event.toolkit.fluxcd.io/cluster': 'prod' };
    assert.deepEqual(cluster, [{ type: 'Normal', reason: 'NewArtifact', message: 'stored', annotations: all }]);
    assert.deepEqual(published, [
      {
        involvedObject: {
          apiVersion: 'source.toolkit.fluxcd.io/v1',
          kind: 'GitRepository',
          namespace: 'ns',
          name: 'a',
          uid: 'u-1',
          resourceVersion: '7',
        },
        severity: 'info',
        timestamp: '2026-01-01T00:00:00.000Z',
        message: 'stored',
        reason: 'NewArtifact',
        metadata: all,
        reportingController: 'source-controller',
        reportingInstance: 'host-1',
      },
    ]);
  });

  it('shows errors as warnings, and tells nobody of traces but the cluster', () => {
    const error = record({ severity: 'error', reason: 'Broken', message: '100% wrong %s' });
    assert.deepEqual([(error.cluster[0] as { type: string }).type, error.published[0]?.severity], ['Warning', 'error']);
    assert.equal(error.published[0]?.message, '100% wrong %s');
    const trace = record({ severity: 'trace', reason: 'NotYet', message: 'later' });
    assert.deepEqual([(trace.cluster[0] as { type: string }).type, trace.published], ['Normal', []]);
  });

  it('leaves metadata out where there is none', () => {
    const bare = { metadata: { name: 'a' } };
    const { cluster, published } = record({ severity: 'info', reason: 'Done', message: 'done' }, bare);
    assert.deepEqual(Object.keys(cluster[0] ?? {}), ['type', 'reason', 'message']);
    assert.ok(!('metadata' in (published[0] ?? {})));
  });
});
