// The state machine of sources, as one table: what an object says before and after each kind of run.
import assert from 'node:assert/strict';
import { FINALIZER, RECONCILE_REQUEST_ANNOTATION, type Condition } from '#api/meta';
import type { ResourceRef } from '#kube/object';
import { deleteConditions, setCondition } from '#runtime/conditions';
import type { ReconcileContext, Result } from '#runtime/controller';
import { EventRecorder } from '#runtime/event-recorder';
import { silentLogger } from '#runtime/log';
import { FleetingError, StalledError, TransientError, WaitingError } from '#runtime/reconcile-error';
import { sourceReconciler, type SourceKind, type SourceObject, type StepContext } from '#runtime/source-reconciler';
import { FakeClock } from '../kube/fake-clock.ts';
import { MemoryApi } from './memory-api.ts';
import { noMetrics } from './no-metrics.ts';

type Widget = SourceObject;

const widgets: ResourceRef = { group: 'example.com', version: 'v1', plural: 'widgets', namespaced: true };
const summarize = ['FetchFailed', 'Stored', 'Verified', 'Stalled', 'Reconciling'];
const names: SourceKind<Widget, object>['conditions'] = {
  owned: [...summarize, 'Ready'],
  summarize,
  negative: new Set(['FetchFailed', 'Stalled', 'Reconciling']),
  bipolar: ['Verified'],
};

interface Run {
  readonly object: Widget | undefined;
  readonly result: Result | undefined;
  readonly error: unknown;
  readonly events: readonly string[];
  readonly patches: number;
  readonly finalized: number;
  readonly disposed: number;
  readonly notified: number;
}

interface Setup {
  readonly object?: Partial<Widget>;
  readonly steps?: readonly ((context: StepContext<Widget>) => void)[];
  readonly finalize?: () => void;
  /** What somebody else does while the run is under way. */
  readonly meanwhile?: (api: MemoryApi<Widget>) => void;
  /** Whether the run lasts long enough to be seen on the way. */
  readonly slow?: boolean;
  readonly abort?: boolean;
}

async function runOnce(setup: Setup): Promise<Run> {
  const clock = new FakeClock();
  const { metadata, ...rest } = setup.object ?? {};
  const api = new MemoryApi<Widget>({
    kind: 'Widget',
    apiVersion: 'example.com/v1',
    spec: {},
    ...rest,
    metadata: { name: 'a', namespace: 'ns', uid: 'u', generation: 2, finalizers: [FINALIZER], ...metadata },
  });
  const events: string[] = [];
  const counts = { finalized: 0, disposed: 0, notified: 0 };
  const abort = new AbortController();
  const kind: SourceKind<Widget, object> = {
    kind: 'Widget',
    ref: widgets,
    conditions: names,
    fieldManager: 'tester',
    interval: () => 60_000,
    begin: () => ({}),
    dispose: () => Promise.resolve(void counts.disposed++),
    steps: [
      async () => {
        setup.meanwhile?.(api);
        if (setup.slow === true) clock.advance(5000);
        if (setup.abort === true) abort.abort(new Error('the process is stopping'));
        await new Promise((resolve) => setImmediate(resolve));
      },
      ...(setup.steps ?? [stored]).map((step) => async (context: StepContext<Widget>) => step(context)),
    ],
    notify: () => void counts.notified++,
    finalize: () => {
      counts.finalized++;
      setup.finalize?.();
      return Promise.resolve();
    },
  };
  const found = structuredClone(api.object);
  const reconcile = sourceReconciler(kind, {
    client: api.client,
    cache: { get: () => found },
    clock,
    events: new EventRecorder({
      sink: { record: (_object, { type, reason, message }) => void events.push(`${type} ${reason} ${message}`) },
      clock,
      controller: 'tester',
      instance: 'host',
      publish: ({ severity }) => void events.push(`published ${severity}`),
    }),
    metrics: noMetrics,
    random: () => 0.5,
    jitterPercentage: 5,
  });
  const context: ReconcileContext = {
    signal: abort.signal,
    log: silentLogger,
    superseded: new AbortController().signal,
    onNews: () => undefined,
  };
  let result: Result | undefined;
  let error: unknown;
  try {
    result = await reconcile('ns/a', context);
  } catch (caught) {
    error = caught;
  }
  return { object: api.object, result, error, events, patches: api.patches.length, ...counts };
}

function stored({ object, now }: StepContext<Widget>): void {
  deleteConditions(object, 'FetchFailed');
  setCondition(object, { type: 'Stored', status: 'True', reason: 'Succeeded', message: 'stored it' }, now());
}

function fetchFails(error: Error): (context: StepContext<Widget>) => void {
  return ({ object, now }) => {
    setCondition(object, { type: 'FetchFailed', status: 'True', reason: 'Broken', message: error.message }, now());
    throw error;
  };
}

function was(type: string, status: string, reason: string, message: string): Condition {
  return {
    type,
    status: status as Condition['status'],
    reason,
    message,
    lastTransitionTime: '2020-01-01T00:00:00Z',
    observedGeneration: 1,
  };
}

/** `Type=Status/Reason message` of each condition. */
function told({ object }: Run): string[] {
  return (object?.status?.conditions ?? []).map(({ type, status, reason, message }) => {
    return `${type}=${status}/${reason} ${message}`;
  });
}

const goodBefore = {
  observedGeneration: 1,
  conditions: [was('Ready', 'True', 'Succeeded', 'stored it'), was('Stored', 'True', 'Succeeded', 'stored it')],
};
const stalledBefore = {
  observedGeneration: 1,
  conditions: [was('Stalled', 'True', 'Wrong', 'no'), was('Ready', 'False', 'Wrong', 'no')],
};
const newGeneration = 'processing object: new generation 1 -> 2';

interface Row {
  readonly name: string;
  readonly setup: Setup;
  readonly conditions: readonly string[];
  readonly observed: number | undefined;
  readonly result?: Result;
  readonly error?: RegExp;
  readonly events?: readonly string[];
  readonly patches?: number;
}

const table: readonly Row[] = [
  {
    name: 'success of a new object',
    setup: { object: { status: { observedGeneration: -1 } } },
    conditions: ['Ready=True/Succeeded stored it', 'Stored=True/Succeeded stored it'],
    observed: 2,
    result: { requeueAfter: 60_000 },
    patches: 1,
  },
  {
    name: 'success after success, same spec',
    setup: { object: { status: { ...goodBefore, observedGeneration: 2 } } },
    conditions: ['Ready=True/Succeeded stored it', 'Stored=True/Succeeded stored it'],
    observed: 2,
    result: { requeueAfter: 60_000 },
  },
  {
    name: 'success that takes long: seen on the way, two writes in all',
    setup: { object: { status: goodBefore }, slow: true },
    conditions: ['Ready=True/Succeeded stored it', 'Stored=True/Succeeded stored it'],
    observed: 2,
    result: { requeueAfter: 60_000 },
    patches: 2,
  },
  {
    name: 'success after a stall',
    setup: { object: { status: stalledBefore } },
    conditions: ['Ready=True/Succeeded stored it', 'Stored=True/Succeeded stored it'],
    observed: 2,
    result: { requeueAfter: 60_000 },
  },
  {
    name: 'a transient failure',
    setup: { object: { status: goodBefore }, steps: [fetchFails(new TransientError('Broken', 'server down'))] },
    conditions: [
      `Reconciling=True/ProgressingWithRetry ${newGeneration}`,
      'Ready=False/Broken server down',
      'FetchFailed=True/Broken server down',
      'Stored=True/Succeeded stored it',
    ],
    observed: 1,
    error: /^server down$/,
    events: ['Warning Broken server down', 'published error'],
  },
  {
    name: 'a transient failure after a stall',
    setup: { object: { status: stalledBefore }, steps: [fetchFails(new TransientError('Broken', 'server down'))] },
    conditions: [
      `Reconciling=True/ProgressingWithRetry ${newGeneration}`,
      'Ready=False/Broken server down',
      'FetchFailed=True/Broken server down',
    ],
    observed: 1,
    error: /^server down$/,
    events: ['Warning Broken server down', 'published error'],
  },
  {
    name: 'a transient failure no condition tells of',
    setup: {
      object: { status: goodBefore },
      steps: [
        () => {
          throw new TransientError('LockFailed', 'cannot lock');
        },
      ],
    },
    conditions: [
      `Reconciling=True/ProgressingWithRetry ${newGeneration}`,
      `Ready=False/ProgressingWithRetry ${newGeneration}`,
      'Stored=True/Succeeded stored it',
    ],
    observed: 1,
    error: /^cannot lock$/,
    events: ['Warning LockFailed cannot lock', 'published error'],
  },
  {
    name: 'a plain error: no event',
    setup: {
      object: { status: goodBefore },
      steps: [
        () => {
          throw new TypeError('a bug');
        },
      ],
    },
    conditions: [
      `Reconciling=True/ProgressingWithRetry ${newGeneration}`,
      `Ready=False/ProgressingWithRetry ${newGeneration}`,
      'Stored=True/Succeeded stored it',
    ],
    observed: 1,
    error: /^a bug$/,
    events: [],
  },
  {
    name: 'a stall: observed, and not tried again',
    setup: { object: { status: goodBefore }, steps: [fetchFails(new StalledError('Wrong', 'bad url'))] },
    conditions: [
      'Stalled=True/Wrong bad url',
      'Ready=False/Broken bad url',
      'FetchFailed=True/Broken bad url',
      'Stored=True/Succeeded stored it',
    ],
    observed: 2,
    error: /^bad url$/,
    events: ['Warning Wrong bad url', 'published error'],
  },
  {
    name: 'a wait: an event of the cluster only',
    setup: { object: { status: goodBefore }, steps: [fetchFails(new WaitingError('NotYet', 'no secret yet', 30_000))] },
    conditions: [
      `Reconciling=True/ProgressingWithRetry ${newGeneration}`,
      'Ready=False/Broken no secret yet',
      'FetchFailed=True/Broken no secret yet',
      'Stored=True/Succeeded stored it',
    ],
    observed: 1,
    error: /^no secret yet$/,
    events: ['Normal NotYet no secret yet'],
  },
  {
    name: 'a failed verification speaks over what is stored, and is looked at again soon',
    setup: {
      object: { status: goodBefore },
      steps: [
        ({ object, now }) =>
          setCondition(object, { type: 'Verified', status: 'False', reason: 'BadKey', message: 'not signed' }, now()),
      ],
    },
    conditions: [
      'Ready=False/BadKey not signed',
      'Verified=False/BadKey not signed',
      'Stored=True/Succeeded stored it',
    ],
    observed: 2,
    result: { requeue: true },
  },
  {
    name: 'Ready that was Unknown follows the progress',
    setup: {
      object: { status: { conditions: [was('Ready', 'Unknown', 'Progressing', 'old')], observedGeneration: 1 } },
      steps: [
        ({ progress }) => {
          progress('building artifact');
          throw new TransientError('LockFailed', 'cannot lock');
        },
      ],
    },
    conditions: [
      'Reconciling=True/ProgressingWithRetry building artifact',
      'Ready=False/ProgressingWithRetry building artifact',
    ],
    observed: 1,
    error: /cannot lock/,
    events: ['Warning LockFailed cannot lock', 'published error'],
  },
  {
    name: 'suspension: nothing is done, what is there is observed',
    setup: { object: { spec: { suspend: true }, status: goodBefore } },
    conditions: ['Ready=True/Succeeded stored it', 'Stored=True/Succeeded stored it'],
    observed: 2,
    result: {},
    patches: 1,
  },
  {
    name: 'suspension of an object that never ran: not observed',
    setup: { object: { spec: { suspend: true } } },
    conditions: [],
    observed: undefined,
    result: {},
    patches: 0,
  },
];

describe('the state machine of sources', () => {
  for (const row of table) {
    it(row.name, async () => {
      const run = await runOnce(row.setup);
      assert.deepEqual(told(run), row.conditions);
      assert.equal(run.object?.status?.observedGeneration, row.observed);
      assert.deepEqual(run.events, row.events ?? []);
      if (row.error === undefined) assert.equal(run.error, undefined);
      else assert.match((run.error as Error).message, row.error);
      assert.deepEqual(run.result, row.result);
      if (row.patches !== undefined) assert.equal(run.patches, row.patches);
      assert.ok(run.patches <= 2);
      const generations = (run.object?.status?.conditions ?? []).filter(({ type }) => type === 'Ready');
      if (row.setup.object?.spec?.suspend !== true) assert.equal(generations[0]?.observedGeneration, 2);
    });
  }

  it('tells nobody of a wait of a moment', async () => {
    const steps = [fetchFails(new FleetingError('NotYet', 'no secret yet', 3000))];
    const run = await runOnce({ object: { status: goodBefore }, steps });
    assert.ok(run.error instanceof FleetingError);
    assert.deepEqual(run.object?.status, goodBefore);
    assert.deepEqual(run.events, []);
    assert.deepEqual([run.patches, run.disposed], [0, 1]);
  });

  for (const [what, setup] of [
    ['succeeds', {}],
    ['fails', { steps: [fetchFails(new TransientError('Broken', 'down'))] }],
    ['stalls', { steps: [fetchFails(new StalledError('Wrong', 'bad'))] }],
    ['waits', { steps: [fetchFails(new WaitingError('NotYet', 'later', 1000))] }],
    ['is suspended', { object: { spec: { suspend: true } } }],
  ] as const) {
    it(`acknowledges a request when it ${what}`, async () => {
      const { metadata, ...object }: Partial<Widget> = 'object' in setup ? setup.object : {};
      const annotations = { [RECONCILE_REQUEST_ANNOTATION]: 'now' };
      const asked = { ...object, metadata: { ...metadata, annotations } };
      const run = await runOnce({ ...setup, object: asked });
      assert.equal(run.object?.status?.lastHandledReconcileAt, 'now');
    });
  }

  it('does not acknowledge a request that came during the run', async () => {
    const run = await runOnce({
      object: { metadata: { annotations: { [RECONCILE_REQUEST_ANNOTATION]: 'first' } } },
      slow: true,
      meanwhile: (api) =>
        api.change((object) => {
          object.metadata.annotations = { [RECONCILE_REQUEST_ANNOTATION]: 'second' };
        }),
    });
    assert.equal(run.object?.status?.lastHandledReconcileAt, 'first');
  });

  it('does not take a spec for observed that changed during the run', async () => {
    const run = await runOnce({
      slow: true,
      meanwhile: (api) =>
        api.change((object) => {
          object.metadata.generation = 3;
        }),
    });
    assert.equal(run.object?.status?.observedGeneration, 2);
  });

  it('adds its finalizer before it does anything', async () => {
    const run = await runOnce({
      object: { metadata: { finalizers: ['other'] } },
      meanwhile: (api) => assert.deepEqual(api.object?.metadata.finalizers, ['other', FINALIZER]),
    });
    assert.equal(run.error, undefined);
    assert.equal(run.patches, 2);
  });

  const deletionTimestamp = '2026-01-01T00:00:00Z';

  it('cleans up and lets go of what is being deleted, suspended or not', async () => {
    for (const suspend of [false, true]) {
      const run = await runOnce({ object: { metadata: { deletionTimestamp }, spec: { suspend } } });
      assert.deepEqual([run.object, run.finalized, run.error], [undefined, 1, undefined]);
      assert.equal(run.disposed, 0);
    }
  });

  it('holds on to what it cannot clean up, and says why', async () => {
    const run = await runOnce({
      object: { metadata: { deletionTimestamp } },
      finalize: () => {
        throw new Error('disk on fire');
      },
    });
    assert.deepEqual(run.object?.metadata.finalizers, [FINALIZER]);
    assert.deepEqual(run.events, ['Warning GarbageCollectionFailed disk on fire', 'published error']);
    assert.match(String(run.error), /disk on fire/);
  });

  it('goes quietly when the object goes during the run', async () => {
    const run = await runOnce({ meanwhile: (api) => (api.object = undefined) });
    assert.equal(run.error, undefined);
  });

  it('disposes of what a run holds, however it ends', async () => {
    assert.equal((await runOnce({})).disposed, 1);
    assert.equal((await runOnce({ steps: [fetchFails(new Error('no'))] })).disposed, 1);
  });

  it('notifies of successes only', async () => {
    assert.equal((await runOnce({})).notified, 1);
    assert.equal((await runOnce({ steps: [fetchFails(new Error('no'))] })).notified, 0);
  });

  it('writes nothing of a run cut short by the end of the process', async () => {
    const run = await runOnce({ abort: true });
    assert.equal(run.patches, 0);
    assert.match(String(run.error), /the process is stopping/);
  });
});
