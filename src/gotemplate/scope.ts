// Variables at compile time: which slot of a running template each name means, and where its value comes from.
import { concrete, elementType, type Origin } from './field.ts';

interface Variable {
  readonly name: string;
  readonly slot: number;
  readonly origin: Origin;
}

/** The variables of one template body. Names are resolved as Go's stack of variables resolves them when it runs. */
export class Scope {
  readonly #stack: Variable[] = [{ name: '$', slot: 0, origin: concrete }];
  #slots = 1;
  /** Where the current dot comes from. */
  dotOrigin: Origin = concrete;

  get slots(): number {
    return this.#slots;
  }

  /** For `pop`. */
  get mark(): number {
    return this.#stack.length;
  }

  pop(mark: number): void {
    this.#stack.length = mark;
  }

  /** A function that compiles something later, as if the scope were what it is now. */
  captured<A extends readonly unknown[], R>(compile: (...args: A) => R): (...args: A) => R {
    const stack = [...this.#stack];
    const { dotOrigin } = this;
    return (...args) => {
      const now = [...this.#stack];
      const origin = this.dotOrigin;
      this.#restore(stack, dotOrigin);
      try {
        return compile(...args);
      } finally {
        this.#restore(now, origin);
      }
    };
  }

  #restore(stack: readonly Variable[], dotOrigin: Origin): void {
    this.#stack.splice(0, this.#stack.length, ...stack);
    this.dotOrigin = dotOrigin;
  }

  /** A slot no name refers to. */
  hidden(): number {
    return this.#slots++;
  }

  declare(name: string, origin: Origin = concrete): number {
    const slot = this.#slots++;
    this.#stack.push({ name, slot, origin });
    return slot;
  }

  /** Undefined for a name the parser knows but that is not set when this place is reached. */
  find(name: string): Variable | undefined {
    return this.#stack.findLast((variable) => variable.name === name);
  }
}

/** The origin of what a range hands out, its container being in that slot. */
export function elementOf(slot: number): Origin {
  return (s, value) => elementType(s.vars[slot], value);
}
