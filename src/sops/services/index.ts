// Services that keep keys to themselves and decrypt with them: the clouds' and Vault.
import { errorMessage } from '#lib/errors';
import { SopsError } from '../errors.ts';
import type { RemoteKey } from '../keys/master-key.ts';
import { awsKms } from './aws-kms.ts';
import { azureKeyVault } from './azure-key-vault.ts';
import { gcpKms } from './gcp-kms.ts';
import type { Service, ServiceContext, ServiceLogin } from './service.ts';
import { vault } from './vault.ts';

export { keyId } from '../keys/master-key.ts';
export type { ServiceContext, ServiceLogin, VaultLogins } from './service.ts';

/** The services as one Kustomization asks them. */
export interface ServiceKeys {
  readonly decrypt: Service<RemoteKey>;
}

export class KeyServices {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** Throws a SopsError for an entry of the Secret that cannot be used. */
  open(login: ServiceLogin): ServiceKeys {
    const context = this.#context;
    const aws = entry(login, 'sops.aws-kms', (file) => awsKms(context, login, file));
    const gcp = entry(login, 'sops.gcp-kms', (file) => gcpKms(context, login, file));
    const azure = entry(login, 'sops.azure-kv', (file) => azureKeyVault(context, login, file));
    const hashicorp = entry(login, 'sops.vault-token', (file) => vault(context, login, file));
    return {
      decrypt(key, signal) {
        switch (key.type) {
          case 'kms':
            return aws(key, signal);
          case 'gcp_kms':
            return gcp(key, signal);
          case 'azure_kv':
            return azure(key, signal);
          default:
            return hashicorp(key, signal);
        }
      },
    };
  }
}

function entry<T>({ entries, where }: ServiceLogin, name: string, read: (file: Buffer | undefined) => T): T {
  const content = entries.find(([entry]) => entry === name)?.[1];
  try {
    return read(content?.reveal());
  } catch (error) {
    const message = `failed to import '${name}' data from ${where}: ${errorMessage(error)}`;
    throw new SopsError('SOPS_SECRET', message, { cause: error });
  }
}
