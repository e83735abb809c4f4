// Base64 as Go's StdEncoding takes it: with its padding, and nothing else between.

/** Undefined for what is no base64. */
export function decodeBase64(text: string): Buffer | undefined {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}
