// PEM blocks as Go's encoding/pem reads and writes them.
import { EncodingError, decodeBase64 } from './encoding.ts';

export interface PemBlock {
  /** What stands behind BEGIN. */
  readonly type: string;
  readonly bytes: Buffer;
}

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';

/** The first well-formed block of a text; undefined when there is none. One pass over the lines. */
export function decodePem(text: string): PemBlock | undefined {
  let open: { type: string; lines: string[] } | undefined;
  for (const line of text.split('\n').map((one) => one.replace(/[ \t\r]{1,16}$/, ''))) {
    if (line.startsWith(BEGIN) && line.endsWith(DASHES)) {
      open = { type: line.slice(BEGIN.length, -DASHES.length), lines: [] };
    } else if (open !== undefined && line === `${END}${open.type}${DASHES}`) {
      const bytes = decodeLines(open.lines);
      if (bytes !== undefined) return { type: open.type, bytes };
      open = undefined;
    } else open?.lines.push(line);
  }
  return undefined;
}

function decodeLines(lines: readonly string[]): Buffer | undefined {
  // Headers ("Proc-Type: …") end with an empty line.
  const body = lines[0]?.includes(':') === true ? lines.slice(lines.indexOf('') + 1) : lines;
  try {
    return Buffer.from(decodeBase64(body.join('').replace(/[ \t]/g, '')));
  } catch (error) {
    if (error instanceof EncodingError) return undefined;
    throw error;
  }
}

export function encodePem({ type, bytes }: PemBlock): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${type}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${type}-----\n`;
}
