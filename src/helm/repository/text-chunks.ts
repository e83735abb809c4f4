// Reads a text file piece by piece; no more of it is in memory than one piece.
import { closeSync, openSync, readSync } from 'node:fs';
import { RepositoryError } from './errors.ts';

const chunkBytes = 64 * 1024;
/** A line longer than this is no line anybody wrote. */
const maxLineLength = 8 * 1024 * 1024;

export function* textChunks(path: string): Generator<string, void, undefined> {
  const file = openSync(path, 'r');
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      const length = readSync(file, buffer);
      const text = decode(decoder, buffer.subarray(0, length), length > 0);
      if (text !== '') yield text;
      if (length === 0) return;
    }
  } finally {
    closeSync(file);
  }
}

function decode(decoder: TextDecoder, bytes: Buffer, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (cause) {
    throw new RepositoryError('HELM_REPOSITORY_INDEX', 'the text is not valid UTF-8', { cause });
  }
}

/** Lines without their line breaks. */
export function* linesOf(chunks: Iterable<string>): Generator<string, void, undefined> {
  let rest = '';
  for (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    if (rest.length > maxLineLength) {
      throw new RepositoryError('HELM_REPOSITORY_INDEX', `a line is longer than ${maxLineLength} characters`);
    }
    yield* lines;
  }
  if (rest !== '') yield rest;
}
