// The cluster a release lives in: how to act in it, watch it, and what it can do, as charts ask.
import { apiVersionOf, parseApiVersion, type GroupVersionKind } from '#api/group-version';
import { type AsyncLookup, type Capabilities, defaultCapabilities } from '#helm/index';
import type { PatchSchemas } from '#kube/apply/patch-schema';
import type { KubeClient } from '#kube/client';
import { NoMatchError, type ResourceInfo } from '#kube/discovery';
import { isNotFound } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import type { Cluster } from '../apply/cluster.ts';
import type { Heads } from './release-index.ts';

export interface HelmCluster extends Cluster {
  readonly heads: Heads;
  /** Our own cluster, as ourselves. */
  readonly owner: KubeClient;
  readonly version: ServerVersion;
  readonly patchSchemas: PatchSchemas;
}

/** The server's version, asked for once. */
export class ServerVersion {
  readonly #client: Cluster['client'];
  #known: Promise<Capabilities['kubeVersion']> | undefined;

  constructor(client: Cluster['client']) {
    this.#client = client;
  }

  get(): Promise<Capabilities['kubeVersion']> {
    this.#known ??= this.#ask().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  async #ask(): Promise<Capabilities['kubeVersion']> {
    const { body } = await this.#client.raw({ method: 'GET', path: '/version' });
    const { gitVersion = '', major = '', minor = '' } = JSON.parse(body) as Record<string, string>;
    return { version: gitVersion, major, minor };
  }
}

export async function capabilitiesOf(
  { discovery, version }: HelmCluster,
  newKinds: readonly GroupVersionKind[],
): Promise<Capabilities> {
  const [resources, kubeVersion] = await Promise.all([discovery.all(), version.get()]);
  const apiVersions = new Set<string>();
  for (const resource of [...resources, ...newKinds]) {
    const apiVersion = apiVersionOf(resource);
    apiVersions.add(apiVersion);
    apiVersions.add(`${apiVersion}/${resource.kind}`);
  }
  return { ...defaultCapabilities(), kubeVersion, apiVersions: [...apiVersions] };
}

/** `lookup` as the identity of the release. What is not there is an empty answer, as for Helm. */
export function clusterLookup({ client, discovery }: Cluster, signal: AbortSignal): AsyncLookup {
  return async ({ apiVersion, kind, namespace, name }) => {
    let resource: ResourceInfo;
    try {
      resource = await discovery.resourceFor({ ...parseApiVersion(apiVersion), kind });
    } catch (error) {
      if (!(error instanceof NoMatchError)) throw error;
      throw new Error(`unable to get apiresource from unstructured: ${errorMessage(error)}`, { cause: error });
    }
    const where = resource.namespaced && namespace !== '' ? { namespace } : {};
    try {
      if (name !== '') return await client.get(resource, { name, ...where }, { signal });
      return await client.list(resource, { ...where, signal });
    } catch (error) {
      if (isNotFound(error)) return {};
      throw error;
    }
  };
}
