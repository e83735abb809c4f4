// Credentials as an entry of the decryption Secret holds them: fields in YAML or JSON.
import { isObject, sigsUnmarshal, type GoObject } from '#goyaml/index';
import { SopsError } from '../errors.ts';

export class CredentialsFile {
  readonly #fields: GoObject;

  /** `what` is in the message of the SopsError, which quotes nothing of the text. */
  constructor(text: string, what: string) {
    try {
      const fields = sigsUnmarshal(text);
      if (isObject(fields)) {
        this.#fields = fields;
        return;
      }
    } catch {
      // Told below: a parser's message quotes what it read.
    }
    throw new SopsError('SOPS_SECRET', `failed to unmarshal ${what}: it is neither YAML nor JSON`);
  }

  /** Empty where there is none. */
  text(field: string): string {
    const value = this.#fields[field];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  isTrue(field: string): boolean {
    return this.#fields[field] === true;
  }
}
