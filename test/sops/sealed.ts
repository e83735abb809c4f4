// Documents encrypted by the tests themselves, for keys that only a test's own services have.
import { createCipheriv, randomBytes } from 'node:crypto';

/** JSON with one value, `password`, and the metadata given. */
export function sealedDocument(dataKey: Buffer, password: string, metadata: object): string {
  const sops = { ...metadata, mac: 'ENC[not looked at]', lastmodified: '2026-01-01T00:00:00Z', version: '3.11.0' };
  return JSON.stringify({ password: sealed(dataKey, password, 'password:'), sops }, undefined, 1);
}

/** A value as SOPS writes it. */
export function sealed(dataKey: Buffer, text: string, place: string): string {
  const iv = randomBytes(32);
  const cipher = createCipheriv('aes-256-gcm', dataKey, iv);
  cipher.setAAD(Buffer.from(place));
  const data = Buffer.concat([cipher.update(text), cipher.final()]);
  const [shown, shownIv, tag] = [data, iv, cipher.getAuthTag()].map((bytes) => bytes.toString('base64'));
  return `ENC[AES256_GCM,data:${shown},iv:${shownIv},tag:${tag},type:str]`;
}
