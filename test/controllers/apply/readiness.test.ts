// Waiting for readiness: woken by watches, not misled by old news, ended by time, failure or something newer.
import assert from 'node:assert/strict';
import type { Unstructured } from '#kube/object';
import { awaitReady, NotReadyError, type ReadinessTarget, type WaitOptions } from '#controllers/apply/readiness';
import { SupersededError } from '#runtime/controller';
import type { LiveKind } from '#runtime/live-objects';

class FakeKind implements LiveKind {
  readonly objects = new Map<string, Unstructured>();
  readonly listeners = new Set<(key: string) => void>();
  get = (key: string): Unstructured | undefined => this.objects.get(key);
  ownedBy = (): readonly Unstructured[] => [];
  onChange = (listener: (key: string) => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  tell(object: Unstructured): void {
    this.objects.set(`ns/${object.metadata.name}`, object);
    for (const listener of this.listeners) listener(`ns/${object.metadata.name}`);
  }
  remove(name: string): void {
    this.objects.delete(`ns/${name}`);
    for (const listener of this.listeners) listener(`ns/${name}`);
  }
}

function widget(name: string, version: string, ready: 'True' | 'False' | 'Stalled'): Unstructured {
  const conditions =
    ready === 'Stalled'
      ? [{ type: 'Stalled', status: 'True', reason: 'Broken', message: 'it broke' }]
      : [{ type: 'Ready', status: ready, reason: 'X', message: 'x' }];
  const metadata = { name, namespace: 'ns', uid: `u-${name}`, resourceVersion: version };
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata, status: { conditions } };
}

function target(kind: FakeKind | undefined, object: Unstructured): ReadinessTarget {
  const { name } = object.metadata;
  return { subject: `Widget/ns/${name}`, key: `ns/${name}`, object, kind: () => Promise.resolve(kind) };
}

interface Outcome {
  settled: 'no' | 'ready' | 'failed';
  error?: unknown;
}

function wait(targets: readonly ReadinessTarget[], options: Partial<WaitOptions> = {}): Outcome {
  const outcome: Outcome = { settled: 'no' };
  const signal = new AbortController().signal;
  awaitReady(targets, { timeoutMs: 60_000, failFast: true, signal, ...options }).then(
    () => (outcome.settled = 'ready'),
    (error: unknown) => {
      outcome.settled = 'failed';
      outcome.error = error;
    },
  );
  return outcome;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('awaitReady', () => {
  let kind: FakeKind;
  beforeEach(() => {
    kind = new FakeKind();
  });

  it('ends at once when there is nothing to wait for', async () => {
    const none = wait([]);
    const done = wait([target(kind, widget('a', '5', 'True'))]);
    await settle();
    assert.deepEqual([none.settled, done.settled], ['ready', 'ready']);
  });

  it('ends with the news that make the last object ready, and stops listening', async () => {
    const outcome = wait([target(kind, widget('a', '5', 'False')), target(kind, widget('b', '6', 'False'))]);
    await settle();
    kind.tell(widget('a', '7', 'True'));
    await settle();
    assert.equal(outcome.settled, 'no');
    kind.tell(widget('b', '8', 'True'));
    await settle();
    assert.equal(outcome.settled, 'ready');
    assert.equal(kind.listeners.size, 0);
  });

  it('does not believe news older than what was written', async () => {
    kind.objects.set('ns/a', widget('a', '4', 'True'));
    const outcome = wait([target(kind, widget('a', '5', 'False'))]);
    await settle();
    kind.tell(widget('a', '4', 'True'));
    await settle();
    assert.equal(outcome.settled, 'no');
    kind.tell(widget('a', '10', 'True'));
    await settle();
    assert.equal(outcome.settled, 'ready');
  });

  it('does not fail by a failure older than what was written', async () => {
    kind.objects.set('ns/a', widget('a', '4', 'Stalled'));
    const outcome = wait([target(kind, widget('a', '5', 'False'))]);
    await settle();
    assert.equal(outcome.settled, 'no');
    kind.tell(widget('a', '6', 'True'));
    await settle();
    assert.equal(outcome.settled, 'ready');
  });

  it('ends with the first failure, naming what failed and nothing else', async () => {
    const outcome = wait([target(kind, widget('a', '5', 'False')), target(kind, widget('b', '6', 'False'))]);
    await settle();
    kind.tell(widget('b', '7', 'Stalled'));
    await settle();
    assert.ok(outcome.error instanceof NotReadyError && outcome.error.failedEarly);
    assert.match(
      outcome.error.message,
      /^failed early due to stalled resources: \[Widget\/ns\/b status: 'Failed'(: .*)?\]$/,
    );
  });

  it('waits on through failures where told to', async () => {
    const outcome = wait([target(kind, widget('a', '5', 'Stalled'))], { failFast: false });
    await settle();
    assert.equal(outcome.settled, 'no');
    kind.tell(widget('a', '6', 'True'));
    await settle();
    assert.equal(outcome.settled, 'ready');
  });

  it('lists what is not ready when the time is up', async () => {
    const targets = [target(kind, widget('a', '5', 'False')), target(kind, widget('b', '6', 'True'))];
    const gone = { ...widget('c', '', 'False'), metadata: { name: 'c', namespace: 'ns' } };
    const signal = new AbortController().signal;
    const waiting = awaitReady([...targets, target(kind, gone)], { timeoutMs: 30, failFast: true, signal });
    await assert.rejects(waiting, {
      message: "timeout waiting for: [Widget/ns/a status: 'InProgress', Widget/ns/c status: 'NotFound']",
      failedEarly: false,
    });
    assert.equal(kind.listeners.size, 0);
  });

  it('takes an object for gone once the watch has told of it and tells of it no more', async () => {
    const outcome = wait([target(kind, widget('a', '5', 'False'))], { health: healthByPresence });
    await settle();
    kind.tell(widget('a', '6', 'False'));
    await settle();
    assert.equal(outcome.settled, 'no');
    kind.remove('a');
    await settle();
    assert.equal(outcome.settled, 'ready');
  });

  it('judges what cannot be watched by the answer of its apply', async () => {
    const outcome = wait([target(undefined, widget('a', '5', 'True'))]);
    await settle();
    assert.equal(outcome.settled, 'ready');
  });

  it('gives up for something newer, with its reason', async () => {
    const abort = new AbortController();
    const outcome = wait([target(kind, widget('a', '5', 'False'))], { signal: abort.signal });
    await settle();
    abort.abort(new SupersededError());
    await settle();
    assert.ok(outcome.error instanceof SupersededError);
    const late = wait([target(kind, widget('a', '5', 'True'))], { signal: abort.signal });
    await settle();
    assert.ok(late.error instanceof SupersededError);
    assert.equal(kind.listeners.size, 0);
  });

  it('passes on why a watch could not begin', async () => {
    const broken = { ...target(kind, widget('a', '5', 'False')), kind: () => Promise.reject(new Error('no watch')) };
    const outcome = wait([broken]);
    await settle();
    assert.match(String(outcome.error), /no watch/);
  });
});

const healthByPresence: NonNullable<WaitOptions['health']> = (object) =>
  object === undefined ? { status: 'Current', message: 'gone' } : { status: 'InProgress', message: 'there' };
