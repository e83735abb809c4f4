// Azure Key Vault: decrypt by RSA-OAEP-256, with the credentials of the Secret or an identity in the cloud.
import type { BearerToken } from '#cloudauth/given/index';
import { errorMessage } from '#lib/errors';
import { SopsError } from '../errors.ts';
import type { AzureKeyVaultKey } from '../keys/master-key.ts';
import { azureCredentials } from './azure-credentials.ts';
import { answered, type Service, type ServiceContext, type ServiceLogin } from './service.ts';

/** Where Azure keeps vaults. A document names the host that a token goes to: none but these may have one. */
const vaultDomains = [
  'vault.azure.net',
  'vault.azure.cn',
  'vault.usgovcloudapi.net',
  'managedhsm.azure.net',
  'managedhsm.azure.cn',
  'managedhsm.usgovcloudapi.net',
];

export function azureKeyVault(
  context: ServiceContext,
  { account }: ServiceLogin,
  file: Buffer | undefined,
): Service<AzureKeyVaultKey> {
  const given = file && azureCredentials(context, file);
  const tokens = new Map<string, Promise<BearerToken>>();
  return async (key, signal) => {
    const { origin, domain } = vaultOf(key);
    try {
      const scopes = [`https://${domain}/.default`];
      let token = tokens.get(domain);
      if (token === undefined) {
        token = given
          ? given(scopes, signal)
          : context.identities.accessToken(context.providers.azure, { scopes, account }, signal);
        tokens.set(domain, token);
      }
      return await decrypt(context, { key, origin, bearer: await token }, signal);
    } catch (error) {
      signal.throwIfAborted();
      const message = `failed to decrypt sops data key with Azure Key Vault: ${errorMessage(error)}`;
      throw new SopsError('SOPS_KEY', message, { cause: error });
    }
  };
}

function vaultOf({ vaultUrl }: AzureKeyVaultKey): { readonly origin: string; readonly domain: string } {
  const url = URL.canParse(vaultUrl) ? new URL(vaultUrl) : undefined;
  const domain = vaultDomains.find((domain) => url?.hostname.endsWith(`.${domain}`) === true);
  if (url?.protocol === 'https:' && url.port === '' && domain !== undefined) return { origin: url.origin, domain };
  throw new SopsError('SOPS_KEY', `'${vaultUrl}' is no Azure Key Vault`);
}

interface Asked {
  readonly key: AzureKeyVaultKey;
  readonly origin: string;
  readonly bearer: BearerToken;
}

async function decrypt(
  { http }: ServiceContext,
  { key, origin, bearer }: Asked,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const path = [key.name, key.version].map(encodeURIComponent).join('/');
  const answer = await http.json<{ readonly value?: string }>(
    {
      what: 'Azure Key Vault',
      method: 'POST',
      url: `${origin}/keys/${path}/decrypt?api-version=7.4`,
      headers: { authorization: `Bearer ${bearer.token.reveal()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ alg: 'RSA-OAEP-256', value: key.enc }),
      secrets: [bearer.token],
    },
    signal,
  );
  const plain = answered(answer.value);
  if (plain !== undefined) return plain;
  throw new SopsError('SOPS_KEY', 'the answer has no value');
}
