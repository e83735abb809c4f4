// SOPS: documents of which some values are encrypted, read and made plain.
export { decodeBase64 } from './base64.ts';
export type { KeySources, RemoteAnswer } from './data-key.ts';
export { decryptObject, decryptText, type Conversion, type Decrypted } from './decrypt.ts';
export { SopsError } from './errors.ts';
export { detectFormat, formatOfPath, hasMarker, type Format } from './formats.ts';
export { KeyRing, type KeyFile } from './key-ring.ts';
export { keyId, nameOf, type MasterKey, type RemoteKey } from './keys/master-key.ts';
