// Refusals as Kubernetes writes them: one error class that becomes a metav1.Status.

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** Ends a request with this code, reason and sentence. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  /** Further list metadata, such as a fresh continue token. */
  readonly listMetadata: { readonly continue?: string } | undefined;

  constructor(
    code: number,
    reason: string,
    message: string,
    more: { readonly details?: StatusDetails; readonly listMetadata?: { readonly continue?: string } } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.reason = reason;
    this.details = more.details;
    this.listMetadata = more.listMetadata;
  }
}

export function statusOf(error: ApiError): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: { ...error.listMetadata },
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    ...(error.details !== undefined && { details: error.details }),
    code: error.code,
  };
}

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');
export const noSuchPath = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', { details: {} });
export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);

export function notFound(resource: { readonly plural: string; readonly group: string }, name: string): ApiError {
  const { plural, group } = resource;
  const details = { name, group, kind: plural };
  return new ApiError(404, 'NotFound', `${plural}.${group} "${name}" not found`, { details });
}

export function methodNotAllowed(
  resource: { readonly plural: string; readonly group: string },
  verb: string,
): ApiError {
  const { plural, group } = resource;
  return new ApiError(405, 'MethodNotAllowed', `${verb} is not supported on resources of kind "${plural}.${group}"`, {
    details: { group, kind: plural },
  });
}

/** An impossible combination of list options. */
export function invalidListOptions(field: string, message: string, reason = 'FieldValueForbidden'): ApiError {
  const details = { group: 'meta.k8s.io', kind: 'ListOptions', causes: [{ reason, message, field }] };
  return new ApiError(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${field}: ${message}`, { details });
}

/** The version asked for has left memory. */
export function expired(message: string, freshToken?: string): ApiError {
  return new ApiError(410, 'Expired', message, {
    ...(freshToken !== undefined && { listMetadata: { continue: freshToken } }),
  });
}

export function versionTooLarge(wanted: bigint, current: bigint): ApiError {
  const message = `Too large resource version: ${wanted}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new ApiError(504, 'Timeout', message, { details: { causes, retryAfterSeconds: 1 } });
}
