// Leader election with clocks we own: taking, waiting, renewing, losing, giving up.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { LeaderElector, type Lease, type LeaderElectionOptions } from '#kube/lease';
import { FakeApi, sendJson, sendStatus } from './fake-api.ts';
import { FakeClock } from './fake-clock.ts';

/** A server with one Lease and optimistic locking. */
class LeaseServer {
  lease: Lease | undefined;
  version = 0;
  broken: ((response: ServerResponse) => void) | undefined;
  api!: FakeApi;

  async start(): Promise<void> {
    this.api = await FakeApi.start((response, call) => {
      if (this.broken !== undefined) return this.broken(response);
      if (call.method === 'GET')
        return this.lease ? sendJson(response, this.lease) : sendStatus(response, 404, 'NotFound');
      const sent = JSON.parse(call.body) as Lease;
      if (call.method === 'POST' && this.lease) return sendStatus(response, 409, 'AlreadyExists');
      if (call.method === 'PUT' && sent.metadata.resourceVersion !== this.lease?.metadata.resourceVersion)
        return sendStatus(response, 409, 'Conflict');
      this.store(sent);
      sendJson(response, this.lease);
    });
  }

  store(lease: Lease): void {
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.version) } };
  }

  heldBy(identity: string, seconds = 35): void {
    this.store({
      metadata: { name: 'l', namespace: 'n', ...(this.lease && { resourceVersion: String(this.version) }) },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: seconds,
        renewTime: `r${this.version}`,
        leaseTransitions: 4,
      },
    });
  }
}

describe('LeaderElector', () => {
  let server: LeaseServer;
  let clock: FakeClock;
  let told: string[];
  let stop: AbortController;
  const running: Promise<void>[] = [];

  beforeEach(async () => {
    server = new LeaseServer();
    await server.start();
    clock = new FakeClock();
    told = [];
    stop = new AbortController();
  });

  afterEach(async () => {
    server.broken = undefined;
    stop.abort();
    await Promise.all(running.splice(0));
    await server.api.close();
  });

  function elect(options: Partial<LeaderElectionOptions> = {}): LeaderElector {
    const elector = new LeaderElector({
      client: server.api.client({ clock }),
      namespace: 'n',
      name: 'l',
      identity: 'me',
      clock,
      random: () => 0,
      onStartedLeading: (signal) => {
        told.push('started');
        signal.addEventListener('abort', () => told.push('term over'));
      },
      onStoppedLeading: (why) => told.push(why),
      onNewLeader: (identity) => told.push(`leader ${identity}`),
      ...options,
    });
    running.push(elector.run(stop.signal));
    return elector;
  }

  const retry = (): Promise<number> => clock.waiting((ms) => ms === 5000);

  it('takes a lease that nobody made yet', async () => {
    const elector = elect({ labels: { a: 'b' } });
    await retry();
    assert.deepEqual(told, ['leader me', 'started']);
    assert.equal(elector.isLeader(), true);
    assert.deepEqual(server.lease?.spec, {
      holderIdentity: 'me',
      leaseDurationSeconds: 35,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    assert.deepEqual(server.lease?.metadata.labels, { a: 'b' });
  });

  it('waits out a holder that is silent, by its own clock, and counts the transition', async () => {
    server.heldBy('other');
    elect();
    for (let waited = 0; waited < 35_000; waited += 5000) {
      await retry();
      assert.equal(server.lease?.spec?.holderIdentity, 'other');
      clock.advance(5000);
    }
    await server.api.called(9);
    await retry();
    assert.equal(server.lease?.spec?.holderIdentity, 'me');
    assert.equal(server.lease?.spec?.leaseTransitions, 5);
    assert.deepEqual(told, ['leader other', 'leader me', 'started']);
  });

  it('does not take it from a holder that renews', async () => {
    server.heldBy('other');
    elect();
    for (let round = 0; round < 20; round++) {
      await retry();
      server.heldBy('other');
      clock.advance(5000);
    }
    assert.deepEqual(told, ['leader other']);
  });

  it('takes a released lease at the next look', async () => {
    server.heldBy('other');
    elect();
    await retry();
    server.heldBy('', 1);
    clock.advance(5000);
    await server.api.called(3);
    await retry();
    assert.equal(server.lease?.spec?.holderIdentity, 'me');
  });

  it('renews without changing when it was acquired', async () => {
    elect();
    for (let i = 0; i < 3; i++) {
      await retry();
      clock.advance(5000);
    }
    await retry();
    assert.equal(server.lease?.spec?.acquireTime, '2026-01-01T00:00:00.000000Z');
    assert.equal(server.lease?.spec?.renewTime, '2026-01-01T00:00:15.000000Z');
    assert.equal(server.lease?.spec?.leaseTransitions, 0);
  });

  it('is lost, and says so, when it cannot be renewed in time', async () => {
    elect();
    await retry();
    server.broken = (response) => void response.socket?.destroy();
    for (let i = 0; i < 6; i++) {
      await retry();
      clock.advance(5000);
    }
    await Promise.all(running);
    assert.deepEqual(told, ['leader me', 'started', 'term over', 'lost']);
    assert.equal(clock.monotonic(), 30_000);
  });

  it('is lost when the server takes requests and never answers', async () => {
    elect();
    await retry();
    server.broken = () => undefined;
    clock.advance(5000);
    await server.api.called(3);
    // What is left of the deadline after the first wait.
    await clock.waiting((ms) => ms === 25_000);
    clock.advance(25_000);
    await clock.waiting((ms) => ms <= 5000);
    clock.advance(5000);
    await Promise.all(running);
    assert.deepEqual(told.slice(2), ['term over', 'lost']);
  });

  it('survives a fault that passes before the deadline', async () => {
    elect();
    await retry();
    let faults = 3;
    server.broken = (response) => {
      if (--faults === 0) server.broken = undefined;
      sendStatus(response, 500, 'InternalError');
    };
    for (let i = 0; i < 5; i++) {
      await retry();
      clock.advance(5000);
    }
    await retry();
    assert.deepEqual(told, ['leader me', 'started']);
  });

  it('is lost when somebody else holds it', async () => {
    elect();
    await retry();
    server.heldBy('usurper');
    for (let i = 0; i < 6; i++) {
      await retry();
      clock.advance(5000);
    }
    await Promise.all(running);
    assert.deepEqual(told, ['leader me', 'started', 'leader usurper', 'term over', 'lost']);
    assert.equal(server.lease?.spec?.holderIdentity, 'usurper');
  });

  it('gives the lease up when it is stopped', async () => {
    elect();
    await retry();
    stop.abort();
    await Promise.all(running);
    assert.deepEqual(told, ['leader me', 'started', 'term over', 'stopped']);
    assert.equal(server.lease?.spec?.holderIdentity, '');
    assert.equal(server.lease?.spec?.leaseDurationSeconds, 1);
  });

  it('keeps it when told to', async () => {
    elect({ releaseOnStop: false });
    await retry();
    stop.abort();
    await Promise.all(running);
    assert.equal(server.lease?.spec?.holderIdentity, 'me');
  });

  it('refuses times that cannot work', () => {
    assert.throws(() => elect({ leaseDurationMs: 10_000, renewDeadlineMs: 10_000 }), /leaseDuration must be greater/);
    assert.throws(() => elect({ renewDeadlineMs: 6000 }), /renewDeadline must be greater/);
  });
});
