// What a build needs from outside (remote bases, charts): asked for synchronously, fetched by the driver between attempts.
import { errorMessage } from '#lib/errors';
import { KustomizeError, Suspended, limitError } from './errors.ts';

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/**
 * The outcomes of the asynchronous requests of one build. A request that has no outcome yet suspends the build:
 * the driver awaits it and starts again, and the second attempt finds the outcome here. So the engine itself stays
 * synchronous, which is what makes the local build fast.
 */
export class Effects {
  readonly #outcomes = new Map<string, Outcome<unknown>>();
  readonly #limit: number;

  /** @param limit how many requests one build may make */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The outcome of `start` under `key`, or a suspension. */
  get<T>(key: string, start: () => Promise<T>): T {
    const known = this.#outcomes.get(key) as Outcome<T> | undefined;
    if (known === undefined) {
      if (this.#outcomes.size >= this.#limit) {
        throw limitError(`the build asks for more than ${this.#limit} remote resources`);
      }
      throw new Suspended(this.#run(key, start));
    }
    if ('error' in known) {
      throw known.error instanceof KustomizeError ? known.error : new KustomizeError(errorMessage(known.error));
    }
    return known.value;
  }

  async #run<T>(key: string, start: () => Promise<T>): Promise<void> {
    try {
      this.#outcomes.set(key, { value: await start() });
    } catch (error) {
      this.#outcomes.set(key, { error });
    }
  }
}
