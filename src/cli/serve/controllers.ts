// The controllers: one per kind, with the watches that wake them.
import { kustomization } from '#api/kustomize/kustomization';
import { gitRepository } from '#api/source/gitrepository';
import type { Informer } from '#kube/informer';
import { durationMs } from '#lib/duration-ms';
import { Controller } from '#runtime/controller';
import { Applier } from '#controllers/apply/applier';
import { ClusterAccess } from '#controllers/apply/cluster-access';
import { followKubeConfigs } from '#controllers/apply/kubeconfig-watch';
import { ownerKeyOf, ownerNameLabel } from '#controllers/apply/marks';
import type { ConnectionDependencies } from '#controllers/gitrepository/connection';
import { gitRepositories, gitRepositoryReconciler } from '#controllers/gitrepository/controller';
import type { GitRepositoryDraft } from '#controllers/gitrepository/git-repository';
import { watchGitRepositories } from '#controllers/gitrepository/watch';
import { Builder } from '#controllers/kustomization/build';
import { kustomizationReconciler, watchKustomizations } from '#controllers/kustomization/controller';
import { kustomizations, type KustomizationDraft } from '#controllers/kustomization/kustomization';
import type { SourceWithArtifact } from '#controllers/kustomization/source';
import { vaultLoginsIn } from '#controllers/kustomization/vault-logins';
import pLimit from 'p-limit';
import { userAgent, type ServeContext } from './context.ts';
import { startHelmReleases } from './helm-releases.ts';
import { startHelmSources } from './helm-sources.ts';
import { acquireKind, acquireReferenced, controllerOptions, resourceOfKind, sourceDependencies } from './kinds.ts';
import { artifactOpener, localArtifactFile } from './open-artifact.ts';
import { watchedConfigs } from './watched-configs.ts';

export interface RunningControllers {
  stop(graceMs: number): Promise<void>;
  /** Ends work under way at once: somebody else may have taken over. */
  abort(reason: Error): void;
}

/** Kustomizations under way at once, most of them waiting for health; `--concurrent` bounds those that work. */
const waitingKustomizations = 1000;
const sourceGroup = 'source.toolkit.fluxcd.io';
const sourceKinds = ['GitRepository', 'OCIRepository', 'Bucket', 'ExternalArtifact'];

export function startControllers(context: ServeContext): RunningControllers {
  const sources = new Map(
    sourceKinds.map((kind) => [
      kind,
      acquireReferenced<SourceWithArtifact>(context, resourceOfKind(sourceGroup, kind)),
    ]),
  );
  const clusters = new ClusterAccess({
    client: context.client,
    discovery: context.discovery,
    informers: context.informers,
    owned: { labelSelector: ownerNameLabel, ownerOf: ownerKeyOf },
    defaultServiceAccount: context.flags.defaultServiceAccount,
    kubeConfigs: context.cloud.kubeConfigs,
    userAgent,
    observe: context.observe,
  });
  const helmReleases = startHelmReleases(context, sources);
  const controllers = [
    startGitRepositories(context),
    ...startHelmSources(context, sources),
    startKustomizations(context, sources, clusters),
    helmReleases.controller,
  ];
  for (const controller of controllers) controller.start();
  return {
    stop: async (graceMs) => {
      await Promise.all(controllers.map((controller) => controller.stop(graceMs)));
      await Promise.all([clusters.close(), helmReleases.close()]);
    },
    abort: (reason) => {
      for (const controller of controllers) controller.abort(reason);
    },
  };
}

function startGitRepositories(context: ServeContext): Controller {
  const { client, flags, store, pool, agents, temporaryRoot } = context;
  const informer = acquireKind<GitRepositoryDraft>(context, gitRepositories);
  const controller = new Controller({
    kind: gitRepository,
    ...controllerOptions(context),
    reconcile: gitRepositoryReconciler({
      ...sourceDependencies(context, informer),
      pool,
      unpacked: context.unpacked,
      open: artifactOpener(store, agents),
      requeueDependencyMs: flags.requeueDependency,
      checkout: {
        client,
        logins: context.cloud.gitLogins,
        agents,
        userAgent,
        temporaryRoot,
        maxPackBytes: flags.gitMaxPackSize,
        ...sshAlgorithms(flags),
      },
    }),
  });
  watchGitRepositories(controller, informer);
  return controller;
}

function sshAlgorithms({
  sshKexAlgos,
  sshHostKeyAlgos,
}: ServeContext['flags']): Pick<ConnectionDependencies, 'sshKexAlgorithms' | 'sshHostKeyAlgorithms'> {
  return {
    ...(sshKexAlgos.length > 0 && { sshKexAlgorithms: sshKexAlgos }),
    ...(sshHostKeyAlgos.length > 0 && { sshHostKeyAlgorithms: sshHostKeyAlgos }),
  };
}

function startKustomizations(
  context: ServeContext,
  sources: ReadonlyMap<string, Informer<SourceWithArtifact>>,
  clusters: ClusterAccess,
): Controller {
  const { client, clock, metrics, flags, unpacked, pool, agents, store, temporaryRoot } = context;
  const informer = acquireKind<KustomizationDraft>(context, kustomizations);
  const controller = new Controller({
    kind: kustomization,
    ...controllerOptions(context),
    concurrency: waitingKustomizations,
    reconcile: kustomizationReconciler({
      client,
      cache: informer.store,
      sources: new Map([...sources].map(([kind, source]) => [kind, source.store])),
      builder: new Builder({
        unpacked,
        pool,
        open: artifactOpener(store, agents),
        localFile: localArtifactFile(store),
        remote: flags.noRemoteBases
          ? undefined
          : { agents, pool, unpacked, temporaryRoot, maxPackBytes: flags.gitMaxPackSize, userAgent },
        timeoutMs: durationMs('2m', 0),
      }),
      decryption: {
        client,
        services: context.cloud.keyServices,
        ageSecret: flags.sopsAgeSecret === '' ? undefined : { namespace: context.namespace, name: flags.sopsAgeSecret },
        defaultServiceAccount: flags.defaultDecryptionServiceAccount,
        vaultLogins:
          flags.sopsVaultConfigmap === ''
            ? undefined
            : vaultLoginsIn(client, { namespace: context.namespace, name: flags.sopsVaultConfigmap }),
      },
      applier: new Applier({
        concurrency: flags.concurrentSsa,
        overrideManagers: flags.overrideManagers,
        customStageKinds: flags.customApplyStageKinds,
      }),
      clusterFor: ({ metadata, spec }) =>
        clusters.clusterOf({
          namespace: metadata.namespace ?? '',
          serviceAccountName: spec.serviceAccountName,
          kubeConfig: spec.kubeConfig,
        }),
      events: context.recorder('kustomize-controller'),
      clock,
      random: Math.random,
      work: pLimit(flags.concurrent),
      metrics,
      options: {
        jitterPercentage: flags.intervalJitterPercentage,
        requeueDependencyMs: flags.requeueDependency,
        noCrossNamespaceRefs: flags.noCrossNamespaceRefs,
        strictSubstitution: flags.strictSubstitution,
        objectLevelIdentity: flags.featureGates.ObjectLevelWorkloadIdentity,
        pruneConcurrency: flags.concurrentSsa,
      },
    }),
  });
  watchKustomizations(controller, { kustomizations: informer, sources, configs: watchedConfigs(context) });
  followKubeConfigs(controller.queue, informer, clusters);
  return controller;
}
