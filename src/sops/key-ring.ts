// The private keys of a decryption Secret: what can be opened without asking anybody.
import { errorMessage } from '#lib/errors';
import { SopsError } from './errors.ts';
import { decryptAge, parseAgeIdentities, type AgeIdentity } from './keys/age.ts';
import type { LocalKey } from './keys/master-key.ts';
import { decryptPgp, readPgpPrivateKeys, type PgpPrivateKey } from './keys/pgp.ts';

/** Keys as files hold them: age identities, and armored OpenPGP keys. */
export interface KeyFile {
  readonly name: string;
  readonly type: LocalKey['type'];
  readonly content: string;
}

export class KeyRing {
  readonly #age: readonly AgeIdentity[];
  readonly #pgp: readonly PgpPrivateKey[];

  private constructor(age: readonly AgeIdentity[], pgp: readonly PgpPrivateKey[]) {
    this.#age = age;
    this.#pgp = pgp;
  }

  /** `where` says in messages where the files came from. Throws a SopsError that names the file it cannot read. */
  static async open(files: readonly KeyFile[], where: string): Promise<KeyRing> {
    const age: AgeIdentity[] = [];
    const pgp: PgpPrivateKey[] = [];
    for (const { name, type, content } of files) {
      try {
        if (type === 'age') age.push(...parseAgeIdentities(content));
        else pgp.push(...(await readPgpPrivateKeys(content)));
      } catch (error) {
        const message = `failed to import '${name}' data from ${where}: ${errorMessage(error)}`;
        throw new SopsError('SOPS_SECRET', message, { cause: error });
      }
    }
    return new KeyRing(age, pgp);
  }

  /** The data key, or the part of it, that this key encrypts. */
  async decrypt(key: LocalKey): Promise<Uint8Array> {
    return key.type === 'age' ? decryptAge(key.enc, this.#age) : decryptPgp(key.enc, this.#pgp);
  }
}
