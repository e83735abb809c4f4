// What the API server refuses with: one error class over metav1.Status, and the questions callers ask of it.
import { CodedError } from '#lib/errors';

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface StatusBody {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** One field another manager owns, from a refused server-side apply. */
export interface FieldConflict {
  readonly manager: string;
  readonly field: string;
  readonly message: string;
}

/** A refusal by the API server. `message` is the server's own sentence. */
export class StatusError extends CodedError {
  /** HTTP status code. */
  readonly status: number;
  /** metav1.StatusReason, e.g. `NotFound`; empty when the server gave none. */
  readonly reason: string;
  readonly details: StatusDetails;
  /** From the Retry-After header or the details, when there was one. */
  readonly retryAfterSeconds: number | undefined;

  constructor(body: StatusBody, retryAfterSeconds?: number) {
    const status = body.code ?? 500;
    super('KUBE_STATUS', body.message ?? `the server responded with the status code ${status}`);
    this.status = status;
    this.reason = body.reason ?? '';
    this.details = body.details ?? {};
    this.retryAfterSeconds = retryAfterSeconds ?? body.details?.retryAfterSeconds;
  }
}

/** Reads a response that is not 2xx. Anything but a Status becomes the sentence client-go has for that code. */
export function statusErrorFrom(code: number, body: string, context: RequestContext): StatusError {
  const retryAfter = parseRetryAfter(context.retryAfter);
  const parsed = parseStatus(body);
  if (parsed !== undefined) return new StatusError({ code, ...parsed }, retryAfter);
  const known = GENERIC[code];
  const reason = known?.reason ?? (code >= 500 ? 'InternalError' : 'Unknown');
  const sentence =
    known?.message ?? `the server responded with the status code ${code} but did not return more information`;
  const subject =
    context.resource === undefined
      ? ''
      : ` (${context.verb} ${context.resource}${context.name ? ` ${context.name}` : ''})`;
  const detail = body.trim().slice(0, 2048);
  const message = `${sentence}${subject}`;
  const causes = detail === '' ? undefined : [{ reason: 'UnexpectedServerResponse', message: detail }];
  const details = { ...(context.name && { name: context.name }), ...(causes && { causes }) };
  return new StatusError({ code, reason, message, details }, retryAfter);
}

export interface RequestContext {
  readonly verb: string;
  readonly resource?: string | undefined;
  readonly name?: string | undefined;
  readonly retryAfter?: string | undefined;
}

const GENERIC: Readonly<Record<number, { reason: string; message: string }>> = {
  400: { reason: 'BadRequest', message: 'the server rejected our request for an unknown reason' },
  401: { reason: 'Unauthorized', message: 'the server has asked for the client to provide credentials' },
  403: { reason: 'Forbidden', message: 'the server does not allow access to the requested resource' },
  404: { reason: 'NotFound', message: 'the server could not find the requested resource' },
  405: { reason: 'MethodNotAllowed', message: 'the server does not allow this method on the requested resource' },
  406: {
    reason: 'NotAcceptable',
    message: 'the server was unable to respond with a content type that the client supports',
  },
  409: { reason: 'Conflict', message: 'the server reported a conflict' },
  410: { reason: 'Gone', message: 'the requested resource is no longer available' },
  413: { reason: 'RequestEntityTooLarge', message: 'the request is too large' },
  415: { reason: 'UnsupportedMediaType', message: 'the body of the request was in an unknown format' },
  422: { reason: 'Invalid', message: 'the server rejected our request due to an error in our request' },
  429: {
    reason: 'TooManyRequests',
    message: 'the server has received too many requests and has asked us to try again later',
  },
  500: { reason: 'InternalError', message: 'an error on the server has prevented the request from succeeding' },
  503: { reason: 'ServiceUnavailable', message: 'the server is currently unable to handle the request' },
  504: {
    reason: 'Timeout',
    message: 'the server was unable to return a response in the time allotted, but may still be processing the request',
  },
};

function parseStatus(body: string): StatusBody | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(body) as StatusBody | null;
    return value?.kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whole seconds, or an HTTP date is ignored as client-go does. */
export function parseRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header.trim()) ? Number(header.trim()) : undefined;
}

/** Asks about anything that was thrown. What is known to be a StatusError stays one when the answer is no. */
interface Question {
  (error: StatusError): boolean;
  (error: unknown): error is StatusError;
}

function asks(holds: (error: StatusError) => boolean): Question {
  return (error: unknown): error is StatusError => error instanceof StatusError && holds(error);
}

/** By the reason; by the code only where the server gave none. */
function asksReason(reason: string, code: number): Question {
  return asks((error) => error.reason === reason || (error.reason === '' && error.status === code));
}

export const isNotFound = asksReason('NotFound', 404);
export const isAlreadyExists = asks((error) => error.reason === 'AlreadyExists');
export const isConflict = asksReason('Conflict', 409);
export const isInvalid = asksReason('Invalid', 422);
export const isBadRequest = asksReason('BadRequest', 400);
export const isForbidden = asksReason('Forbidden', 403);
export const isTooManyRequests = asksReason('TooManyRequests', 429);
export const isTimeout = asksReason('Timeout', 504);

/** 410 by either of its reasons, Gone and Expired: a resourceVersion or a continue token that is too old. */
export const isGone = asks((error) => error.status === 410 || error.reason === 'Gone' || error.reason === 'Expired');

/** The fields other managers own, when a server-side apply without force was refused; else empty. */
export function fieldConflicts(error: unknown): readonly FieldConflict[] {
  if (!(error instanceof StatusError) || error.status !== 409) return [];
  return (error.details.causes ?? [])
    .filter((cause) => cause.reason === 'FieldManagerConflict')
    .map((cause) => ({
      manager: /^conflict with "((?:[^"\\]|\\.)*)"/.exec(cause.message ?? '')?.[1] ?? '',
      field: cause.field ?? '',
      message: cause.message ?? '',
    }));
}

/** Why the server refused, as its reason reads: `FieldManagerConflict` where that is a cause, empty when unknown. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof StatusError)) return '';
  return fieldConflicts(error).length > 0 ? 'FieldManagerConflict' : error.reason;
}
