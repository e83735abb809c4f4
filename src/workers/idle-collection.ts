// Collects a thread's garbage once it has nothing to do: buffers that its last job left outside the heap would else wait for
// a collection that an idle thread has no reason to make.

/** Long enough for the next job of a burst to come first. */
const idleMs = 200;

export class IdleCollection {
  #timer: NodeJS.Timeout | undefined;

  /** A job begins. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  /** A job has ended. Does nothing where the engine was started without `--expose-gc`. */
  schedule(): void {
    this.#timer = setTimeout(() => globalThis.gc?.(), idleMs).unref();
  }
}
