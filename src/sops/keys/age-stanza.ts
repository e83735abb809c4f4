// How an age file's key is wrapped for its recipients, and who unwraps it.
import { createDecipheriv } from 'node:crypto';

/** What one recipient finds its file key in. */
export interface Stanza {
  readonly args: readonly string[];
  readonly body: Buffer;
}

export interface AgeIdentity {
  /** The file key; undefined when the stanza is for somebody else. Throws for one that is malformed. */
  unwrap(stanza: Stanza): Buffer | undefined;
}

export const tagBytes = 16;
const fileKeyBytes = 16;

/** The argument's bytes and the wrapped file key, where the stanza is of that type and their sizes are right. */
export function stanzaParts(
  { args, body }: Stanza,
  type: string,
  shareBytes: number,
): { readonly share: Buffer; readonly wrapped: Buffer } | undefined {
  const share = Buffer.from(args[1] ?? '', 'base64');
  const fits = args[0] === type && share.length === shareBytes && body.length === fileKeyBytes + tagBytes;
  return fits ? { share, wrapped: body } : undefined;
}

/** ChaCha20-Poly1305; undefined when it was not sealed with this key. */
export function opened(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < tagBytes) return undefined;
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagBytes });
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}
