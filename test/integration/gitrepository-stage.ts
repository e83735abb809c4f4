// Sluice's controllers in this process, on the shared control plane, for one namespace; and what tests ask of them.
import { Writable } from 'node:stream';
import type { Condition } from '#api/meta';
import type { Artifact } from '#api/source/shared';
import { parseServeFlags } from '#cli/serve/flags';
import { startSluice, type RunningSluice } from '#cli/serve/process';
import { gitRepositories } from '#controllers/gitrepository/controller';
import type { KubeObject, ResourceRef } from '#kube/object';
import { secrets } from '#kube/resources';
import { StatusError } from '#kube/status-error';
import type { TestCluster } from '#test/support/controlplane';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

export interface Repository {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly artifact?: Artifact;
    readonly conditions?: readonly Condition[];
    readonly sourceVerificationMode?: string;
    readonly includedArtifacts?: readonly Artifact[];
  };
}

export interface ClusterEvent {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly involvedObject: { readonly name: string };
}

const events: ResourceRef = { group: '', version: 'v1', plural: 'events', namespaced: true };

export class Stage {
  readonly namespace: string;
  readonly #client: RunningSluice['context']['client'];
  /** What Sluice printed. */
  readonly log: readonly string[];
  readonly #sluice: RunningSluice;
  #names = 0;

  private constructor(namespace: string, sluice: RunningSluice, log: readonly string[]) {
    this.#client = sluice.context.client;
    this.namespace = namespace;
    this.#sluice = sluice;
    this.log = log;
  }

  static async open(
    cluster: TestCluster,
    args: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Stage> {
    const namespace = await cluster.namespace('git');
    const env = { RUNTIME_NAMESPACE: namespace, KUBECONFIG: cluster.kubeconfigPath, ...environment };
    const addresses = ['storage', 'health', 'metrics'].map((name) => `--${name}-addr=127.0.0.1:0`);
    const flags = parseServeFlags(
      [
        '--role=controllers',
        '--watch-all-namespaces=false',
        `--storage-path=${await tempDir('storage')}`,
        ...addresses,
        ...args,
      ],
      env,
    );
    const log: string[] = [];
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        log.push(chunk.toString('utf8'));
        done();
      },
    });
    return new Stage(namespace, await startSluice(flags, { env, stdout }), log);
  }

  stop(): Promise<void> {
    return this.#sluice.stop();
  }

  async secret(data: Readonly<Record<string, string>>): Promise<string> {
    const name = `secret-${++this.#names}`;
    await this.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: data });
    return name;
  }

  /** Makes a GitRepository and gives back its name. */
  async repository(spec: object, name = `repo-${++this.#names}`): Promise<string> {
    const defaults = { interval: '1h', timeout: '10s' };
    await this.apply({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name },
      spec: { ...defaults, ...spec },
    });
    return name;
  }

  async apply(object: KubeObject & Readonly<Record<string, unknown>>): Promise<void> {
    const placed = { ...object, metadata: { namespace: this.namespace, ...object.metadata } };
    const ref = object.kind === 'Secret' ? secrets : gitRepositories;
    await this.#client.apply(ref, placed, { fieldManager: 'test', force: true });
  }

  async delete(name: string): Promise<void> {
    const key = { namespace: this.namespace, name };
    await this.#client.delete(gitRepositories, key);
    await until(() => this.get(name).then(() => false, isNotFound), { what: `${name} is gone` });
  }

  async request(name: string): Promise<void> {
    const token = `request-${++this.#names}`;
    const body = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } };
    await this.#client.patch(gitRepositories, { namespace: this.namespace, name }, { type: 'merge', body });
  }

  get(name: string): Promise<Repository> {
    return this.#client.get(gitRepositories, { namespace: this.namespace, name }) as unknown as Promise<Repository>;
  }

  /** As {@link get}; undefined when there is none. */
  async find(name: string): Promise<Repository | undefined> {
    try {
      return await this.get(name);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async events(name: string): Promise<ClusterEvent[]> {
    const { items } = await this.#client.list(events, { namespace: this.namespace });
    return (items as unknown as ClusterEvent[]).filter(({ involvedObject }) => involvedObject.name === name);
  }

  /** Waits until Ready has this status, for the generation that is there now. */
  async untilReady(
    name: string,
    status: 'True' | 'False',
    test?: (object: Repository) => boolean,
  ): Promise<Repository> {
    return until(
      async () => {
        const object = await this.get(name);
        const ready = conditionOf(object, 'Ready');
        const done =
          ready?.status === status &&
          ready.observedGeneration === object.metadata.generation &&
          (test === undefined || test(object));
        if (done) return object;
        throw new Error(JSON.stringify(object.status?.conditions));
      },
      { what: `${name} Ready=${status}`, timeout: 40_000, every: 50 },
    );
  }

  /** The file of the object's artifact. */
  async download(object: Repository): Promise<Buffer> {
    const response = await fetch(object.status!.artifact!.url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }
}

export function conditionOf(object: Repository, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** Type, status and reason of every condition, in the object's order. */
export function conditionsOf(object: Repository): string[] {
  return (object.status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.status === 404;
}
