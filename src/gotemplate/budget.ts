// What one render may use: output, steps, nesting, time. Every template of the render shares one budget.
import { LimitError } from './errors.ts';

/** The limits of one render. */
export interface BudgetLimits {
  /** Characters of text built in total: outputs of templates and what functions charge. @default 512 Mi */
  readonly maxOutput?: number;
  /** Actions and loop rounds executed. @default 200 million */
  readonly maxSteps?: number;
  /** Nesting of template calls, through include and tpl too. @default 100000, Go's own */
  readonly maxDepth?: number;
  /** Asked now and then; throws or returns true to stop (a deadline, a cancelled job). */
  readonly stop?: () => boolean;
}

/** Steps between two questions to `stop`. */
const STRIDE = 4096;

/** Counts what a render uses, and ends it with LimitError. */
export class Budget {
  readonly maxDepth: number;
  readonly #maxOutput: number;
  readonly #maxSteps: number;
  readonly #stop: (() => boolean) | undefined;
  #output = 0;
  #steps = 0;
  #next = STRIDE;

  constructor(limits: BudgetLimits = {}) {
    this.maxDepth = limits.maxDepth ?? 100_000;
    this.#maxOutput = limits.maxOutput ?? 512 * 1024 * 1024;
    this.#maxSteps = limits.maxSteps ?? 200_000_000;
    this.#stop = limits.stop;
  }

  /** Text (or list items, or anything else that takes memory) is about to be made. */
  charge(amount: number): void {
    this.#output += amount;
    if (this.#output > this.#maxOutput) {
      throw new LimitError(`the templates produce more than the allowed ${this.#maxOutput} characters`);
    }
  }

  /** Work was done. */
  step(amount = 1): void {
    this.#steps += amount;
    if (this.#steps >= this.#next) this.#check();
  }

  #check(): void {
    this.#next = this.#steps + STRIDE;
    if (this.#steps > this.#maxSteps) {
      throw new LimitError(`the templates take more than the allowed ${this.#maxSteps} steps`);
    }
    if (this.#stop?.() === true) throw new LimitError('the rendering was stopped: it took too long or was cancelled');
  }
}
