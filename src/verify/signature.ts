// One door for both kinds of signature Git has: OpenPGP and SSH. Says which trusted key made it, or why none did.
import { errorMessage } from '#lib/errors';
import { readPgpKeys, verifyPgp, type PgpKey } from './pgp.ts';
import { parseAuthorizedKeys, verifySshSignature, type SshPublicKey } from './ssh-signature.ts';

/** A file of public keys, told apart by its name: `.sshpub` holds authorized_keys lines, all others OpenPGP keys. */
export interface KeyFile {
  readonly name: string;
  readonly text: string;
}

export interface TrustedKeys {
  readonly pgp: readonly PgpKey[];
  readonly ssh: readonly SshPublicKey[];
}

/** `key` names the trusted key: an OpenPGP key id, or an SSH key's fingerprint. */
export type Verdict = { readonly key: string } | { readonly failure: string };

/** Reads all files. One that cannot be read is passed over as long as another can; else this throws. */
export async function parseTrustedKeys(files: readonly KeyFile[]): Promise<TrustedKeys> {
  const pgp: PgpKey[] = [];
  const ssh: SshPublicKey[] = [];
  let problem: Error | undefined;
  for (const { name, text } of files) {
    try {
      if (name.endsWith('.sshpub')) ssh.push(...parseAuthorizedKeys(text));
      else pgp.push(...(await readPgpKeys(text)));
    } catch (error) {
      problem ??= new Error(`unable to read the keys in '${name}': ${errorMessage(error)}`, { cause: error });
    }
  }
  if (pgp.length === 0 && ssh.length === 0) throw problem ?? new Error('there is no public key in the secret');
  return { pgp, ssh };
}

export async function verifySignature(payload: Uint8Array, signature: string, keys: TrustedKeys): Promise<Verdict> {
  const isSsh = signature.trimStart().startsWith('-----BEGIN SSH SIGNATURE-----');
  const list = isSsh ? keys.ssh : keys.pgp;
  if (list.length === 0) {
    return { failure: `it is signed with ${isSsh ? 'SSH' : 'OpenPGP'}, and no such key is in the secret` };
  }
  try {
    const key = isSsh
      ? verifySshSignature(payload, signature, keys.ssh)
      : await verifyPgp(payload, signature, keys.pgp);
    if (key !== undefined) return { key };
  } catch (error) {
    return { failure: `the signature cannot be read: ${errorMessage(error)}` };
  }
  return {
    failure: isSsh
      ? 'unable to verify payload with any of the given authorized keys'
      : 'unable to verify payload with any of the given key rings',
  };
}
