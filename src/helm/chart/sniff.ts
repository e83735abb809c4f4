// The media type Go's http.DetectContentType would name: only for the error text about a file that is no archive.

const signatures: readonly (readonly [prefix: string, type: string])[] = [
  ['%PDF-', 'application/pdf'],
  ['%!PS-Adobe-', 'application/postscript'],
  ['\xfe\xff', 'text/plain; charset=utf-16be'],
  ['\xff\xfe', 'text/plain; charset=utf-16le'],
  ['\xef\xbb\xbf', 'text/plain; charset=utf-8'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['\x89PNG\x0d\x0a\x1a\x0a', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['PK\x03\x04', 'application/zip'],
  ['Rar!\x1a\x07', 'application/x-rar-compressed'],
  ['\x1f\x8b\x08', 'application/x-gzip'],
  ['\x00asm', 'application/wasm'],
];

const markup: readonly (readonly [tag: string, type: string])[] = [
  ['<!doctype html', 'text/html; charset=utf-8'],
  ['<html', 'text/html; charset=utf-8'],
  ['<head', 'text/html; charset=utf-8'],
  ['<script', 'text/html; charset=utf-8'],
  ['<body', 'text/html; charset=utf-8'],
  ['<?xml', 'text/xml; charset=utf-8'],
];

export function sniffContentType(data: Uint8Array): string {
  // Upstream looks at a buffer of 512 bytes, which a shorter file fills with zeros.
  const start = Buffer.alloc(512);
  start.set(data.subarray(0, 512));
  const text = start.toString('latin1');
  const trimmed = text.replace(/^[\t\n\f\r ]+/, '');
  const lower = trimmed.toLowerCase();
  for (const [tag, type] of markup) {
    if (lower.startsWith(tag) && (tag === '<?xml' || /[ >]/.test(lower[tag.length] ?? ''))) return type;
  }
  const known = signatures.find(([prefix]) => text.startsWith(prefix));
  if (known !== undefined) return known[1];
  // Control characters that occur in no text.
  // oxlint-disable-next-line no-control-regex
  return /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(trimmed) ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}
