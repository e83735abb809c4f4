// A Sluice in this process that delivers from Git repositories of the test into a namespace of its own.
import { Writable } from 'node:stream';
import type { RunningSluice } from '#cli/serve/process';
import { startSluice } from '#cli/serve/process';
import { parseServeFlags } from '#cli/serve/flags';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import type { ResourceRef, Unstructured } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import type { TestCluster } from './controlplane.ts';
import { GitRepo, type TreeEntry } from './git-repo.ts';
import { gitServer, type GitServer } from './git-server.ts';
import type { Kubectl } from './kubectl.ts';
import { tempDir } from './temp-dir.ts';
import { until } from './wait.ts';

export type Files = Readonly<Record<string, TreeEntry | null>>;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

/** A Kustomization or source as the tests look at it. */
export interface Reconciled extends Unstructured {
  readonly spec: Record<string, unknown>;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly observedGeneration?: number;
    readonly lastAppliedRevision?: string;
    readonly lastAttemptedRevision?: string;
    readonly lastHandledReconcileAt?: string;
    readonly inventory?: { readonly entries: readonly { readonly id: string; readonly v: string }[] };
    readonly history?: readonly Record<string, unknown>[];
    readonly artifact?: { readonly revision: string; readonly url: string; readonly path: string };
  };
}

export const kustomizations: ResourceRef = {
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  plural: 'kustomizations',
  namespaced: true,
};
export const gitRepositories: ResourceRef = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  plural: 'gitrepositories',
  namespaced: true,
};
export const configMaps: ResourceRef = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };

/** Flags of a Sluice that bothers nobody: controllers only, one namespace, free ports. */
export async function quietFlags(more: readonly string[] = []): Promise<string[]> {
  const loopback = ['storage', 'metrics', 'health', 'webhook', 'apiserver'].map((name) => `--${name}-addr=127.0.0.1:0`);
  return ['--role=controllers', '--watch-all-namespaces=false', `--storage-path=${await tempDir('storage')}`].concat(
    loopback,
    more,
  );
}

export class Delivery {
  readonly namespace: string;
  readonly kubectl: Kubectl;
  readonly client: KubeClient;
  readonly server: GitServer;
  readonly log: string[] = [];
  readonly #root: string;
  readonly #kubeconfig: string;
  readonly #flags: readonly string[];
  #sluice: RunningSluice | undefined;

  private constructor(cluster: TestCluster, parts: Pick<Delivery, 'namespace' | 'client' | 'server'>, more: More) {
    this.namespace = parts.namespace;
    this.client = parts.client;
    this.server = parts.server;
    this.kubectl = cluster.kubectl;
    this.#kubeconfig = cluster.kubeconfigPath;
    this.#root = more.root;
    this.#flags = more.flags;
  }

  /** Without a running Sluice yet: see {@link start}. */
  static async prepare(cluster: TestCluster, flags: readonly string[] = []): Promise<Delivery> {
    const root = await tempDir('git-root');
    const server = await gitServer({ root });
    const config = await loadConfig({ env: {}, kubeconfig: cluster.kubeconfigPath });
    const client = new KubeClient(config, { userAgent: 'sluice-test' });
    const namespace = await cluster.namespace('delivery');
    return new Delivery(cluster, { namespace, client, server }, { root, flags: await quietFlags(flags) });
  }

  get sluice(): RunningSluice {
    if (this.#sluice === undefined) throw new Error('not started');
    return this.#sluice;
  }

  async start(more: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<this> {
    const flags = parseServeFlags([...this.#flags, ...more, `--kubeconfig=${this.#kubeconfig}`], {});
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.log.push(chunk.toString('utf8'));
        done();
      },
    });
    this.#sluice = await startSluice(flags, { env: { RUNTIME_NAMESPACE: this.namespace, ...env }, stdout });
    return this;
  }

  async stop(): Promise<void> {
    await this.#sluice?.stop();
    this.#sluice = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.server.stop();
    await this.client.close();
  }

  /** A repository with a GitRepository object of the same name, fetched. */
  async source(name: string, files: Files): Promise<Source> {
    const repo = await this.repo(name);
    await repo.commit({ files });
    await this.apply({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name, namespace: this.namespace },
      spec: { interval: '1h', url: `${this.server.url}/${name}.git`, ref: { branch: 'main' } },
    });
    const source = new Source(this, name, repo);
    await source.fetched();
    return source;
  }

  /** An empty repository, served as `name`.git. */
  repo(name: string): Promise<GitRepo> {
    return GitRepo.create({ root: this.#root, name });
  }

  /** A repository alone; gives back its URL. */
  async repository(name: string, files: Files, message: string): Promise<string> {
    const repo = await this.repo(name);
    await repo.commit({ files, message });
    return `${this.server.url}/${name}.git`;
  }

  /** Applies a Kustomization of the source of the same name; what the spec says wins over the defaults. */
  async kustomization(name: string, spec: Record<string, unknown> = {}, metadata: object = {}): Promise<void> {
    await this.apply({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace: this.namespace, ...metadata },
      spec: {
        interval: '1h',
        retryInterval: '1h',
        prune: true,
        targetNamespace: this.namespace,
        sourceRef: { kind: 'GitRepository', name },
        ...spec,
      },
    });
  }

  async apply(object: object): Promise<void> {
    const { status, stderr } = await this.kubectl.apply(object, ['--server-side', '--field-manager=test']);
    if (status !== 0) throw new Error(stderr);
  }

  /** Undefined when it is not there. */
  async get<T extends Unstructured = Reconciled>(
    ref: ResourceRef,
    name: string,
    namespace: string | undefined = this.namespace,
  ): Promise<T | undefined> {
    try {
      return await this.client.get<T>(ref, { name, namespace: ref.namespaced ? namespace : undefined });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async patch(ref: ResourceRef, name: string, body: unknown, subresource?: 'status'): Promise<void> {
    const options = { fieldManager: 'test', ...(subresource && { subresource }) };
    await this.client.patch(ref, { name, namespace: this.namespace }, { type: 'merge', body }, options);
  }

  /** The Kustomization, once `accept` likes it. */
  async when(name: string, accept: (object: Reconciled) => boolean, timeout = 40_000): Promise<Reconciled> {
    let last: Reconciled | undefined;
    try {
      return await until(
        async () => {
          last = await this.get(kustomizations, name);
          return last !== undefined && accept(last) ? last : undefined;
        },
        { timeout, what: `Kustomization ${name}` },
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${JSON.stringify(last?.status, undefined, 1)}`, { cause: error });
    }
  }

  /** The Kustomization, once Ready in its present generation, at the revision given. */
  ready(name: string, revision?: string): Promise<Reconciled> {
    return this.when(
      name,
      (object) =>
        ready(object)?.status === 'True' &&
        object.status?.observedGeneration === object.metadata.generation &&
        (revision === undefined || object.status?.lastAppliedRevision === revision),
    );
  }

  /** The Kustomization, once Ready is False for this reason. */
  failed(name: string, reason: string): Promise<Reconciled> {
    return this.when(name, (object) => {
      const condition = ready(object);
      return condition?.status === 'False' && condition.reason === reason;
    });
  }

  /** Asks for a reconcile as `flux reconcile` does, and waits until it is acknowledged. */
  async reconcile(name: string): Promise<Reconciled> {
    const token = crypto.randomUUID();
    await this.annotate('kustomization', name, token);
    return this.when(name, (object) => object.status?.lastHandledReconcileAt === token);
  }

  async annotate(kind: string, name: string, token: string): Promise<void> {
    const annotation = `reconcile.fluxcd.io/requestedAt=${token}`;
    await this.kubectl.ok(['-n', this.namespace, 'annotate', '--overwrite', kind, name, annotation]);
  }

  async gone(ref: ResourceRef, name: string, timeout = 40_000): Promise<void> {
    await until(async () => (await this.get(ref, name)) === undefined, { timeout, what: `the end of ${name}` });
  }

  async data(name: string): Promise<Record<string, string> | undefined> {
    const object = await this.get<Unstructured & { data?: Record<string, string> }>(configMaps, name);
    return object?.data;
  }

  /** Events of an object as `Type Reason message`, oldest first. */
  async events(name: string): Promise<string[]> {
    const items = await this.kubectl.ok([
      `--namespace=${this.namespace}`,
      'get',
      'events',
      `--field-selector=involvedObject.name=${name}`,
      '--sort-by=.lastTimestamp',
      '--output=json',
    ]);
    const { items: events } = JSON.parse(items) as { items: { type: string; reason: string; message: string }[] };
    return events.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
  }
}

interface More {
  readonly root: string;
  readonly flags: readonly string[];
}

/** A Git repository and the GitRepository object that follows it. */
export class Source {
  readonly #delivery: Delivery;
  readonly name: string;
  readonly repo: GitRepo;

  constructor(delivery: Delivery, name: string, repo: GitRepo) {
    this.#delivery = delivery;
    this.name = name;
    this.repo = repo;
  }

  /** Commits, and has it fetched. Returns the revision. */
  async push(files: Files): Promise<string> {
    const commit = await this.repo.commit({ files });
    await this.#delivery.annotate('gitrepository', this.name, commit);
    return this.fetched();
  }

  /** The revision, once the artifact has caught up with the repository. */
  async fetched(): Promise<string> {
    const revision = `main@sha1:${await this.repo.revision('main')}`;
    await until(
      async () => (await this.#delivery.get(gitRepositories, this.name))?.status?.artifact?.revision === revision,
      { what: `artifact of ${this.name}`, timeout: 40_000 },
    );
    return revision;
  }
}

export function ready(object: Reconciled): Condition | undefined {
  return condition(object, 'Ready');
}

export function condition(object: Reconciled, type: string): Condition | undefined {
  return object.status?.conditions?.find((each) => each.type === type);
}

/** A ConfigMap as YAML. */
export function configMap(name: string, data: Readonly<Record<string, string>> = {}, metadata: object = {}): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data })}\n`;
}
