// The error of this room: its text is kustomize's own, since users search for it.
import { CodedError, errorMessage } from '#lib/errors';

/** What a caller must know about a failure beside its text. */
export type FailureKind = 'build' | 'http' | 'timeout' | 'limit';

/** A build that cannot be done. The message reads as `kustomize build` writes it. */
export class KustomizeError extends CodedError {
  readonly kind: FailureKind;

  constructor(message: string, options: { readonly kind?: FailureKind; readonly cause?: unknown } = {}) {
    super('KUSTOMIZE_BUILD', message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = options.kind ?? 'build';
  }
}

/** `prefix: text of the error`, with what is known of the error kept. */
export function wrapError(error: unknown, prefix: string): KustomizeError {
  const kind = error instanceof KustomizeError ? error.kind : 'build';
  return new KustomizeError(`${prefix}: ${errorMessage(error)}`, { kind, cause: error });
}

/** Runs `body`; what it throws gets `prefix: ` before its text. Suspensions pass untouched. */
export function withPrefix<T>(prefix: string | (() => string), body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof Suspended) throw error;
    throw wrapError(error, typeof prefix === 'string' ? prefix : prefix());
  }
}

/** A limit that keeps hostile input harmless was reached. */
export function limitError(message: string): KustomizeError {
  return new KustomizeError(message, { kind: 'limit' });
}

/** Thrown through a build that needs something not yet fetched; the driver awaits it and builds again. */
export class Suspended extends Error {
  readonly pending: Promise<void>;

  constructor(pending: Promise<void>) {
    super('waiting for a remote resource');
    this.name = 'Suspended';
    this.pending = pending;
  }
}
