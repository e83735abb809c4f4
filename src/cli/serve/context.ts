// What every part of the serving process is built from: clients, caches, store, workers.
import { mkdir, mkdtemp, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStorage } from '#artifact/fs-storage';
import { ArtifactIndex } from '#artifact/index';
import { ArtifactStore } from '#artifact/store';
import { UnpackCache } from '#artifact/unpack-cache';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import { Discovery } from '#kube/discovery';
import { EventRecorder as KubeEvents } from '#kube/events';
import { Informers } from '#kube/informer';
import type { RequestRecord } from '#kube/transport';
import { systemClock, type Clock } from '#lib/clock';
import { errorMessage } from '#lib/errors';
import { Agents } from '#net/agents';
import { EventRecorder } from '#runtime/event-recorder';
import { EventStream } from '#runtime/event-stream';
import type { Logger } from '#runtime/log';
import { Metrics } from '#runtime/metrics';
import { WorkerPool } from '#workers/pool';
import { packageVersion } from '../package-version.ts';
import { openIdentities, type CloudIdentities } from './cloud-identities.ts';
import type { ServeFlags } from './flags.ts';

export const version: string = packageVersion();
export const userAgent = `sluice/${version}`;

export interface ServeContext {
  readonly flags: ServeFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly discovery: Discovery;
  readonly agents: Agents;
  readonly pool: WorkerPool;
  readonly storage: FileStorage;
  readonly index: ArtifactIndex;
  readonly store: ArtifactStore;
  readonly unpacked: UnpackCache;
  /** Tokens of clouds, for ServiceAccounts and for this process. */
  readonly cloud: CloudIdentities;
  /** Counts a request to a cluster. */
  readonly observe: (request: RequestRecord) => void;
  readonly events: EventStream;
  /** Directory for what a run needs for a while. */
  readonly temporaryRoot: string;
  /** Namespace the process lives in. */
  readonly namespace: string;
  readonly instance: string;
  /** Sets the address artifacts are advertised at, once it is known. */
  readonly advertise: (address: string) => void;
  /** The recorder of one of Flux's controllers. */
  readonly recorder: (controller: string) => EventRecorder;
  readonly close: () => Promise<void>;
}

export async function openContext(
  flags: ServeFlags,
  env: Readonly<Record<string, string | undefined>>,
  log: Logger,
): Promise<ServeContext> {
  const clock = systemClock;
  const metrics = new Metrics();
  const stopProcessMetrics = metrics.observeProcess();
  const config = await loadConfig({ env, ...(flags.kubeconfig !== undefined && { kubeconfig: flags.kubeconfig }) });
  const observe = ({ code, method, host }: RequestRecord): void =>
    metrics.requested({ code: String(code), method, host });
  const client = new KubeClient(config, { userAgent, observe });
  await requireDirectory(flags.storagePath);
  const storage = new FileStorage(flags.storagePath);
  await storage.sweep();
  const index = new ArtifactIndex();
  let advertised = flags.storageAdvAddr;
  const store = new ArtifactStore({
    storage,
    index,
    clock,
    advertisedAddress: () => advertised,
    retention: { ttl: flags.artifactRetentionTtl, records: flags.artifactRetentionRecords },
    algorithm: flags.artifactDigestAlgo,
  });
  const temporaryRoot = await mkdtemp(join(tmpdir(), `sluice-${process.pid}-`));
  const unpackDirectory = join(temporaryRoot, 'unpacked');
  await mkdir(unpackDirectory, { recursive: true, mode: 0o700 });
  const unpacked = new UnpackCache({ directory: unpackDirectory, observe: metrics.cache('unpacked') });
  const agents = new Agents({ env });
  const pool = new WorkerPool();
  const informers = new Informers({
    client,
    onError: (error, where) => log.debug({ ...where, error: errorMessage(error) }, 'watch failed'),
  });
  const discovery = new Discovery({ client });
  const cloud = openIdentities({ flags, env, client, informers, agents, clock, metrics, userAgent });
  const events = new EventStream();
  const instance = hostname();
  const recorders: KubeEvents[] = [];
  const recorder = (controller: string): EventRecorder => {
    // One at a time: events can wait, what they tell of cannot.
    const sink = new KubeEvents({ client, component: controller, clock, concurrency: 1 });
    recorders.push(sink);
    return new EventRecorder({ sink, clock, controller, instance, publish: events.publish });
  };
  return {
    flags,
    env,
    log,
    clock,
    metrics,
    client,
    informers,
    discovery,
    agents,
    pool,
    storage,
    index,
    store,
    unpacked,
    cloud,
    observe,
    events,
    temporaryRoot,
    namespace: env['RUNTIME_NAMESPACE'] ?? config.namespace,
    instance,
    advertise: (address) => {
      if (flags.storageAdvAddr === '') advertised = address;
    },
    recorder,
    close: async () => {
      stopProcessMetrics();
      const limit = AbortSignal.timeout(5000);
      await Promise.all(recorders.map((sink) => sink.flush(limit)));
      for (const sink of recorders) sink.close();
      await cloud.close();
      await informers.close();
      await pool.close();
      await agents.close();
      await client.close();
      const { rm } = await import('node:fs/promises');
      await rm(temporaryRoot, { recursive: true, force: true });
    },
  };
}

async function requireDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new Error(`--storage-path: ${path} is not a directory: make it, or name another`);
  }
}
