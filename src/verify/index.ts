// Signatures: who signed some bytes, and do we trust them.
export { parseTrustedKeys, verifySignature, type KeyFile, type Verdict } from './signature.ts';
