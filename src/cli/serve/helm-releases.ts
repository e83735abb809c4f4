// The HelmRelease controller with everything it is made of.
import { join } from 'node:path';
import { helmRelease } from '#api/helm/helmrelease';
import type { HelmChart } from '#api/source/helmchart';
import { customResourceDefinitions, secrets } from '#kube/resources';
import { durationMs } from '#lib/duration-ms';
import type { Informer, Informers } from '#kube/informer';
import { PatchSchemas } from '#kube/apply/patch-schema';
import type { KubeClient } from '#kube/client';
import type { KubeObject } from '#kube/object';
import { Controller } from '#runtime/controller';
import { ClusterAccess } from '#controllers/apply/cluster-access';
import { followKubeConfigs } from '#controllers/apply/kubeconfig-watch';
import { ChartFiles } from '#controllers/helmrelease/chart-files';
import { helmCharts } from '#controllers/helmrelease/chart-template';
import { ServerVersion, type HelmCluster } from '#controllers/helmrelease/cluster';
import { helmReleaseReconciler, watchHelmReleases } from '#controllers/helmrelease/controller';
import {
  helmReleases,
  namespaceOf,
  originNameLabel,
  originNamespaceLabel,
  type HelmReleaseDraft,
} from '#controllers/helmrelease/helmrelease';
import { helmSecretSelector, WatchedHeads } from '#controllers/helmrelease/release-index';
import { ReleaseRenderer } from '#controllers/helmrelease/renderer';
import type { ChartSource } from '#controllers/helmrelease/source';
import { ReleaseCache } from '#controllers/helmrelease/storage';
import { userAgent, type ServeContext } from './context.ts';
import { acquireKind, acquireReferenced, controllerOptions } from './kinds.ts';
import { artifactOpener, localArtifactFile } from './open-artifact.ts';
import { watchedConfigs } from './watched-configs.ts';

/** HelmReleases under way at once, most of them waiting; what they ask of cluster and workers is bounded there. */
const underWay = 256;
const renderTimeoutMs = durationMs('2m', 0);

export interface HelmReleaseController {
  readonly controller: Controller;
  close(): Promise<void>;
}

/** `sources` are the caches of the kinds a chartRef may name, but HelmChart. */
export function startHelmReleases(
  context: ServeContext,
  sources: ReadonlyMap<string, Informer<KubeObject>>,
): HelmReleaseController {
  const { client, clock, metrics, flags, pool, agents, store, temporaryRoot } = context;
  const releases = acquireKind<HelmReleaseDraft>(context, helmReleases);
  const charts = acquireReferenced<HelmChart & KubeObject>(context, helmCharts);
  const chartSources = new Map<string, Informer<ChartSource>>([
    ['HelmChart', charts as unknown as Informer<ChartSource>],
  ]);
  for (const kind of ['OCIRepository', 'ExternalArtifact']) {
    const source = sources.get(kind);
    if (source !== undefined) chartSources.set(kind, source);
  }
  const clusters = new HelmClusters(context);
  const controller = new Controller({
    kind: helmRelease,
    ...controllerOptions(context),
    concurrency: Math.max(flags.concurrent, underWay),
    reconcile: helmReleaseReconciler({
      client,
      cache: releases.store,
      charts: charts.store,
      sources: new Map([...chartSources].map(([kind, source]) => [kind, source.store])),
      files: new ChartFiles({
        directory: join(temporaryRoot, 'charts'),
        localFile: localArtifactFile(store),
        open: artifactOpener(store, agents),
      }),
      renderer: new ReleaseRenderer(pool, { timeoutMs: renderTimeoutMs }),
      releases: new ReleaseCache(),
      clusterFor: (object) => clusters.of(object),
      events: context.recorder('helm-controller'),
      clock,
      random: Math.random,
      metrics,
      options: {
        jitterPercentage: flags.intervalJitterPercentage,
        requeueDependencyMs: flags.requeueDependency,
        noCrossNamespaceRefs: flags.noCrossNamespaceRefs,
        concurrency: flags.concurrentSsa,
      },
    }),
  });
  watchHelmReleases(controller, { releases, sources: chartSources, configs: watchedConfigs(context) });
  clusters.follow(controller.queue, releases);
  return { controller, close: () => clusters.close() };
}

/** The releases in another cluster: one watch, and what each identity knows of them. */
interface RemoteReleases {
  readonly stored: Informer;
  readonly heads: Map<string, WatchedHeads>;
}

/** The clusters releases live in, each with what is known of the releases in it. */
class HelmClusters {
  readonly #client: KubeClient;
  readonly #access: ClusterAccess;
  readonly #heads: WatchedHeads;
  readonly #remoteReleases = new WeakMap<Informers, RemoteReleases>();
  /** What is known of each cluster's server. */
  readonly #servers = new WeakMap<object, ServerFacts>();

  constructor({ client, discovery, informers, cloud, observe, flags, namespace }: ServeContext) {
    this.#client = client;
    this.#access = new ClusterAccess({
      client,
      discovery,
      informers,
      owned: {
        labelSelector: originNameLabel,
        ownerOf: ({ metadata }) =>
          `${metadata.labels?.[originNamespaceLabel] ?? ''}/${metadata.labels?.[originNameLabel] ?? ''}`,
      },
      defaultServiceAccount: flags.defaultServiceAccount,
      kubeConfigs: cloud.kubeConfigs,
      userAgent,
      observe,
    });
    const stored = informers.acquire(secrets, {
      labelSelector: helmSecretSelector,
      metadataOnly: true,
      ...(!flags.watchAllNamespaces && { namespace }),
    });
    this.#heads = new WatchedHeads(stored, client, flags.watchAllNamespaces ? {} : { namespace });
    // A chart may ask for whatever a definition brought a moment ago.
    const definitions = informers.acquire(customResourceDefinitions, { metadataOnly: true });
    definitions.addHandler({
      add: (_object, initial) => {
        if (!initial) discovery.invalidate();
      },
      update: () => discovery.invalidate(),
      delete: () => discovery.invalidate(),
    });
  }

  async of(object: HelmReleaseDraft): Promise<HelmCluster> {
    const { kubeConfig, serviceAccountName } = object.spec;
    const cluster = await this.#access.clusterOf({
      namespace: namespaceOf(object),
      serviceAccountName,
      kubeConfig,
    });
    return {
      ...cluster,
      owner: this.#client,
      heads: kubeConfig === undefined ? this.#heads : this.#remoteHeads(cluster),
      ...this.#serverOf(cluster),
    };
  }

  /** Wakes releases when what leads to their cluster changes. */
  follow(queue: Controller['queue'], releases: Informer<HelmReleaseDraft>): void {
    followKubeConfigs(queue, releases, this.#access);
  }

  close(): Promise<void> {
    return this.#access.close();
  }

  /** One watch per cluster, by our own identity there; before it has answered, each identity lists for itself. */
  #remoteHeads({ informers, client, identity }: Pick<HelmCluster, 'informers' | 'client' | 'identity'>): WatchedHeads {
    let remote = this.#remoteReleases.get(informers);
    if (remote === undefined) {
      const stored = informers.acquire(secrets, { labelSelector: helmSecretSelector, metadataOnly: true });
      this.#remoteReleases.set(informers, (remote = { stored, heads: new Map() }));
    }
    const known = remote.heads.get(identity);
    if (known !== undefined) return known;
    const heads = new WatchedHeads(remote.stored, client, { whileUnsynced: 'list' });
    remote.heads.set(identity, heads);
    return heads;
  }

  #serverOf({ discovery, client }: Pick<HelmCluster, 'discovery' | 'client'>): ServerFacts {
    let facts = this.#servers.get(discovery);
    if (facts === undefined) {
      facts = { version: new ServerVersion(client), patchSchemas: new PatchSchemas(client) };
      this.#servers.set(discovery, facts);
    }
    return facts;
  }
}

type ServerFacts = Pick<HelmCluster, 'version' | 'patchSchemas'>;
