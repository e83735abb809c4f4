// The two webhooks over HTTP: POST /mutate judges the schema, POST /validate the rules.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CodedError, errorMessage } from '#lib/errors';
import type { Judge } from './judge.ts';
import { readReview, writeReview, type AdmissionRequest, type Verdict } from './review.ts';

export const schemaPath = '/mutate';
export const rulesPath = '/validate';

export interface HandlerOptions {
  readonly judge: Judge;
  /** Told of each review. */
  readonly observe?: (review: { readonly path: string; readonly allowed: boolean; readonly ms: number }) => void;
}

export function admissionHandler({
  judge,
  observe,
}: HandlerOptions): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  return async (req, res) => {
    const path = (req.url ?? '').split('?', 1)[0]!;
    const verdictOf = path === schemaPath ? judgeSchema : path === rulesPath ? judgeRules : undefined;
    if (verdictOf === undefined) return answer(res, 404, `ask for ${schemaPath} or ${rulesPath}`);
    if (req.method !== 'POST') return answer(res, 405, 'POST an AdmissionReview');
    const started = performance.now();
    let request: AdmissionRequest;
    try {
      request = await readReview(req);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return answer(res, error.code === 'REVIEW_TOO_LARGE' ? 413 : 400, errorMessage(error));
    }
    const verdict = verdictOf(judge, request);
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(writeReview(request, verdict));
    observe?.({ path, allowed: verdict.causes.length === 0, ms: performance.now() - started });
  };
}

// The schema is judged in the mutating phase, which comes before the API server's own validation: only there can the
// answer say more than the server's. Nothing is ever mutated.
function judgeSchema(judge: Judge, request: AdmissionRequest): Verdict {
  return judge.schema(request);
}

function judgeRules(judge: Judge, request: AdmissionRequest): Verdict {
  return judge.rules(request);
}

function answer(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
