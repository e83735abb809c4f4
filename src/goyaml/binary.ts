// `!!binary` scalars, and the Go strings they hold: bytes that need not be UTF-8.
import { fromBytes, toBytes } from '#lib/go-string';
import { yamlError } from './errors.ts';

const STANDARD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Line length of encoded data, as soon as it fills one line. */
const LINE = 70;

/** Whether a Go string holds bytes that are not UTF-8. */
export function hasInvalidBytes(text: string): boolean {
  // They are kept as lone surrogates (see go-string).
  return !text.isWellFormed();
}

/** base64.StdEncoding, which skips line breaks. */
export function decodeBinary(text: string): string {
  const packed = text.replace(/[\r\n]/g, '');
  if (!STANDARD.test(packed)) {
    throw yamlError('!!binary value contains invalid base64 data');
  }
  return fromBytes(Buffer.from(packed, 'base64'));
}

/** Base64 of a Go string's bytes, in lines of 70 when it does not fit one. */
export function encodeBinary(text: string): string {
  const encoded = Buffer.from(toBytes(text)).toString('base64');
  if (encoded.length < LINE) {
    return encoded;
  }
  return encoded.replace(/.{1,70}/g, '$&\n');
}
