// OpenPGP private keys and what is encrypted for them. The library is loaded by those who have such a key.
import type { PrivateKey } from 'openpgp';
import { errorMessage } from '#lib/errors';
import { SopsError } from '../errors.ts';

export type PgpPrivateKey = PrivateKey;

/** The private keys of an armored text. */
export async function readPgpPrivateKeys(armored: string): Promise<PgpPrivateKey[]> {
  const { readPrivateKeys } = await import('openpgp');
  try {
    return await readPrivateKeys({ armoredKeys: armored });
  } catch (error) {
    const message = `failed to import armored key data into GnuPG keyring: ${errorMessage(error)}`;
    throw new SopsError('SOPS_SECRET', message, { cause: error });
  }
}

/** What an armored message holds. Throws when none of the keys opens it. */
export async function decryptPgp(armoredMessage: string, keys: readonly PgpPrivateKey[]): Promise<Uint8Array> {
  if (keys.length === 0) throw unreadable('the decryption Secret has no entry whose name ends in .asc');
  const usable = keys.filter((key) => key.isDecrypted());
  if (usable.length === 0) throw unreadable('every private key is protected by a passphrase: export one without');
  const { decrypt, readMessage } = await import('openpgp');
  try {
    const message = await readMessage({ armoredMessage });
    const { data } = await decrypt({ message, decryptionKeys: usable, format: 'binary' });
    return data as Uint8Array;
  } catch (error) {
    throw unreadable(errorMessage(error), error);
  }
}

function unreadable(reason: string, cause?: unknown): SopsError {
  const message = `could not decrypt data key with PGP key: failed to decrypt sops data key with pgp: ${reason}`;
  return new SopsError('SOPS_KEY', message, { cause });
}
