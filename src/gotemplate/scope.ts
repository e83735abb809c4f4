// Variables at compile time: which slot of a running template each name means, and where its value comes from.
import { concrete, elementType, type Origin } from './field.ts';

interface Variable {
  readonly name: string;
  readonly slot: number;
  readonly origin: Origin;
  /** The one declared before it. */
  readonly below: Variable | undefined;
}

/** The variables of one template body. Names are resolved as Go's stack of variables resolves them when it runs. */
export class Scope {
  #top: Variable | undefined = { name: '$', slot: 0, origin: concrete, below: undefined };
  #slots = 1;
  /** Where the current dot comes from. */
  dotOrigin: Origin = concrete;

  get slots(): number {
    return this.#slots;
  }

  /** For `pop`. */
  get mark(): Variable | undefined {
    return this.#top;
  }

  pop(mark: Variable | undefined): void {
    this.#top = mark;
  }

  /** A function that compiles something later, as if the scope were what it is now. */
  captured<A extends readonly unknown[], R>(compile: (...args: A) => R): (...args: A) => R {
    const top = this.#top;
    const { dotOrigin } = this;
    return (...args) => {
      const now = this.#top;
      const origin = this.dotOrigin;
      this.#top = top;
      this.dotOrigin = dotOrigin;
      try {
        return compile(...args);
      } finally {
        this.#top = now;
        this.dotOrigin = origin;
      }
    };
  }

  /** A slot no name refers to. */
  hidden(): number {
    return this.#slots++;
  }

  declare(name: string, origin: Origin = concrete): number {
    const slot = this.#slots++;
    this.#top = { name, slot, origin, below: this.#top };
    return slot;
  }

  /** Undefined for a name the parser knows but that is not set when this place is reached. */
  find(name: string): Variable | undefined {
    let variable = this.#top;
    while (variable !== undefined && variable.name !== name) variable = variable.below;
    return variable;
  }
}

/** The origin of what a range hands out, its container being in that slot. */
export function elementOf(slot: number): Origin {
  return (s, value) => elementType(s.vars[slot], value);
}
