// Sluice's controllers with a Helm repository of the test's own, and what tests of HelmReleases ask of them.
import { Writable } from 'node:stream';
import type { HelmRelease, Snapshot } from '#api/helm/helmrelease';
import type { Condition } from '#api/meta';
import { parseServeFlags } from '#cli/serve/flags';
import { startSluice, type RunningSluice } from '#cli/serve/process';
import { helmReleases } from '#controllers/helmrelease/helmrelease';
import { helmRepositories } from '#controllers/helmrepository/controller';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import type { KubeObject, Unstructured } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import type { TestCluster } from '#test/support/controlplane';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';
import { chartServer, type ChartServer } from './chart-server.ts';

export interface ReleaseObject extends KubeObject {
  readonly spec: HelmRelease['spec'];
  readonly status?: HelmRelease['status'];
}

export interface ReleaseEvent {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly involvedObject: { readonly name: string; readonly kind: string };
}

const events = { group: '', version: 'v1', plural: 'events', namespaced: true };

interface StageParts {
  readonly client: KubeClient;
  readonly sluice?: RunningSluice;
  readonly logged: () => string;
}

export class ReleaseStage {
  readonly namespace: string;
  readonly server: ChartServer;
  readonly client: KubeClient;
  readonly logged: () => string;
  readonly #sluice: RunningSluice | undefined;
  #names = 0;

  private constructor(namespace: string, server: ChartServer, parts: StageParts) {
    this.namespace = namespace;
    this.server = server;
    this.#sluice = parts.sluice;
    this.client = parts.client;
    this.logged = parts.logged;
  }

  /** With the controllers in this process. A repository named `charts` is there. */
  static async open(cluster: TestCluster, args: readonly string[] = []): Promise<ReleaseStage> {
    const namespace = await cluster.namespace('release');
    const storage = await tempDir('storage');
    const env = { RUNTIME_NAMESPACE: namespace, KUBECONFIG: cluster.kubeconfigPath };
    const addresses = ['storage', 'health', 'metrics'].map((name) => `--${name}-addr=127.0.0.1:0`);
    const own = ['--role=controllers', '--watch-all-namespaces=false', `--storage-path=${storage}`];
    const lines: string[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const flags = parseServeFlags([...own, ...addresses, ...args], env);
    const sluice = await startSluice(flags, { env, stdout });
    const { client } = sluice.context;
    const stage = new ReleaseStage(namespace, await chartServer(), { client, sluice, logged: () => lines.join('') });
    await stage.#addRepository();
    return stage;
  }

  /** For tests that start the controllers themselves, in processes of their own. */
  static async beside(cluster: TestCluster): Promise<ReleaseStage> {
    const config = await loadConfig({ env: {}, kubeconfig: cluster.kubeconfigPath });
    const client = new KubeClient(config, { userAgent: 'sluice-test' });
    const namespace = await cluster.namespace('release');
    const stage = new ReleaseStage(namespace, await chartServer(), { client, logged: () => '' });
    await stage.#addRepository();
    return stage;
  }

  async #addRepository(): Promise<void> {
    const repository = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmRepository',
      metadata: { name: 'charts', namespace: this.namespace },
      spec: { interval: '1h', url: this.server.url },
    };
    await this.client.apply(helmRepositories, repository, { fieldManager: 'test', force: true });
  }

  async stop(): Promise<void> {
    await (this.#sluice?.stop() ?? this.client.close());
    await this.server.stop();
  }

  /** A name nobody else has. */
  name(prefix = 'app'): string {
    return `${prefix}-${++this.#names}`;
  }

  /** Asks for the repository's index anew: a chart was published. */
  async refresh(): Promise<void> {
    const token = `refresh-${++this.#names}`;
    const body = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } };
    const key = { namespace: this.namespace, name: 'charts' };
    await this.client.patch(helmRepositories, key, { type: 'merge', body });
    await until(async () => {
      const { status } = (await this.client.get(helmRepositories, key)) as {
        status?: { lastHandledReconcileAt?: string };
      };
      return status?.lastHandledReconcileAt === token;
    });
  }

  /** Makes or changes a HelmRelease. */
  async apply(name: string, spec: object, annotations: Record<string, string> = {}): Promise<void> {
    const object = {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name, namespace: this.namespace, annotations },
      spec: { interval: '1h', ...spec },
    };
    await this.client.apply(helmReleases, object, { fieldManager: 'test', force: true });
  }

  /** The part of a spec that names a chart of the repository. */
  chart(chart: string, version = '*'): { chart: { spec: object } } {
    return { chart: { spec: { chart, version, sourceRef: { kind: 'HelmRepository', name: 'charts' } } } };
  }

  get(name: string): Promise<ReleaseObject> {
    return this.client.get<ReleaseObject>(helmReleases, { namespace: this.namespace, name });
  }

  /** Waits until the object, observed as it is now, fulfils the condition. */
  until(name: string, condition: (object: ReleaseObject) => boolean, what: string): Promise<ReleaseObject> {
    return until(
      async () => {
        const object = await this.get(name);
        if (condition(object)) return object;
        throw new Error(JSON.stringify(object.status, undefined, 1));
      },
      { what: `${name} ${what}`, timeout: 30_000, every: 50 },
    );
  }

  ready(name: string, when: (object: ReleaseObject) => boolean = () => true): Promise<ReleaseObject> {
    return this.until(
      name,
      (object) => {
        const { generation } = object.metadata;
        const { status } = object;
        return (
          conditionOf(object, 'Ready')?.status === 'True' && status?.observedGeneration === generation && when(object)
        );
      },
      'is ready',
    );
  }

  async request(name: string, more: Record<string, string> = {}): Promise<void> {
    const token = `request-${++this.#names}`;
    const tokens = Object.fromEntries(Object.keys(more).map((key) => [key, token]));
    const body = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token, ...tokens } } };
    await this.client.patch(helmReleases, { namespace: this.namespace, name }, { type: 'merge', body });
    await this.until(name, ({ status }) => status?.lastHandledReconcileAt === token, 'has handled the request');
  }

  async delete(name: string): Promise<void> {
    await this.client.delete(helmReleases, { namespace: this.namespace, name });
    await until(
      async () => {
        try {
          throw new Error(JSON.stringify((await this.get(name)).status));
        } catch (error) {
          if (isNotFound(error)) return true;
          throw error;
        }
      },
      { what: `${name} is gone`, timeout: 30_000 },
    );
  }

  async find(plural: string, name: string, group = '', version = 'v1'): Promise<Unstructured | undefined> {
    try {
      const ref = { group, version, plural, namespaced: true };
      return await this.client.get(ref, { namespace: this.namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** How often the object was reconciled. */
  runsOf(name: string): Promise<number> {
    return this.#metric('gotk_reconcile_duration_seconds_count', [`name="${name}"`, 'kind="HelmRelease"']);
  }

  /** Requests to the API server so far, the stage's own among them; those with one status only, where it is given. */
  requests(code?: number): Promise<number> {
    return this.#metric('rest_client_requests_total', code === undefined ? [] : [`code="${code}"`]);
  }

  /** Requests to the API server of one address so far. */
  requestsTo(server: string): Promise<number> {
    return this.#metric('rest_client_requests_total', [`host="${new URL(server).host}"`]);
  }

  async #metric(metric: string, labels: readonly string[]): Promise<number> {
    if (this.#sluice === undefined) throw new Error('another process has the metrics');
    const lines = (await this.#sluice.context.metrics.registry.metrics()).split('\n');
    return lines
      .filter((line) => line.startsWith(`${metric}{`) && labels.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** What was told of an object, oldest first. */
  async events(name: string): Promise<ReleaseEvent[]> {
    const { items } = await this.client.list(events, { namespace: this.namespace });
    return (items as unknown as ReleaseEvent[]).filter(({ involvedObject }) => involvedObject.name === name);
  }

  event(name: string, reason: string): Promise<ReleaseEvent> {
    return until(async () => (await this.events(name)).find((event) => event.reason === reason), {
      what: `event ${reason} of ${name}`,
    });
  }
}

export function conditionOf({ status }: ReleaseObject, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Type, status and reason of every condition, in the object's order. */
export function conditionsOf({ status }: ReleaseObject): string[] {
  return (status?.conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value} ${reason}`);
}

export function historyOf({ status }: ReleaseObject): readonly Snapshot[] {
  return status?.history ?? [];
}
