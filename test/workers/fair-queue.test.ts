// The queue before the pool: owners take turns, whoever asks most.
import assert from 'node:assert/strict';
import { FairQueue } from '#workers/fair-queue';

interface Task {
  readonly owner: string;
  readonly id: number;
}

function queueOf(...tasks: readonly Task[]): FairQueue<Task> {
  const queue = new FairQueue<Task>((task) => task.owner);
  for (const task of tasks) queue.push(task);
  return queue;
}

function drain(queue: FairQueue<Task>): string[] {
  const order: string[] = [];
  for (let task = queue.shift(); task !== null; task = queue.shift()) order.push(`${task.owner}${task.id}`);
  return order;
}

const task = (owner: string, id: number): Task => ({ owner, id });

describe('FairQueue', () => {
  it('takes turns between owners, first in first out within one', () => {
    const queue = queueOf(task('a', 1), task('a', 2), task('a', 3), task('b', 1), task('c', 1), task('c', 2));
    assert.deepEqual(drain(queue), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  it('forgets a removed task', () => {
    const gone = task('a', 2);
    const queue = queueOf(task('a', 1), gone, task('b', 1));
    queue.remove(gone);
    queue.remove(task('b', 9));
    assert.equal(queue.size, 2);
    assert.deepEqual(drain(queue), ['a1', 'b1']);
  });

  it('is empty in the end', () => {
    const queue = queueOf(task('a', 1));
    drain(queue);
    assert.equal(queue.size, 0);
    assert.equal(queue.shift(), null);
  });
});
