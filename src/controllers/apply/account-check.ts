// Whether the ServiceAccount that an object is applied as is still there.
import type { KubeClient } from '#kube/client';
import { parseKey } from '#kube/object';
import { serviceAccounts } from '#kube/resources';
import { isNotFound } from '#kube/status-error';

/**
 * `identity` is `namespace/name`, empty for our own, as which `client` asks. A deleted tenant's objects must not stay for
 * ever: what nobody may delete any more is left.
 */
export async function isAccountGone(
  client: Pick<KubeClient, 'get'>,
  identity: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (identity === '') return false;
  try {
    await client.get(serviceAccounts, parseKey(identity), { metadataOnly: true, signal });
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}
