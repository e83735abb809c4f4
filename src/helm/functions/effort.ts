// How much one call may walk through. A map that holds another one twice, and that one a third twice, is small in memory
// and without end for whoever follows it.
import { LimitError } from '#gotemplate/index';

/** Far more elements than a chart's values have. */
const MOST = 1_000_000;

export class Effort {
  #left = MOST;

  /** Counts elements looked at; throws LimitError when there were too many. */
  spend(elements = 1): void {
    this.#left -= elements;
    if (this.#left < 0) throw new LimitError('the templates walk through a value that is too large');
  }
}
