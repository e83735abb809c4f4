// The last steps of an action, told in the event when it fails. Steps name objects and what became of them; nothing
// of what is in them.
import { helmTime } from './storage.ts';

/** Steps that are kept, and how much of each. */
const size = 10;
const maxLength = 500;

interface Line {
  readonly text: string;
  readonly at: number;
  /** When it was last said again, and how often. */
  againAt: number;
  again: number;
}

export class ActionLog {
  readonly #now: () => number;
  #lines: Line[] = [];

  /** `now` gives Unix ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** An action begins. */
  clear(): void {
    this.#lines = [];
  }

  note(step: string): void {
    const text = step.length > maxLength ? `${step.slice(0, maxLength)}...` : step;
    const last = this.#lines.at(-1);
    if (last?.text === text) {
      last.again++;
      last.againAt = this.#now();
      return;
    }
    this.#lines.push({ text, at: this.#now(), again: 0, againAt: 0 });
    if (this.#lines.length > size) this.#lines.shift();
  }

  /** `message` with the steps after it, as Flux writes them. */
  after(message: string): string {
    if (this.#lines.length === 0) return message;
    return `${message}\n\nLast Helm logs:\n\n${this.#lines.map(textOf).join('\n')}`;
  }
}

function textOf({ text, at, again, againAt }: Line): string {
  const first = `${helmTime(at)}: ${text}`;
  if (again === 0) return first;
  const omitted = again - 1;
  const note = omitted === 0 ? '' : ` (${omitted} duplicate ${omitted === 1 ? 'line' : 'lines'} omitted)`;
  return `${first}\n${helmTime(againAt)}: ${text}${note}`;
}
