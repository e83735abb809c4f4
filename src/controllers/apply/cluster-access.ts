// Which cluster an object is applied to, and as whom: the own one or a remote one, as a service account if it names one.
import type { Kustomization } from '#api/kustomize/kustomization';
import { KubeClient } from '#kube/client';
import { Discovery } from '#kube/discovery';
import { serviceAccountIdentity } from '#kube/impersonate';
import { Informers } from '#kube/informer';
import type { Trust } from '#kube/kubeconfig';
import type { KubeObject, ResourceRef } from '#kube/object';
import { LiveObjects, type LiveObjectsOptions } from '#runtime/live-objects';
import { errorMessage } from '#lib/errors';
import { StalledError } from '#runtime/reconcile-error';
import { ExistenceLists, type Cluster } from './cluster.ts';

/** What an object says of its target. */
export interface ClusterReference {
  readonly namespace: string;
  /** Service account to act as; the default one, or nobody else, when left out. */
  readonly serviceAccountName?: string | undefined;
  readonly kubeConfig?: Kustomization['spec']['kubeConfig'];
}

export interface ClusterAccessOptions {
  /** Our own cluster, as ourselves. */
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly informers: Informers;
  /** Which of a cluster's objects are ours. */
  readonly owned: Pick<LiveObjectsOptions, 'labelSelector' | 'ownerOf'>;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly defaultServiceAccount: string;
  /** What kubeconfigs in Secrets may do. @default nothing beyond TLS and tokens */
  readonly trust?: Trust;
  readonly userAgent: string;
}

/** A remote cluster, kept as long as its Secret stays the same. */
interface Remote {
  readonly version: string;
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly discovery: Discovery;
  readonly live: LiveObjects;
  readonly existence: ExistenceLists;
}

const secrets: ResourceRef = { group: '', version: 'v1', plural: 'secrets', namespaced: true };

interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export class ClusterAccess {
  readonly #options: ClusterAccessOptions;
  readonly #live: LiveObjects;
  readonly #existence: ExistenceLists;
  readonly #remotes = new Map<string, Remote>();

  constructor(options: ClusterAccessOptions) {
    this.#options = options;
    this.#live = new LiveObjects({ informers: options.informers, ...options.owned });
    this.#existence = new ExistenceLists(options.now);
  }

  /** Throws with what is wrong with the reference; a StalledError where only a new spec helps. */
  async clusterOf(reference: ClusterReference): Promise<Cluster> {
    const { client, discovery, informers, defaultServiceAccount } = this.#options;
    const { namespace, kubeConfig } = reference;
    const account = reference.serviceAccountName ?? defaultServiceAccount;
    const base: Omit<Cluster, 'identity'> =
      kubeConfig === undefined
        ? { client, discovery, informers, live: this.#live, existence: this.#existence }
        : await this.#remote(namespace, kubeConfig);
    if (account === '') return { ...base, identity: '' };
    const identity = serviceAccountIdentity(namespace, account);
    return { ...base, client: base.client.as(identity), identity: `${namespace}/${account}` };
  }

  async close(): Promise<void> {
    this.#live.close();
    const remotes = [...this.#remotes.values()];
    this.#remotes.clear();
    await Promise.all(remotes.map(closeRemote));
  }

  async #remote(namespace: string, { secretRef }: NonNullable<ClusterReference['kubeConfig']>): Promise<Remote> {
    if (secretRef === undefined) {
      const message = 'spec.kubeConfig.configMapRef is not supported yet: use spec.kubeConfig.secretRef';
      throw new StalledError('KubeConfigUnsupported', message);
    }
    const name = `${namespace}/${secretRef.name}`;
    const secret = await this.#secret(namespace, secretRef.name);
    const keys = secretRef.key === undefined ? ['value', 'value.yaml'] : [secretRef.key];
    const key = keys.find((candidate) => secret.data?.[candidate] !== undefined);
    if (key === undefined) {
      throw new Error(`KubeConfig secret '${name}' does not contain a '${keys[0]}' key with a kubeconfig`);
    }
    const id = `${name}/${key}`;
    const version = `${secret.metadata.uid}@${secret.metadata.resourceVersion}`;
    const known = this.#remotes.get(id);
    if (known?.version === version) return known;
    const made = await this.#connect(Buffer.from(secret.data![key]!, 'base64').toString('utf8'), version, name);
    this.#remotes.set(id, made);
    if (known !== undefined) void closeRemote(known).catch(() => undefined);
    return made;
  }

  async #secret(namespace: string, name: string): Promise<SecretObject> {
    try {
      return await this.#options.client.get<SecretObject>(secrets, { namespace, name });
    } catch (error) {
      throw new Error(`unable to read KubeConfig secret '${namespace}/${name}' error: ${errorMessage(error)}`, {
        cause: error,
      });
    }
  }

  async #connect(text: string, version: string, name: string): Promise<Remote> {
    const { userAgent, owned, now } = this.#options;
    // Loaded when the first remote cluster is: it brings a YAML reader with it.
    const { loadKubeconfigText, UNTRUSTED } = await import('#kube/kubeconfig');
    const { trust = UNTRUSTED } = this.#options;
    let client: KubeClient;
    try {
      client = new KubeClient(await loadKubeconfigText(text, { trust }), { userAgent });
    } catch (error) {
      // The kubeconfig is a secret: what the parser quotes of it must not get into a status.
      throw new Error(
        `KubeConfig secret '${name}' holds no kubeconfig that can be used: check its clusters and users`,
        {
          cause: error,
        },
      );
    }
    const informers = new Informers({ client });
    return {
      version,
      client,
      informers,
      discovery: new Discovery({ client }),
      live: new LiveObjects({ informers, ...owned }),
      existence: new ExistenceLists(now),
    };
  }
}

async function closeRemote({ live, informers, client }: Remote): Promise<void> {
  live.close();
  await informers.close();
  await client.close();
}
