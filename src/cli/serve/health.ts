// /livez, /readyz and /healthz: whether the process works, and whether it wants requests.
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface HealthChecks {
  readonly draining: () => boolean;
  /** Names of what is not ready yet; none by default. */
  readonly notReady?: () => readonly string[];
}

export function healthHandler(checks: HealthChecks): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    const path = (req.url ?? '').split('?', 1)[0];
    if (path === '/livez' || path === '/healthz') {
      answer(res, 200, 'ok');
      return;
    }
    if (path !== '/readyz') {
      answer(res, 404, 'not found: ask for /livez or /readyz');
      return;
    }
    const missing = checks.draining() ? ['shutdown'] : (checks.notReady?.() ?? []);
    if (missing.length === 0) answer(res, 200, 'ok');
    else answer(res, 500, missing.map((name) => `[-]${name} failed: reason withheld`).join('\n'));
  };
}

function answer(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
