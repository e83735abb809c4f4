// HashiCorp Vault and OpenBao: decrypt by the transit engine, with the token of the Secret or that of this process.
import { errorMessage } from '#lib/errors';
import { Secret } from '#lib/secret';
import { SopsError } from '../errors.ts';
import type { VaultKey } from '../keys/master-key.ts';
import { answered, type Service, type ServiceContext, type ServiceLogin } from './service.ts';
import { vaultHeaders, vaultOrigin, vaultSessions } from './vault-login.ts';

export function vault(context: ServiceContext, login: ServiceLogin, file: Buffer | undefined): Service<VaultKey> {
  const text = file?.toString('utf8').trim() ?? '';
  const given = text === '' ? undefined : new Secret(text);
  const loggedIn = login.vaultLogins && vaultSessions(context, login, login.vaultLogins);
  return async (key, signal) => {
    const path = [...key.enginePath.split('/').filter((part) => part !== ''), 'decrypt', key.keyName];
    try {
      const token = given ?? (await loggedIn?.(key, signal)) ?? ownToken(context, key);
      return await decrypt(context, { key, path, token }, signal);
    } catch (error) {
      signal.throwIfAborted();
      const backend = `Vault transit backend '${path.join('/')}'`;
      const message = `failed to decrypt sops data key from ${backend}: ${errorMessage(error)}`;
      throw new SopsError('SOPS_KEY', message, { cause: error });
    }
  };
}

/** A document names the address: the token of this process goes to no other than its own. */
function ownToken({ env }: ServiceContext, { address }: VaultKey): Secret {
  const [token, known] = [env['VAULT_TOKEN'], env['VAULT_ADDR']];
  if (!token) throw new SopsError('SOPS_KEY', 'no token: put one into the decryption Secret as sops.vault-token');
  if (known && trimmed(known) === trimmed(address)) return new Secret(token);
  throw new SopsError('SOPS_KEY', `VAULT_TOKEN is not sent to '${address}', which is not the address in VAULT_ADDR`);
}

interface Asked {
  readonly key: VaultKey;
  readonly path: readonly string[];
  readonly token: Secret;
}

async function decrypt(
  { http, env }: ServiceContext,
  { key, path, token }: Asked,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const answer = await http.json<{ readonly data?: { readonly plaintext?: string } }>(
    {
      what: 'Vault',
      method: 'PUT',
      url: `${vaultOrigin(key)}/v1/${path.map(encodeURIComponent).join('/')}`,
      headers: { ...vaultHeaders(env), 'x-vault-token': token.reveal() },
      body: JSON.stringify({ ciphertext: key.enc }),
      secrets: [token],
    },
    signal,
  );
  const plain = answered(answer.data?.plaintext);
  if (plain !== undefined) return plain;
  throw new SopsError('SOPS_KEY', 'no decrypted data');
}

function trimmed(address: string): string {
  return address.replace(/\/+$/, '');
}
