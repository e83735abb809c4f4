// GET and HEAD of artifacts over HTTP, with ranges and validators, as third-party consumers of Flux artifacts expect.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { storagePathOf } from './layout.ts';
import type { ArtifactStorage } from './storage.ts';

/** Follows the `latest` links; directories are not listed. */
export function fileServer(storage: ArtifactStorage): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  return async (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('Allow', 'GET, HEAD');
      answer(res, 405, 'method not allowed');
      return;
    }
    const target = (req.url ?? '/').split('?', 1)[0]!;
    if (target === '/') {
      // Flux's readiness probe asks for the root.
      answer(res, 200, 'ok');
      return;
    }
    const path = storagePathOf(target);
    const file = path === undefined ? undefined : await storage.resolve(path);
    if (file === undefined) {
      answer(res, 404, '404 page not found');
      return;
    }
    const etag = `"${file.size.toString(16)}-${Math.floor(file.modified).toString(16)}"`;
    const modified = new Date(file.modified).toUTCString();
    res.setHeader('ETag', etag);
    res.setHeader('Last-Modified', modified);
    res.setHeader('Accept-Ranges', 'bytes');
    if (isFresh(req, etag, file.modified)) {
      res.statusCode = 304;
      res.end();
      return;
    }
    const range = parseRange(req, etag, modified, file.size);
    if (range === 'unsatisfiable') {
      res.setHeader('Content-Range', `bytes */${file.size}`);
      answer(res, 416, 'invalid range: failed to overlap');
      return;
    }
    res.setHeader('Content-Type', contentType(file.path));
    res.setHeader('Content-Length', range === undefined ? file.size : range.end - range.start + 1);
    if (range !== undefined) {
      res.statusCode = 206;
      res.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${file.size}`);
    }
    if (req.method === 'HEAD') {
      res.end();
      return;
    }
    const body = await storage.read(file.path, range);
    // A reader that goes away is no error of ours.
    await pipeline(body, res).catch(() => undefined);
  };
}

function answer(res: ServerResponse, status: number, text: string): void {
  res.statusCode = status;
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.end(`${text}\n`);
}

function contentType(path: string): string {
  if (path.endsWith('.tar.gz') || path.endsWith('.tgz')) return 'application/gzip';
  if (path.endsWith('.yaml')) return 'application/yaml';
  return 'application/octet-stream';
}

function isFresh(req: IncomingMessage, etag: string, modified: number): boolean {
  const match = req.headers['if-none-match'];
  if (match !== undefined) return match.split(',').some((tag) => [etag, '*'].includes(tag.trim().replace(/^W\//, '')));
  const since = Date.parse(req.headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && Math.floor(modified / 1000) * 1000 <= since;
}

/** One range is answered; several, or something unreadable, get the whole file, which the standard allows. */
function parseRange(
  req: IncomingMessage,
  etag: string,
  modified: string,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(req.headers.range ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const condition = req.headers['if-range'];
  if (condition !== undefined && condition !== etag && condition !== modified) return undefined;
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start >= size) return 'unsatisfiable';
  return end < start ? undefined : { start, end };
}
