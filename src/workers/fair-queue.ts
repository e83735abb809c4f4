// The order of waiting jobs: round robin over their owners, so that one big tenant cannot starve the others.

/** A queue of tasks, each with an owner; within one owner first in, first out. */
export class FairQueue<Task extends object> {
  readonly #owner: (task: Task) => string;
  /** Owners in the order of their next turn. */
  readonly #lanes = new Map<string, Set<Task>>();
  #size = 0;

  constructor(owner: (task: Task) => string) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#size;
  }

  push(task: Task): void {
    const owner = this.#owner(task);
    let lane = this.#lanes.get(owner);
    if (lane === undefined) this.#lanes.set(owner, (lane = new Set()));
    lane.add(task);
    this.#size++;
  }

  /** The next task; its owner goes to the end of the round. */
  shift(): Task | null {
    const first = this.#lanes.entries().next();
    if (first.done === true) return null;
    const [owner, lane] = first.value;
    const task = lane.values().next().value!;
    lane.delete(task);
    this.#size--;
    this.#lanes.delete(owner);
    if (lane.size > 0) this.#lanes.set(owner, lane);
    return task;
  }

  remove(task: Task): void {
    const owner = this.#owner(task);
    const lane = this.#lanes.get(owner);
    if (lane?.delete(task) !== true) return;
    this.#size--;
    if (lane.size === 0) this.#lanes.delete(owner);
  }
}
