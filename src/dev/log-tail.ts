// The end of a log file, bounded, for error messages.
import { open } from 'node:fs/promises';

export async function logTail(file: string, options: { lines: number; bytes?: number }): Promise<string> {
  const limit = options.bytes ?? 16_384;
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - limit);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(Math.min(limit, size)),
      0,
      Math.min(limit, size),
      from,
    );
    const lines = buffer.subarray(0, bytesRead).toString('utf8').trimEnd().split('\n');
    // The first line of a cut read is rarely whole.
    if (from > 0) lines.shift();
    return lines.slice(-options.lines).join('\n');
  } finally {
    await handle.close();
  }
}
