// Sluice's controllers in this process, on the shared control plane, for one namespace; and what tests of Helm's sources
// ask of them.
import { Writable } from 'node:stream';
import type { Condition } from '#api/meta';
import type { Artifact } from '#api/source/shared';
import { parseServeFlags } from '#cli/serve/flags';
import { startSluice, type RunningSluice } from '#cli/serve/process';
import { gitRepositories } from '#controllers/gitrepository/controller';
import { helmCharts } from '#controllers/helmchart/chart';
import { helmRepositories } from '#controllers/helmrepository/controller';
import type { KubeObject, ResourceRef } from '#kube/object';
import { secrets } from '#kube/resources';
import { StatusError } from '#kube/status-error';
import type { TestCluster } from '#test/support/controlplane';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

export interface SourceObject {
  readonly metadata: {
    readonly name: string;
    readonly generation: number;
    readonly resourceVersion: string;
    readonly finalizers?: readonly string[];
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly artifact?: Artifact;
    readonly conditions?: readonly Condition[];
    readonly url?: string;
    readonly observedChartName?: string;
    readonly observedSourceArtifactRevision?: string;
    readonly observedValuesFiles?: readonly string[];
  };
}

export interface ClusterEvent {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly involvedObject: { readonly name: string };
}

export type SourceKind = 'HelmRepository' | 'HelmChart' | 'GitRepository';

const resources: Readonly<Record<SourceKind, ResourceRef>> = {
  HelmRepository: helmRepositories,
  HelmChart: helmCharts,
  GitRepository: gitRepositories,
};
const events: ResourceRef = { group: '', version: 'v1', plural: 'events', namespaced: true };

export class HelmStage {
  readonly namespace: string;
  readonly storage: string;
  readonly #client: RunningSluice['context']['client'];
  readonly #sluice: RunningSluice;
  #names = 0;

  private constructor(namespace: string, storage: string, sluice: RunningSluice) {
    this.namespace = namespace;
    this.storage = storage;
    this.#sluice = sluice;
    this.#client = sluice.context.client;
  }

  static async open(
    cluster: TestCluster,
    args: readonly string[] = [],
    earlier?: { readonly namespace: string; readonly storage: string },
  ): Promise<HelmStage> {
    const { namespace, storage } = earlier ?? {
      namespace: await cluster.namespace('helm'),
      storage: await tempDir('storage'),
    };
    const env = { RUNTIME_NAMESPACE: namespace, KUBECONFIG: cluster.kubeconfigPath };
    const addresses = ['storage', 'health', 'metrics'].map((name) => `--${name}-addr=127.0.0.1:0`);
    const own = ['--role=controllers', '--watch-all-namespaces=false', `--storage-path=${storage}`];
    const flags = parseServeFlags([...own, ...addresses, ...args], env);
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
    return new HelmStage(namespace, storage, await startSluice(flags, { env, stdout }));
  }

  stop(): Promise<void> {
    return this.#sluice.stop();
  }

  async secret(data: Readonly<Record<string, string>>): Promise<string> {
    const name = `secret-${++this.#names}`;
    const object = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: this.namespace },
      stringData: data,
    };
    await this.#client.apply(secrets, object, { fieldManager: 'test', force: true });
    return name;
  }

  /** Makes or changes an object and gives back its name. */
  async make(kind: SourceKind, spec: object, name = `${kind.toLowerCase()}-${++this.#names}`): Promise<string> {
    const object: KubeObject & { spec: object } = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind,
      metadata: { name, namespace: this.namespace },
      spec: { interval: '1h', ...spec },
    };
    await this.#client.apply(resources[kind], object, { fieldManager: 'test', force: true });
    return name;
  }

  repository(spec: object, name?: string): Promise<string> {
    return this.make('HelmRepository', { timeout: '10s', ...spec }, name);
  }

  chart(spec: object, name?: string): Promise<string> {
    return this.make('HelmChart', spec, name);
  }

  async delete(kind: SourceKind, name: string): Promise<void> {
    await this.#client.delete(resources[kind], { namespace: this.namespace, name });
    await until(() => this.get(kind, name).then(() => false, isNotFound), { what: `${name} is gone` });
  }

  /** Asks for a reconcile, and waits until it was heard. */
  async request(kind: SourceKind, name: string): Promise<void> {
    const token = `request-${++this.#names}`;
    const body = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } };
    await this.#client.patch(resources[kind], { namespace: this.namespace, name }, { type: 'merge', body });
    await until(
      async () => {
        const { status } = await this.get(kind, name);
        return (status as { lastHandledReconcileAt?: string } | undefined)?.lastHandledReconcileAt === token;
      },
      { what: `${name} handles the request` },
    );
  }

  get(kind: SourceKind, name: string): Promise<SourceObject> {
    return this.#client.get(resources[kind], { namespace: this.namespace, name }) as unknown as Promise<SourceObject>;
  }

  async events(name: string): Promise<ClusterEvent[]> {
    const { items } = await this.#client.list(events, { namespace: this.namespace });
    return (items as unknown as ClusterEvent[]).filter(({ involvedObject }) => involvedObject.name === name);
  }

  event(name: string, reason: string): Promise<ClusterEvent> {
    return until(async () => (await this.events(name)).find((event) => event.reason === reason), {
      what: `event ${reason} of ${name}`,
    });
  }

  /** Waits until Ready has this status, for the generation that is there now. */
  untilReady(
    kind: SourceKind,
    name: string,
    { status = 'True', when }: { readonly status?: string; readonly when?: (object: SourceObject) => boolean } = {},
  ): Promise<SourceObject> {
    return until(
      async () => {
        const object = await this.get(kind, name);
        const ready = conditionOf(object, 'Ready');
        const isReady = ready?.status === status && ready.observedGeneration === object.metadata.generation;
        if (isReady && (when === undefined || when(object))) return object;
        throw new Error(JSON.stringify(object.status?.conditions));
      },
      { what: `${name} Ready=${status}`, timeout: 40_000, every: 50 },
    );
  }

  /** The file of the object's artifact. */
  async download(object: SourceObject): Promise<Buffer> {
    const response = await fetch(object.status!.artifact!.url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }
}

export function conditionOf(object: SourceObject, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** Type, status and reason of every condition, in the object's order. */
export function conditionsOf(object: SourceObject): string[] {
  return (object.status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.status === 404;
}
