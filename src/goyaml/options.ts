// Options shared by reading and writing, with the limits that keep hostile input harmless.

/** go-yaml v2 and v3 differ in typing, error texts and layout. */
export type Flavor = 'v2' | 'v3';

/** Bounds on what one parse may consume. */
export interface Limits {
  /** Length of the text in UTF-16 units. @default 64 Mi */
  readonly length: number;
  /** Nesting of collections. @default 1000 */
  readonly depth: number;
  /** Nodes over all documents. @default 8,000,000 */
  readonly nodes: number;
}

/** The limits when a caller names none. */
export const DEFAULT_LIMITS: Limits = { length: 64 * 1024 * 1024, depth: 1000, nodes: 8_000_000 };

export interface ParseOptions {
  /** Whose error texts and line numbers. @default 'v3' */
  readonly flavor?: Flavor;
  /** Keep comments in the tree (slower). @default false */
  readonly comments?: boolean;
  readonly limits?: Partial<Limits>;
}

/**
 * What a YAML integer becomes:
 * `bigint` always (Go's int64/uint64, beside `number` = float64), `safe` a number unless it is beyond 2^53,
 * `number` always a float64, as encoding/json decodes into `any`.
 */
export type Integers = 'bigint' | 'safe' | 'number';

export interface DecodeOptions extends ParseOptions {
  /** @default 'safe' */
  readonly integers?: Integers;
  /** Refuse a key that is set twice (v3 always does). @default false */
  readonly strict?: boolean;
  /** What mapping keys that are no strings become: text, as sigs.k8s.io/yaml does it, or a refusal. @default 'text' */
  readonly keys?: 'text' | 'strings-only';
}

export interface EmitOptions {
  /** Columns per level, 2 to 9. @default 2 */
  readonly indent?: number;
  /** `compact`: list items start in the column of their key (kyaml); `wide`: they are indented (yaml.v3). @default 'compact' */
  readonly sequences?: 'compact' | 'wide';
}
