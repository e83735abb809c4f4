// PEM blocks as Go's encoding/pem reads and writes them.
import { EncodingError, decodeBase64 } from './encoding.ts';

export interface PemBlock {
  /** What stands behind BEGIN. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** The first well-formed block of a text; undefined when there is none. */
export function decodePem(text: string): PemBlock | undefined {
  const block = /^-----BEGIN ([^\n]*?)-----[ \t\r]*\n([^]*?)^-----END \1-----[ \t\r]*$/gm;
  for (const [, type = '', body = ''] of text.matchAll(block)) {
    // Headers ("Proc-Type: …") end with an empty line.
    const data = /^[^\n]*:/.test(body) ? body.replace(/^[^]*?\n\r?\n/, '') : body;
    try {
      return { type, bytes: Buffer.from(decodeBase64(data.replace(/[ \t\r\n]/g, ''))) };
    } catch (error) {
      if (!(error instanceof EncodingError)) throw error;
    }
  }
  return undefined;
}

export function encodePem({ type, bytes }: PemBlock): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${type}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${type}-----\n`;
}
