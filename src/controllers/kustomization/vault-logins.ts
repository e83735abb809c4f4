// Which Vaults ServiceAccounts log in to, and where: a ConfigMap of the operator, who trusts those and no others.
import { sigsUnmarshal } from '#goyaml/index';
import type { KubeClient } from '#kube/client';
import type { KubeObject, ResourceRef } from '#kube/object';
import { errorMessage } from '#lib/errors';
import type { VaultLogins } from '#sops/services/index';

interface DataObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>> | null;
}

interface VaultConfig {
  readonly instances?: readonly { readonly address?: string; readonly loginPath?: string }[] | null;
}

const configMaps: ResourceRef = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };
const entry = 'config.yaml';

/** Read when a document names a Vault: it may have changed since the last one. */
export function vaultLoginsIn(
  client: Pick<KubeClient, 'get'>,
  reference: { readonly namespace: string; readonly name: string },
): VaultLogins {
  const name = `${reference.namespace}/${reference.name}`;
  return {
    name,
    read: async (signal) => {
      let data: DataObject['data'];
      try {
        ({ data } = await client.get<DataObject>(configMaps, reference, { signal }));
      } catch (error) {
        throw new Error(`failed to get Vault ConfigMap '${name}': ${errorMessage(error)}`, { cause: error });
      }
      const text = data?.[entry];
      if (text === undefined) throw new Error(`Vault ConfigMap '${name}' is missing the '${entry}' key`);
      return pathsIn(text, `failed to parse '${entry}' in Vault ConfigMap '${name}'`);
    },
  };
}

/** Login paths by address. */
function pathsIn(text: string, failed: string): ReadonlyMap<string, string> {
  let config: VaultConfig | null;
  try {
    config = sigsUnmarshal(text) as VaultConfig | null;
  } catch (error) {
    throw new Error(`${failed}: ${errorMessage(error)}`, { cause: error });
  }
  const instances = config?.instances ?? [];
  if (!Array.isArray(instances)) throw new Error(`${failed}: instances is not a list`);
  return new Map(
    (instances as NonNullable<VaultConfig['instances']>).map(({ address = '', loginPath = '' }) => [
      address,
      loginPath,
    ]),
  );
}
