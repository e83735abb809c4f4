// In place of nodes: tells the API server of Pods what a kubelet would, that they run or how they ended. Nothing is run.
import type { KubeClient } from '#kube/client';
import { type Informer, Informers } from '#kube/informer';
import { type Unstructured } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import { until } from './wait.ts';

interface Pod extends Unstructured {
  readonly spec: { readonly restartPolicy?: string };
  readonly status?: { readonly phase?: string };
}

export type Fate = 'runs' | 'succeeds' | 'fails' | 'waits';

const pods = { group: '', version: 'v1', plural: 'pods', namespaced: true };

const statuses = {
  runs: {
    phase: 'Running',
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ type, status: 'True' })),
  },
  succeeds: { phase: 'Succeeded' },
  fails: { phase: 'Failed', reason: 'Error', message: 'the test wants it to fail' },
};

/** Pods run, or succeed when they are not to be restarted, unless their label `app` is given another fate. */
export class PodStandIn {
  readonly #client: KubeClient;
  readonly #informers: Informers;
  readonly #informer: Informer;
  readonly #fates = new Map<string, Fate>();
  readonly #writing = new Set<Promise<void>>();

  private constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#informers = new Informers({ client });
    this.#informer = this.#informers.acquire(pods, { namespace });
    this.#informer.addHandler({ add: (pod) => this.#look(pod), update: (_before, pod) => this.#look(pod) });
  }

  static async start(client: KubeClient, namespace: string): Promise<PodStandIn> {
    const standIn = new PodStandIn(client, namespace);
    await standIn.#informer.synced();
    return standIn;
  }

  /** What becomes of Pods with this `app`, those that wait included. */
  decide(app: string, fate: Fate): void {
    this.#fates.set(app, fate);
    for (const pod of this.#informer.store.values()) this.#look(pod);
  }

  async stop(): Promise<void> {
    this.#informer.release();
    await Promise.all(this.#writing);
  }

  #look(object: Unstructured): void {
    const pod = object as Pod;
    if ((pod.status?.phase ?? 'Pending') !== 'Pending' || pod.metadata.deletionTimestamp !== undefined) return;
    const usual = (pod.spec.restartPolicy ?? 'Always') === 'Always' ? 'runs' : 'succeeds';
    const fate = this.#fates.get(pod.metadata.labels?.['app'] ?? '') ?? usual;
    if (fate === 'waits') return;
    const writing = this.#write(pod, statuses[fate]).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Again while the API server is away. */
  async #write({ metadata: { namespace, name = '' } }: Pod, status: object): Promise<void> {
    const options = { subresource: 'status' } as const;
    const write = async (): Promise<boolean> => {
      try {
        await this.#client.patch(pods, { namespace, name }, { type: 'merge', body: { status } }, options);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return true;
    };
    await until(write, { timeout: 60_000, every: 200, what: `status of Pod ${name}` });
  }
}
