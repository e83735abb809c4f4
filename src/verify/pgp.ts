// OpenPGP signatures, detached and armored. The library is loaded by those who verify.
import type { Key } from 'openpgp';

export type PgpKey = Key;

const maxKeyRing = 4 << 20;

export async function readPgpKeys(armored: string): Promise<PgpKey[]> {
  if (armored.length > maxKeyRing) throw new Error(`it has more than ${maxKeyRing} characters`);
  const { readKeys } = await import('openpgp');
  return readKeys({ armoredKeys: armored });
}

/** The id of the primary key of the signer, when it is one of the keys and the signature holds. */
export async function verifyPgp(
  payload: Uint8Array,
  armoredSignature: string,
  keys: readonly PgpKey[],
): Promise<string | undefined> {
  const { createMessage, readSignature, verify } = await import('openpgp');
  const signature = await readSignature({ armoredSignature });
  const message = await createMessage({ binary: payload });
  const { signatures } = await verify({ message, signature, verificationKeys: [...keys], format: 'binary' });
  for (const { keyID, verified } of signatures) {
    const good = await verified.catch(() => false);
    if (!good) continue;
    const signer = keys.find((key) => key.getKeys(keyID).length > 0);
    if (signer !== undefined) return signer.getKeyID().toHex().toUpperCase();
  }
  return undefined;
}
