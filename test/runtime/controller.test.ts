// Controllers: what each outcome does to the queue, failures contained, and the ways to end.
import assert from 'node:assert/strict';
import { Controller, SupersededError, type Reconcile } from '#runtime/controller';
import type { Logger } from '#runtime/log';
import { StalledError, TransientError, WaitingError } from '#runtime/reconcile-error';
import { Priority } from '#runtime/queue';
import { FakeClock } from '../kube/fake-clock.ts';
import { noMetrics } from './no-metrics.ts';

interface Line {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

function recordingLogger(lines: Line[], base: object = {}): Logger {
  const at =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields: { ...base, ...fields }, message });
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    error: at('error'),
    child: (fields) => recordingLogger(lines, { ...base, ...fields }),
  };
}

/** Lets everything that is ready run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('Controller', () => {
  let clock: FakeClock;
  let lines: Line[];
  let outcomes: string[];
  const running: Controller[] = [];

  beforeEach(() => {
    clock = new FakeClock();
    lines = [];
    outcomes = [];
  });
  afterEach(async () => {
    for (const controller of running.splice(0)) {
      controller.abort(new Error('the test is over'));
      await controller.stop(0);
    }
  });

  function start(reconcile: Reconcile, concurrency = 1): Controller {
    const controller = new Controller({
      kind: { group: 'example.com', kind: 'Widget' },
      concurrency,
      reconcile,
      clock,
      log: recordingLogger(lines),
      metrics: { ...noMetrics, reconciled: (_name, outcome) => void outcomes.push(outcome) },
    });
    running.push(controller);
    controller.start();
    return controller;
  }

  const table: {
    readonly outcome: string;
    readonly run: Reconcile;
    readonly waits: readonly number[];
    readonly metric: string;
    readonly logged?: RegExp;
  }[] = [
    { outcome: 'nothing', run: () => Promise.resolve({}), waits: [], metric: 'success' },
    {
      outcome: 'an interval of nothing',
      run: () => Promise.resolve({ requeueAfter: 0 }),
      waits: [],
      metric: 'success',
    },
    {
      outcome: 'a wait of nothing',
      run: () => Promise.reject(new WaitingError('NotYet', 'not yet', 0)),
      waits: [],
      metric: 'requeue_after',
      logged: /^reconciliation waiting: not yet$/,
    },
    {
      outcome: 'later',
      run: () => Promise.resolve({ requeueAfter: 60_000 }),
      waits: [60_000],
      metric: 'requeue_after',
    },
    { outcome: 'soon', run: () => Promise.resolve({ requeue: true }), waits: [750], metric: 'requeue' },
    {
      outcome: 'a transient error',
      run: () => Promise.reject(new TransientError('Broken', 'it broke')),
      waits: [750],
      metric: 'error',
      logged: /^Reconciler error$/,
    },
    {
      outcome: 'any other error',
      run: () => Promise.reject(new TypeError('x is not a function')),
      waits: [750],
      metric: 'error',
      logged: /^Reconciler error$/,
    },
    {
      outcome: 'an exception before the first await',
      run: () => {
        throw new RangeError('thrown');
      },
      waits: [750],
      metric: 'error',
      logged: /^Reconciler error$/,
    },
    {
      outcome: 'a wait',
      run: () => Promise.reject(new WaitingError('NotYet', 'not yet', 30_000)),
      waits: [30_000],
      metric: 'requeue_after',
      logged: /^reconciliation waiting: not yet$/,
    },
    {
      outcome: 'a stall',
      run: () => Promise.reject(new StalledError('Wrong', 'it is wrong')),
      waits: [],
      metric: 'terminal_error',
      logged: /^reconciliation stalled$/,
    },
  ];
  for (const { outcome, run, waits, metric, logged } of table) {
    it(`comes again as ${outcome} asks`, async () => {
      const controller = start(run);
      controller.queue.add('ns/a');
      await settle();
      assert.deepEqual(clock.waits, waits);
      assert.deepEqual(outcomes, [metric]);
      assert.equal(controller.queue.active, 0);
      if (logged === undefined) assert.deepEqual(lines, []);
      else assert.match(lines[0]?.message ?? '', logged);
    });
  }

  it('logs with the keys of controller-runtime, and a stack only for what is a bug', async () => {
    const controller = start((key) =>
      Promise.reject(key === 'ns/bug' ? new TypeError('bug') : new TransientError('Down', 'server down')),
    );
    controller.queue.add('ns/bug');
    controller.queue.add('ns/down');
    await settle();
    const [bug, down] = lines.map(({ fields }) => fields);
    assert.deepEqual([bug?.['controller'], bug?.['namespace'], bug?.['name']], ['widget', 'ns', 'bug']);
    assert.deepEqual([bug?.['controllerGroup'], bug?.['controllerKind']], ['example.com', 'Widget']);
    assert.deepEqual(bug?.['Widget'], { name: 'bug', namespace: 'ns' });
    assert.equal(typeof bug?.['reconcileID'], 'string');
    assert.notEqual(bug?.['reconcileID'], down?.['reconcileID']);
    assert.match(String(bug?.['stacktrace']), /TypeError: bug/);
    assert.equal(down?.['stacktrace'], undefined);
  });

  it('goes on after a failure, and backs off less after a success', async () => {
    const results = ['fail', 'fail', 'fine', 'fail'];
    const controller = start(() =>
      results.shift() === 'fine' ? Promise.resolve({}) : Promise.reject(new Error('no')),
    );
    const waits: (number | undefined)[] = [];
    controller.queue.add('ns/a');
    for (let i = 0; i < 2; i++) {
      await settle();
      waits.push(clock.waits[0]);
      clock.advance(clock.waits[0] ?? 0);
    }
    await settle();
    controller.queue.add('ns/a');
    await settle();
    assert.deepEqual([...waits, clock.waits[0]], [750, 1500, 750]);
  });

  it('forgets the next periodic run when it runs before', async () => {
    const controller = start(() => Promise.resolve({ requeueAfter: 60_000 }));
    controller.queue.add('ns/a');
    await settle();
    clock.advance(59_000);
    controller.queue.add('ns/a');
    await settle();
    clock.advance(59_000);
    await settle();
    assert.equal(outcomes.length, 2);
    clock.advance(1000);
    await settle();
    assert.equal(outcomes.length, 3);
  });

  it('tells a run when its object changed, and runs again afterwards', async () => {
    const reasons: unknown[] = [];
    let [runs, news] = [0, 0];
    const controller = start(async (_key, { superseded, onNews }) => {
      if (++runs > 1) return {};
      onNews(() => news++);
      await new Promise((resolve) => superseded.addEventListener('abort', resolve));
      reasons.push(superseded.reason);
      assert.equal(news, 1);
      onNews(() => news++);
      assert.equal(news, 2);
      return {};
    });
    controller.queue.add('ns/a');
    await settle();
    controller.queue.add('ns/a', Priority.periodic);
    await settle();
    assert.equal(reasons.length, 0);
    controller.queue.add('ns/a');
    await settle();
    assert.ok(reasons[0] instanceof SupersededError);
    await settle();
    assert.equal(runs, 2);
  });

  it('never runs one key twice at a time, and as many keys at once as it has workers', async () => {
    const active = new Map<string, number>();
    let most = 0;
    const controller = start(async (key) => {
      active.set(key, (active.get(key) ?? 0) + 1);
      assert.equal(active.get(key), 1);
      most = Math.max(most, active.size);
      await settle();
      active.delete(key);
      return {};
    }, 3);
    for (let round = 0; round < 20; round++) for (const key of ['n/a', 'n/b', 'n/c', 'n/d']) controller.queue.add(key);
    while (controller.queue.depth + controller.queue.active > 0) await settle();
    assert.equal(most, 3);
    assert.ok(outcomes.length >= 4 && outcomes.every((outcome) => outcome === 'success'));
  });

  it('drains: waits for what is under way, takes nothing new', async () => {
    const gate = Promise.withResolvers<void>();
    const started: string[] = [];
    const controller = start(async (key, { signal }) => {
      started.push(key);
      await gate.promise;
      assert.equal(signal.aborted, false);
      return { requeueAfter: 10 };
    });
    controller.queue.add('ns/a');
    await settle();
    controller.queue.add('ns/b');
    let stopped = false;
    const stopping = controller.stop(30_000).then(() => (stopped = true));
    await settle();
    assert.equal(stopped, false);
    gate.resolve();
    await stopping;
    assert.deepEqual(started, ['ns/a']);
    assert.deepEqual(clock.waits, []);
  });

  it('cuts work off when the grace is over, without calling that a failure', async () => {
    const controller = start(
      (_key, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    controller.queue.add('ns/a');
    await settle();
    const stopping = controller.stop(30_000);
    clock.advance(30_000);
    await stopping;
    assert.deepEqual(lines, []);
    assert.deepEqual(clock.waits, []);
  });

  it('ends work at once when leadership is lost', async () => {
    const lost = new Error('leader election lost');
    let reason: unknown;
    const controller = start(
      (_key, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(lost);
          }),
        ),
    );
    controller.queue.add('ns/a');
    await settle();
    controller.abort(lost);
    await controller.stop(30_000);
    assert.equal(reason, lost);
    controller.queue.add('ns/a');
    assert.equal(controller.queue.depth, 0);
  });
});
