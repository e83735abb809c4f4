// What services are asked with: the way to them, and who asks.
import type { AccountReference, Identities, Providers } from '#cloudauth/index';
import type { CloudContext } from '#cloudauth/given/index';
import type { Secret } from '#lib/secret';

export interface ServiceContext extends CloudContext {
  readonly identities: Identities;
  readonly providers: Providers;
}

/** What a Kustomization asks with. */
export interface ServiceLogin {
  /** Of the decryption Secret, by their names there. */
  readonly entries: readonly (readonly [string, Secret<Buffer>])[];
  /** The Secret, as messages name it. */
  readonly where: string;
  /** Whose cloud identity stands in for what the Secret does not have; undefined: this process's own. */
  readonly account: AccountReference | undefined;
  /** Undefined where no ServiceAccount logs in to any Vault. */
  readonly vaultLogins?: VaultLogins | undefined;
}

/** The Vaults that may be shown a ServiceAccount's token. */
export interface VaultLogins {
  /** Of what says so, for messages. */
  readonly name: string;
  /** Paths of logins by addresses of Vaults. */
  readonly read: (signal: AbortSignal) => Promise<ReadonlyMap<string, string>>;
}

/** The part of a data key that a master key encrypts. Throws in SOPS's words. */
export type Service<Key> = (key: Key, signal: AbortSignal) => Promise<Uint8Array>;

/** Bytes a service answered in base64; undefined when there are none. */
export function answered(text: unknown): Uint8Array | undefined {
  return typeof text === 'string' && text !== '' ? Buffer.from(text, 'base64') : undefined;
}
