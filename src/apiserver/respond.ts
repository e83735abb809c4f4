// Answers on the wire: documents with their tags, JSON for programs and for people, gzip for what is long.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Document } from './discovery.ts';
import { isTruthy } from './request.ts';

const gzipFrom = 128 * 1024;
const compress = promisify(gzip);
const yearMs = 365 * 24 * 3_600_000;
/** Programs with a person in front of them. */
const prettyAgents = /^(curl|Wget|Mozilla\/5\.0)/;

/** Who asks for exactly this version of a document never has to ask again. Another version is answered with this one: the
 * aggregator takes a redirect for a failure. */
export function setImmutable(res: ServerResponse, { etag }: Document, hash: string | null): void {
  if (`"${hash}"` !== etag) return;
  res.setHeader('Cache-Control', 'public, immutable');
  res.setHeader('Expires', new Date(Date.now() + yearMs).toUTCString());
}

export async function sendDocument(
  req: IncomingMessage,
  res: ServerResponse,
  { body, etag }: Document,
  contentType = 'application/json',
): Promise<void> {
  res.setHeader('ETag', etag);
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'public');
  if (req.headers['if-none-match'] === etag) {
    res.writeHead(304).end();
    return;
  }
  await send(req, res, body, contentType);
}

export async function sendJson(req: IncomingMessage, res: ServerResponse, value: object): Promise<void> {
  const asked = new URLSearchParams((req.url ?? '').split('?')[1]).get('pretty');
  const pretty = asked === null ? prettyAgents.test(req.headers['user-agent'] ?? '') : isTruthy(asked);
  await send(req, res, `${JSON.stringify(value, null, pretty ? 2 : undefined)}\n`, 'application/json');
}

async function send(req: IncomingMessage, res: ServerResponse, text: string, contentType: string): Promise<void> {
  let body: Buffer = Buffer.from(text);
  res.setHeader('Content-Type', contentType);
  if (body.length > gzipFrom && /\bgzip\b/.test(req.headers['accept-encoding'] ?? '')) {
    body = await compress(body, { level: 1 });
    res.setHeader('Content-Encoding', 'gzip');
    res.appendHeader('Vary', 'Accept-Encoding');
  }
  res.setHeader('Content-Length', body.length);
  res.end(req.method === 'HEAD' ? undefined : body);
}
