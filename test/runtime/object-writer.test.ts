// Writing status back: few patches, other writers' work kept, and what a run sees of changes made meanwhile.
import assert from 'node:assert/strict';
import type { Condition } from '#api/meta';
import type { KubeObject, ResourceRef } from '#kube/object';
import { setCondition } from '#runtime/conditions';
import { ObjectWriter } from '#runtime/object-writer';
import { FakeClock } from '../kube/fake-clock.ts';
import { MemoryApi, refusal } from './memory-api.ts';

interface Widget extends KubeObject {
  spec: { size: number };
  status?: { conditions?: Condition[]; observedGeneration?: number; phase?: string; other?: string };
}

const widgets: ResourceRef = { group: 'example.com', version: 'v1', plural: 'widgets', namespaced: true };

describe('ObjectWriter', () => {
  let clock: FakeClock;
  let api: MemoryApi<Widget>;
  let written: Widget[];

  function begin(more: Partial<Widget> = {}): ObjectWriter<Widget> {
    clock = new FakeClock();
    written = [];
    api = new MemoryApi<Widget>({
      metadata: { name: 'a', namespace: 'ns', uid: 'u', generation: 1 },
      spec: { size: 1 },
      ...more,
    });
    return new ObjectWriter<Widget>({
      client: api.client,
      ref: widgets,
      object: structuredClone(api.object!),
      fieldManager: 'tester',
      ownedConditions: ['Ready', 'Reconciling'],
      clock,
      onWritten: (object) => written.push(object),
    });
  }

  function ready(writer: ObjectWriter<Widget>, message: string, status: 'True' | 'False' | 'Unknown' = 'True'): void {
    setCondition(writer.object, { type: 'Ready', status, reason: 'Test', message }, clock.now());
  }

  it('writes nothing when nothing changed', async () => {
    const writer = begin({ status: { phase: 'x' } });
    writer.announce();
    clock.advance(10_000);
    await writer.flush();
    assert.equal(api.patches.length, 0);
  });

  it('writes the status alone, as its own manager, and tells what the server made of it', async () => {
    const writer = begin();
    ready(writer, 'done');
    await writer.flush();
    assert.equal(api.patches.length, 1);
    assert.equal(api.patches[0]?.subresource, 'status');
    assert.equal(api.patches[0]?.fieldManager, 'tester');
    assert.deepEqual(Object.keys(api.patches[0]?.body ?? {}).toSorted(), ['metadata', 'status']);
    assert.equal(written[0]?.metadata.resourceVersion, '101');
  });

  it('shows a state on the way once, and only if the run lasts', async () => {
    const writer = begin();
    ready(writer, 'one', 'Unknown');
    writer.announce();
    ready(writer, 'two', 'Unknown');
    writer.announce();
    clock.advance(3000);
    await new Promise((resolve) => setImmediate(resolve));
    ready(writer, 'three', 'Unknown');
    writer.announce();
    clock.advance(60_000);
    ready(writer, 'done');
    await writer.flush();
    const messages = api.patches.map(({ body }) => (body as unknown as Widget).status?.conditions?.[0]?.message);
    assert.deepEqual(messages, ['two', 'done']);
  });

  it('shows nothing on the way of a short run', async () => {
    const writer = begin();
    ready(writer, 'one', 'Unknown');
    writer.announce();
    clock.advance(2999);
    ready(writer, 'done');
    await writer.flush();
    clock.advance(60_000);
    await writer.flush();
    assert.equal(api.patches.length, 1);
    assert.deepEqual(clock.waits, []);
  });

  it('records a state at once where a run asks, in place of an announcement', async () => {
    const writer = begin();
    ready(writer, 'one', 'Unknown');
    writer.announce();
    await writer.record();
    ready(writer, 'two', 'Unknown');
    writer.announce();
    clock.advance(10_000);
    ready(writer, 'done');
    await writer.flush();
    assert.equal(api.patches.length, 2);
    api.object = undefined;
    ready(writer, 'again');
    await assert.rejects(writer.record(), /the object is gone/);
  });

  it('does not move a condition that went away and came back unseen', async () => {
    const time = '2020-01-01T00:00:00Z';
    const before = { type: 'Ready', status: 'True', reason: 'Test', message: 'done', lastTransitionTime: time };
    const writer = begin({ status: { conditions: [before as Condition] } });
    ready(writer, 'working', 'Unknown');
    ready(writer, 'done');
    await writer.flush();
    assert.deepEqual(writer.object.status?.conditions?.[0]?.lastTransitionTime, time);
  });

  it("keeps other writers' fields and conditions when they were first, and its own", async () => {
    const writer = begin({ status: { phase: 'old', other: 'old' } });
    ready(writer, 'done');
    writer.object.status!.phase = 'new';
    const foreign: Condition = {
      type: 'Foreign',
      status: 'True',
      reason: 'X',
      message: 'theirs',
      lastTransitionTime: '2020-01-01T00:00:00Z',
    };
    api.change((object) => {
      object.status = {
        ...object.status,
        other: 'theirs',
        conditions: [foreign, { ...foreign, type: 'Ready', message: 'not ours' }],
      };
    });
    await writer.flush();
    const { status } = api.object!;
    assert.equal(status?.phase, 'new');
    assert.equal(status?.other, 'theirs');
    assert.deepEqual(
      status?.conditions?.map(({ type, message }) => `${type} ${message}`),
      ['Ready done', 'Foreign theirs'],
    );
  });

  it('gives up after five conflicts in a row', async () => {
    const writer = begin();
    ready(writer, 'done');
    let tries = 0;
    api.beforePatch = () => {
      tries++;
      api.change(() => undefined);
    };
    await assert.rejects(writer.flush(), /Conflict/);
    assert.equal(tries, 5);
  });

  it('works on the spec it began with: a change meanwhile is not taken for seen', async () => {
    const annotations = { asked: 'before' };
    const writer = begin({ metadata: { name: 'a', namespace: 'ns', uid: 'u', generation: 1, annotations } });
    api.change((object) => {
      object.spec.size = 2;
      object.metadata.generation = 2;
      object.metadata.annotations = { asked: 'meanwhile' };
    });
    ready(writer, 'working', 'Unknown');
    await writer.record();
    ready(writer, 'done');
    writer.object.status!.observedGeneration = writer.object.metadata.generation!;
    assert.deepEqual(writer.object.metadata.annotations, { asked: 'before' });
    await writer.flush();
    assert.equal(api.object?.status?.observedGeneration, 1);
    assert.equal(api.object?.status?.conditions?.[0]?.observedGeneration, 1);
    assert.deepEqual(api.object?.spec, { size: 2 });
  });

  it('takes an object that went away, or was made anew, as no longer its own', async () => {
    const writer = begin();
    ready(writer, 'done');
    api.object = undefined;
    await writer.flush();
    const other = begin();
    ready(other, 'done');
    api.change((object) => {
      object.metadata.uid = 'another';
    });
    await other.flush();
    assert.deepEqual(api.patches, []);
  });

  it('reports other failures of the last write, but not of one on the way', async () => {
    const writer = begin();
    ready(writer, 'one', 'Unknown');
    writer.announce();
    api.beforePatch = () => {
      throw refusal(500, 'InternalError');
    };
    clock.advance(3000);
    ready(writer, 'done');
    await assert.rejects(writer.flush(), /InternalError/);
    api.beforePatch = undefined;
    await writer.flush();
    assert.equal(api.patches.length, 1);
  });

  it('adds and removes a finalizer beside those of others, over conflicts', async () => {
    const writer = begin({ metadata: { name: 'a', namespace: 'ns', uid: 'u', finalizers: ['other'] } });
    api.change((object) => {
      object.metadata.labels = { changed: 'meanwhile' };
      object.metadata.finalizers = ['other', 'more'];
    });
    writer.object.status = { phase: 'unsaved' };
    await writer.ensureFinalizer('ours');
    assert.deepEqual(api.object?.metadata.finalizers, ['other', 'more', 'ours']);
    assert.deepEqual(writer.object.status, { phase: 'unsaved' });
    await writer.ensureFinalizer('ours');
    api.change((object) => {
      object.metadata.finalizers = ['more', 'ours'];
    });
    await writer.removeFinalizer('ours');
    assert.deepEqual(api.object?.metadata.finalizers, ['more']);
    await writer.removeFinalizer('ours');
    assert.equal(api.patches.length, 2);
  });

  it('does not mind a finalizer of what is gone, but will not go on without one', async () => {
    const writer = begin({ metadata: { name: 'a', namespace: 'ns', uid: 'u', finalizers: ['ours'] } });
    api.object = undefined;
    await writer.removeFinalizer('ours');
    const other = begin();
    api.object = undefined;
    await assert.rejects(other.ensureFinalizer('ours'), /NotFound/);
  });
});
