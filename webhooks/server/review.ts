// AdmissionReview in and out: the wire format of admission.k8s.io/v1.
import type { IncomingMessage } from 'node:http';
import { CodedError } from '#lib/errors';

export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly userInfo: { readonly username?: string; readonly groups?: readonly string[] };
  readonly object: unknown;
  readonly oldObject: unknown;
  readonly dryRun?: boolean;
}

/** A field that was refused, as kubectl lists it. */
export interface Cause {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

export interface Verdict {
  readonly warnings: readonly string[];
  /** Why it is refused; empty when it is allowed. */
  readonly causes: readonly Cause[];
}

/** Two objects of the API server's 3 MiB, and their wrapping. */
const maxBody = 7 * 1024 * 1024;
const maxWarning = 250;

/** Reads a request's review. Throws REVIEW_TOO_LARGE or REVIEW_MALFORMED. */
export async function readReview(req: IncomingMessage): Promise<AdmissionRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw new CodedError('REVIEW_TOO_LARGE', `an AdmissionReview may have ${maxBody} bytes`);
    chunks.push(chunk);
  }
  let review: { readonly request?: Partial<AdmissionRequest> } | null;
  try {
    review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as typeof review;
  } catch {
    throw new CodedError('REVIEW_MALFORMED', 'the body is not JSON');
  }
  const request = review?.request;
  if (
    typeof request?.uid !== 'string' ||
    typeof request.kind?.kind !== 'string' ||
    typeof request.operation !== 'string'
  ) {
    throw new CodedError(
      'REVIEW_MALFORMED',
      'the body is not an AdmissionReview of admission.k8s.io/v1 with a request',
    );
  }
  return request as AdmissionRequest;
}

/** The answer. A refusal reads as the API server's own validation does. */
export function writeReview(request: AdmissionRequest, verdict: Verdict): string {
  const { uid } = request;
  const warnings = verdict.warnings.map(clip);
  const response = {
    uid,
    allowed: verdict.causes.length === 0,
    ...(warnings.length > 0 && { warnings }),
    ...(verdict.causes.length > 0 && { status: refusal(request, verdict.causes) }),
  };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response });
}

function refusal({ kind, name }: AdmissionRequest, causes: readonly Cause[]): object {
  const lines = causes.map(({ field, message }) => `${field}: ${message}`);
  const list = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  return {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    message: `${kind.kind}.${kind.group} ${JSON.stringify(name ?? '')} is invalid: ${list}`,
    details: { name: name ?? '', group: kind.group, kind: kind.kind, causes },
  };
}

function clip(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= maxWarning ? line : `${line.slice(0, maxWarning - 1)}…`;
}
