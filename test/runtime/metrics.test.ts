// Metrics: the names, labels and buckets Flux's dashboards ask for.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Metrics } from '#runtime/metrics';
import { WorkQueue } from '#runtime/queue';
import { skip } from '#test/support/skip';
import { FakeClock } from '../kube/fake-clock.ts';

const fixtures = path.resolve(import.meta.dirname, '../../../shared/fixtures/flux-v2.7');

interface Family {
  readonly type: string;
  readonly labels: Set<string>;
  readonly buckets: Set<string>;
}

/** Metric families of a scrape, by name. */
function familiesOf(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type !== null) families.set(type[1]!, { type: type[2]!, labels: new Set(), buckets: new Set() });
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line);
    if (sample === null) continue;
    const family = families.get(sample[1]!) ?? families.get(sample[1]!.replace(/_(bucket|sum|count)$/, ''));
    for (const [, name, value] of (sample[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      if (name === 'le') family?.buckets.add(String(Number(value === '+Inf' ? 'Infinity' : value)));
      else if (name !== undefined) family?.labels.add(name);
    }
  }
  return families;
}

/** Exponential buckets are computed, so the last digits differ. */
function close(a: string, b: string): boolean {
  return a === b || Math.abs(Number(a) / Number(b) - 1) < 1e-6;
}

async function ours(): Promise<Map<string, Family>> {
  const metrics = new Metrics();
  const queue = new WorkQueue({ clock: new FakeClock(), minDelay: 1, maxDelay: 1 });
  metrics.observeQueue('kustomization', queue, 4);
  metrics.queueTimes('kustomization').waited(5);
  metrics.queueTimes('kustomization').worked(5);
  metrics.reconciled('kustomization', 'success', 120);
  metrics.reconciled('kustomization', 'error', 120);
  metrics.observed({ kind: 'Kustomization', namespace: 'ns', name: 'a' }, 120);
  metrics.requested({ code: '200', method: 'GET', host: 'h' });
  return familiesOf(await metrics.registry.metrics());
}

describe('metrics', () => {
  it("bear Flux's names, types, labels and buckets, or are marked as our own", async function () {
    const scrape = await readFile(path.join(fixtures, 'metrics-kustomize-controller.txt'), 'utf8').catch(() =>
      skip(this, 'no recorded metrics of Flux'),
    );
    const flux = familiesOf(scrape);
    let compared = 0;
    for (const [name, family] of await ours()) {
      if (name.startsWith('sluice_')) continue;
      const theirs = flux.get(name);
      assert.ok(theirs !== undefined, `${name} is none of Flux's metrics`);
      assert.equal(family.type, theirs.type, name);
      if (theirs.labels.size > 0) assert.deepEqual([...family.labels].toSorted(), [...theirs.labels].toSorted(), name);
      const [mine, others] = [[...family.buckets], [...theirs.buckets]];
      if (others.length > 0) {
        assert.equal(mine.length, others.length, name);
        for (const [i, bucket] of mine.entries()) assert.ok(close(bucket, others[i]!), `${name} le=${bucket}`);
      }
      compared++;
    }
    assert.ok(compared >= 8, `only ${compared} metrics compared`);
  });

  it('count outcomes by controller and result, with all results there from the start', async () => {
    const metrics = new Metrics();
    metrics.observeQueue('widget', new WorkQueue({ clock: new FakeClock(), minDelay: 1, maxDelay: 1 }), 4);
    const total = async (result: string): Promise<string | undefined> => {
      const text = await metrics.registry.metrics();
      return new RegExp(`controller_runtime_reconcile_total\\{controller="widget",result="${result}"\\} (\\d+)`).exec(
        text,
      )?.[1];
    };
    for (const result of ['success', 'requeue', 'requeue_after', 'error']) assert.equal(await total(result), '0');
    metrics.reconciled('widget', 'success', 1);
    metrics.reconciled('widget', 'error', 1);
    metrics.reconciled('widget', 'error', 1);
    assert.deepEqual([await total('success'), await total('error')], ['1', '2']);
    assert.match(
      await metrics.registry.metrics(),
      /controller_runtime_reconcile_errors_total\{controller="widget"\} 2/,
    );
  });

  it('forget an object with the object', async () => {
    const metrics = new Metrics();
    const object = { kind: 'Widget', namespace: 'ns', name: 'a' };
    metrics.observed(object, 5);
    assert.match(await metrics.registry.metrics(), /gotk_reconcile_duration_seconds_count\{.*name="a"/);
    metrics.forget(object);
    assert.doesNotMatch(await metrics.registry.metrics(), /name="a"/);
  });

  it('count hits and misses of caches', async () => {
    const metrics = new Metrics();
    const cache = metrics.cache('unpacked');
    cache.hit();
    cache.hit();
    cache.miss();
    const text = await metrics.registry.metrics();
    assert.match(text, /sluice_cache_requests\{cache="unpacked",result="hit"\} 2/);
    assert.match(text, /sluice_cache_requests\{cache="unpacked",result="miss"\} 1/);
  });
});
