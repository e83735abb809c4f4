// What `spec.kubeConfig` leads to: the configuration of a cluster, from a Secret or by a cloud identity.
import type { AccountReference, ClusterTarget, Identities, Providers } from '#cloudauth/index';
import { providerName, type ClusterLogin } from '#cloudauth/index';
import type { Kustomization } from '#api/kustomize/kustomization';
import type { ClusterConfig, Environment } from '#kube/cluster-config';
import type { Trust } from '#kube/kubeconfig';
import { configMaps, secrets, type DataObject } from '#kube/resources';
import { isNotFound } from '#kube/status-error';
import { CodedError, errorMessage } from '#lib/errors';
import type { Clock } from '#lib/clock';
import type { NamedObject, NamedObjects } from '#runtime/named-objects';
import { LoginCredentials } from './login-credentials.ts';

export type KubeConfigReference = NonNullable<Kustomization['spec']['kubeConfig']>;

export interface KubeConfigOptions {
  readonly objects: NamedObjects;
  readonly clock: Clock;
  /** What kubeconfigs in Secrets, which anybody may have written, may do. */
  readonly trust: Trust;
  /** For programs that kubeconfigs may run. */
  readonly env: Environment;
  readonly identities: Identities;
  readonly providers: Providers;
  /** ServiceAccount of ConfigMaps that name none; empty: our own identity. */
  readonly defaultAccount: string;
}

/** What leads to the cluster is not there: a Secret, a ConfigMap, or a ServiceAccount. */
export class KubeConfigMissingError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('KUBECONFIG_MISSING', message, options);
  }
}

/** A configuration that was found. */
export interface FoundConfig {
  /** The same value as long as the configuration is. */
  readonly version: unknown;
  readonly load: () => Promise<ClusterConfig>;
}

/** The object a reference names. */
export function namedBy(namespace: string, { configMapRef, secretRef }: KubeConfigReference): NamedObject {
  return configMapRef === undefined
    ? { ref: secrets, namespace, name: secretRef?.name ?? '' }
    : { ref: configMaps, namespace, name: configMapRef.name };
}

export class KubeConfigs {
  readonly #options: KubeConfigOptions;

  constructor(options: KubeConfigOptions) {
    this.#options = options;
  }

  /** Throws with what is wrong; a KubeConfigMissingError where something is not there. */
  find(namespace: string, reference: KubeConfigReference, signal: AbortSignal): Promise<FoundConfig> {
    const object = namedBy(namespace, reference);
    return reference.configMapRef === undefined
      ? this.#fromSecret(object, reference.secretRef?.key, signal)
      : this.#fromIdentity(object, signal);
  }

  async #fromSecret(object: NamedObject, wantedKey: string | undefined, signal: AbortSignal): Promise<FoundConfig> {
    const name = `${object.namespace}/${object.name}`;
    const secret = await this.#read(object, `unable to read KubeConfig secret '${name}' error: `, signal);
    const keys = wantedKey === undefined ? ['value', 'value.yaml'] : [wantedKey];
    const key = keys.find((candidate) => secret.data?.[candidate] !== undefined);
    if (key === undefined) {
      throw new Error(`KubeConfig secret '${name}' does not contain a '${keys[0]}' key with a kubeconfig`);
    }
    const { uid, resourceVersion } = secret.metadata;
    return {
      version: `${uid}@${resourceVersion}/${key}`,
      load: () => this.#parse(Buffer.from(secret.data![key]!, 'base64').toString('utf8'), name),
    };
  }

  async #parse(text: string, name: string): Promise<ClusterConfig> {
    const { trust, env, clock } = this.#options;
    // Loaded when the first remote cluster is: it brings a YAML reader with it.
    const { loadKubeconfigText } = await import('#kube/kubeconfig');
    try {
      return await loadKubeconfigText(text, { trust, env, clock });
    } catch (error) {
      // The kubeconfig is a secret: only what was written to be shown gets into a status.
      const reason = error instanceof CodedError ? error.message : 'check its clusters and users';
      throw new Error(`KubeConfig secret '${name}' holds no kubeconfig that can be used: ${reason}`, { cause: error });
    }
  }

  async #fromIdentity(object: NamedObject, signal: AbortSignal): Promise<FoundConfig> {
    const { identities, clock } = this.#options;
    const { namespace, name } = object;
    const { data = {} } = await this.#read(object, `failed to get configmap ${namespace}/${name}: `, signal);
    const current = (limit: AbortSignal): Promise<ClusterLogin> =>
      this.#login(data, { target: targetOf(data), account: this.#accountOf(namespace, data) }, limit);
    const login = await current(signal);
    const source = { current, reject: (refused: ClusterLogin): void => identities.reject(refused), clock };
    return {
      version: login,
      load: () =>
        Promise.resolve({
          server: login.server,
          tls: login.ca === undefined ? {} : { ca: login.ca },
          credentials: new LoginCredentials(login, source),
          namespace: 'default',
        }),
    };
  }

  async #login(
    data: NonNullable<DataObject['data']>,
    request: { readonly target: ClusterTarget; readonly account: AccountReference | undefined },
    signal: AbortSignal,
  ): Promise<ClusterLogin> {
    const { identities, providers } = this.#options;
    const name = providerName(data['provider'] ?? '');
    try {
      // Two calls, for the clouds differ in what they call a token.
      return name === 'aws'
        ? await identities.clusterLogin(providers.aws, request, signal)
        : await identities.clusterLogin(providers[name], request, signal);
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'IDENTITY_ACCOUNT_NOT_FOUND') throw error;
      throw new KubeConfigMissingError(error.message, { cause: error });
    }
  }

  #accountOf(namespace: string, { serviceAccountName }: NonNullable<DataObject['data']>): AccountReference | undefined {
    if (serviceAccountName) return { namespace, name: serviceAccountName };
    const { defaultAccount } = this.#options;
    return defaultAccount === '' ? undefined : { namespace, name: defaultAccount, isDefault: true };
  }

  async #read(object: NamedObject, failed: string, signal: AbortSignal): Promise<DataObject> {
    try {
      return await this.#options.objects.get<DataObject>(object, signal);
    } catch (error) {
      signal.throwIfAborted();
      const message = `${failed}${errorMessage(error)}`;
      throw isNotFound(error)
        ? new KubeConfigMissingError(message, { cause: error })
        : new Error(message, { cause: error });
    }
  }
}

function targetOf(data: NonNullable<DataObject['data']>): ClusterTarget {
  const audiences = (data['audiences'] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return {
    resource: data['cluster'],
    address: data['address'],
    ca: data['ca.crt'],
    audiences: audiences.length > 0 ? audiences : undefined,
  };
}
