// Events inside the process: what controllers publish, notification and tests subscribe to.
import type { DeliveryEvent } from './event-recorder.ts';

export class EventStream {
  readonly #listeners = new Set<(event: DeliveryEvent) => void>();

  readonly publish = (event: DeliveryEvent): void => {
    for (const listener of this.#listeners) listener(event);
  };

  /** Calls `listener` on each event from now on; returns a function that ends it. It must not throw. */
  subscribe(listener: (event: DeliveryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
