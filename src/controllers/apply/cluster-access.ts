// Which cluster an object is applied to, and as whom: the own one or a remote one, as a service account if it names one.
import type { KubeClient } from '#kube/client';
import type { Discovery } from '#kube/discovery';
import { serviceAccountIdentity } from '#kube/impersonate';
import type { Informers } from '#kube/informer';
import { LiveObjects, type LiveObjectsOptions } from '#runtime/live-objects';
import { namedObjectId, NamedObjects } from '#runtime/named-objects';
import { ExistenceLists, type Cluster } from './cluster.ts';
import { KubeConfigs, namedBy, type KubeConfigOptions, type KubeConfigReference } from './kubeconfig.ts';
import { RemoteCluster, type RemoteClusterOptions } from './remote-cluster.ts';

/** What an object says of its target. */
export interface ClusterReference {
  readonly namespace: string;
  /** Service account to act as; the default one, or nobody else, when left out. */
  readonly serviceAccountName?: string | undefined;
  readonly kubeConfig?: KubeConfigReference | undefined;
}

export interface ClusterAccessOptions {
  /** Our own cluster, as ourselves. */
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly informers: Informers;
  /** Which of a cluster's objects are ours. */
  readonly owned: Pick<LiveObjectsOptions, 'labelSelector' | 'ownerOf'>;
  /** To act as on any cluster where an object names none; empty: nobody else. */
  readonly defaultServiceAccount: string;
  readonly kubeConfigs: Omit<KubeConfigOptions, 'objects'>;
  readonly userAgent: string;
  /** Told of each finished request to another cluster. */
  readonly observe: RemoteClusterOptions['observe'];
}

/** Told the {@link namedObjectId} of what leads to a cluster. */
export interface ClusterListener {
  /** It is not what it was. */
  readonly changed: (id: string) => void;
  /** It leads elsewhere: what is under way on the cluster it led to comes to nothing. */
  readonly replaced: (id: string) => void;
}

/** A remote cluster, and the version of the configuration it was last reached by. */
interface KnownRemote {
  /** The {@link namedObjectId} of what leads there. */
  readonly object: string;
  version: unknown;
  readonly cluster: RemoteCluster;
}

/** Reading a configuration may ask a cloud several things. */
const findLimitMs = 60_000;

export class ClusterAccess {
  readonly #options: ClusterAccessOptions;
  readonly #live: LiveObjects;
  readonly #existence: ExistenceLists;
  readonly #objects: NamedObjects;
  readonly #kubeConfigs: KubeConfigs;
  readonly #remotes = new Map<string, KnownRemote>();
  #listener: ClusterListener = { changed: () => undefined, replaced: () => undefined };

  constructor(options: ClusterAccessOptions) {
    const { client, informers, owned, kubeConfigs } = options;
    this.#options = options;
    this.#live = new LiveObjects({ informers, ...owned });
    this.#existence = new ExistenceLists(this.#now);
    this.#objects = new NamedObjects({ client, informers, changed: (id) => this.#listener.changed(id) });
    this.#kubeConfigs = new KubeConfigs({ ...kubeConfigs, objects: this.#objects });
  }

  /** Throws with what is wrong with the reference; a KubeConfigMissingError where something it names is not there. */
  async clusterOf({ namespace, kubeConfig, serviceAccountName }: ClusterReference): Promise<Cluster> {
    const { client, discovery, informers, defaultServiceAccount } = this.#options;
    // An empty name is none: it must not lead past the default to the rights of this process.
    const account = serviceAccountName || defaultServiceAccount;
    const base: Omit<Cluster, 'identity'> =
      kubeConfig === undefined
        ? { client, discovery, informers, live: this.#live, existence: this.#existence }
        : (await this.#remote(namespace, kubeConfig)).base;
    if (account === '') return { ...base, identity: '' };
    const identity = serviceAccountIdentity(namespace, account);
    return { ...base, client: base.client.as(identity), identity: `${namespace}/${account}` };
  }

  listen(listener: ClusterListener): void {
    this.#listener = listener;
  }

  /** Gives up the clusters that the object of this {@link namedObjectId} leads to: nobody names it any more. */
  async leave(id: string): Promise<void> {
    this.#objects.forget(id);
    const left = [...this.#remotes].filter(([, { object }]) => object === id);
    for (const [key] of left) this.#remotes.delete(key);
    await Promise.all(left.map(([, { cluster }]) => cluster.close()));
  }

  async close(): Promise<void> {
    this.#live.close();
    this.#objects.close();
    const remotes = [...this.#remotes.values()];
    this.#remotes.clear();
    await Promise.all(remotes.map(({ cluster }) => cluster.close()));
  }

  readonly #now = (): number => this.#options.kubeConfigs.clock.monotonic();

  async #remote(namespace: string, kubeConfig: KubeConfigReference): Promise<RemoteCluster> {
    const object = namedObjectId(namedBy(namespace, kubeConfig));
    const id = `${object} ${kubeConfig.secretRef?.key ?? ''}`;
    const { version, load } = await this.#kubeConfigs.find(namespace, kubeConfig, AbortSignal.timeout(findLimitMs));
    const before = this.#remotes.get(id);
    if (before !== undefined && before.version === version) return before.cluster;
    const config = await load();
    // Another object's run may have been here meanwhile.
    const known = this.#remotes.get(id);
    if (known !== undefined && (known.version === version || known.cluster.takeOver(config))) {
      known.version = version;
      return known.cluster;
    }
    const { owned, userAgent, observe } = this.#options;
    const cluster = new RemoteCluster(config, { owned, userAgent, observe, now: this.#now });
    this.#remotes.set(id, { object, version, cluster });
    if (known !== undefined) {
      void known.cluster.close().catch(() => undefined);
      this.#listener.replaced(object);
    }
    return cluster;
  }
}
