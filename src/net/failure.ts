// Why a connection failed, in words that stay the same from one try to the next.
import { errorMessage } from '#lib/errors';

/** The innermost reason, since the outer ones may say no more than that something failed. */
export function failureReason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return failureReason(error.errors[0]);
  if (!(error instanceof Error)) return errorMessage(error);
  return error.cause instanceof Error ? failureReason(error.cause) : (tlsReason(error) ?? error.message);
}

/** OpenSSL's own text names a thread and a line of its sources. */
function tlsReason(error: Error & { readonly code?: unknown; readonly reason?: unknown }): string | undefined {
  const { code, reason } = error;
  if (typeof code !== 'string' || !code.startsWith('ERR_SSL_') || typeof reason !== 'string') return undefined;
  const hint = code === 'ERR_SSL_WRONG_VERSION_NUMBER' ? ' (is this an http server?)' : '';
  return `tls: ${reason}${hint}`;
}
