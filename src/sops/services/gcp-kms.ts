// Google Cloud KMS: decrypt, by the service account key of the Secret or by an identity in the cloud.
import { keyToken, type BearerToken, type ServiceAccountKey } from '#cloudauth/given/index';
import { errorMessage } from '#lib/errors';
import { SopsError } from '../errors.ts';
import type { GcpKmsKey } from '../keys/master-key.ts';
import { answered, type Service, type ServiceContext, type ServiceLogin } from './service.ts';

const namePattern = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;

export function gcpKms(
  context: ServiceContext,
  { account }: ServiceLogin,
  file: Buffer | undefined,
): Service<GcpKmsKey> {
  const given = file && serviceAccountKey(file.toString('utf8'));
  let token: Promise<BearerToken> | undefined;
  return async (key, signal) => {
    if (!namePattern.test(key.resourceId)) {
      throw new SopsError(
        'SOPS_KEY',
        `cannot create GCP KMS service: no valid resource ID found in "${key.resourceId}"`,
      );
    }
    try {
      token ??= given
        ? keyToken(context, given, signal)
        : context.identities.accessToken(context.providers.gcp, { account }, signal);
      return await decrypt(context, { key, bearer: await token }, signal);
    } catch (error) {
      signal.throwIfAborted();
      const message = `failed to decrypt sops data key with GCP KMS key: ${errorMessage(error)}`;
      throw new SopsError('SOPS_KEY', message, { cause: error });
    }
  };
}

/** Other kinds of credentials name files and addresses of this process's machine: they are not for Secrets of others. */
function serviceAccountKey(text: string): ServiceAccountKey {
  let file: (ServiceAccountKey & { readonly type?: string }) | null;
  try {
    file = JSON.parse(text) as typeof file;
  } catch {
    throw new SopsError('SOPS_SECRET', 'it is not JSON');
  }
  if (file?.type === 'service_account' && file.private_key) return file;
  throw new SopsError('SOPS_SECRET', `credentials of type '${file?.type ?? ''}': use a key of a service_account`);
}

async function decrypt(
  { http }: ServiceContext,
  { key, bearer }: { readonly key: GcpKmsKey; readonly bearer: BearerToken },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const name = key.resourceId.split('/').map(encodeURIComponent).join('/');
  const answer = await http.json<{ readonly plaintext?: string }>(
    {
      what: 'Google Cloud KMS',
      method: 'POST',
      url: `https://cloudkms.googleapis.com/v1/${name}:decrypt`,
      headers: { authorization: `Bearer ${bearer.token.reveal()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ciphertext: key.enc }),
      secrets: [bearer.token],
    },
    signal,
  );
  const plain = answered(answer.plaintext);
  if (plain !== undefined) return plain;
  throw new SopsError('SOPS_KEY', 'the answer has no plain text');
}
