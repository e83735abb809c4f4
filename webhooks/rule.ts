// What an admission rule is: a pure function of the object, what it was, who asks, and what the cluster holds.
import { invalidError, type FieldError } from '#api/derive/field-error';

/** An object under review. Its schema has been checked: fields have their declared types. */
export interface ReviewedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface Requester {
  readonly username: string;
  readonly groups: readonly string[];
}

/** The cluster as last seen; answers at once, and may be a moment behind. */
export interface Snapshot {
  /** Whether all objects of the kind are known; where they are not, nothing can be said to be missing. */
  knows(kind: string): boolean;
  get(kind: string, namespace: string, name: string): ReviewedObject | undefined;
  list(kind: string): Iterable<ReviewedObject>;
  /** Paths of the files in a source's current artifact; undefined when there is none, or nobody looked into it. */
  files(kind: string, namespace: string, name: string): readonly string[] | undefined;
}

export interface RuleContext {
  readonly object: ReviewedObject;
  /** Undefined for a new object. */
  readonly old: ReviewedObject | undefined;
  readonly user: Requester;
  readonly snapshot: Snapshot;
}

/** `error` refuses the object; `warning` lets it pass and is shown to whoever sent it. */
export type Finding =
  | { readonly level: 'error'; readonly error: FieldError }
  | { readonly level: 'warning'; readonly message: string };

export interface Rule {
  /** Kebab-case, stable: names the rule in metrics and exemptions. */
  readonly id: string;
  /** Kinds the rule is about. */
  readonly kinds: readonly string[];
  /** What goes wrong without it, one sentence. */
  readonly why: string;
  readonly check: (context: RuleContext) => readonly Finding[];
}

/** Refuses a value. The hint says what to do: a short imperative clause without a full stop. */
export function refuse(field: string, value: unknown, detail: string, hint?: string): Finding {
  const error = invalidError(field, value, detail);
  return { level: 'error', error: hint === undefined ? error : { ...error, hint } };
}

/** Lets it pass with a remark that names the field. */
export function warn(field: string, message: string): Finding {
  return { level: 'warning', message: `${field}: ${message}` };
}
