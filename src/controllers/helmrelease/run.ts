// What the steps of one run over a HelmRelease share: the object in hand, what works on it, and who is told.
import type { HelmChart } from '#api/source/helmchart';
import type { KubeClient } from '#kube/client';
import type { KubeObject } from '#kube/object';
import type { Clock } from '#lib/clock';
import type { ReconcileContext } from '#runtime/controller';
import type { EventRecorder } from '#runtime/event-recorder';
import type { ObjectSource } from '#runtime/fresh-objects';
import type { ObjectRun } from '#runtime/object-reconciler';
import type { ObjectWriter } from '#runtime/object-writer';
import type { ChartFiles } from './chart-files.ts';
import type { TemplateContext } from './chart-template.ts';
import type { HelmCluster } from './cluster.ts';
import { Gates } from './gates.ts';
import type { HelmReleaseDraft } from './helmrelease.ts';
import type { RunMemory } from './memory.ts';
import type { ReleaseRenderer } from './renderer.ts';
import type { ChartSources } from './source.ts';
import type { ReleaseCache } from './storage.ts';

export interface HelmReleaseDependencies {
  readonly client: KubeClient;
  readonly cache: ObjectSource<HelmReleaseDraft>;
  readonly charts: ObjectSource<HelmChart & KubeObject>;
  readonly sources: ChartSources;
  readonly files: ChartFiles;
  readonly renderer: ReleaseRenderer;
  readonly releases: ReleaseCache;
  /** The cluster a release lives in, as the identity its object names. */
  readonly clusterFor: (object: HelmReleaseDraft) => Promise<HelmCluster>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: () => number;
  readonly options: HelmReleaseOptions;
}

export interface HelmReleaseOptions {
  readonly jitterPercentage: number;
  /** ms; Flux's `--requeue-dependency`. Watches wake a waiting object sooner. */
  readonly requeueDependencyMs: number;
  readonly noCrossNamespaceRefs: boolean;
  /** Objects of a kind applied at once. */
  readonly concurrency: number;
}

export interface Run {
  readonly deps: HelmReleaseDependencies;
  readonly context: ReconcileContext;
  readonly writer: ObjectWriter<HelmReleaseDraft>;
  readonly memory: RunMemory;
  readonly gates: Gates;
  /** The writer's working copy. */
  readonly object: HelmReleaseDraft;
}

export function beginRun(
  deps: HelmReleaseDependencies,
  { context, writer, memory }: Omit<ObjectRun<HelmReleaseDraft, RunMemory>, 'cache'>,
): Run {
  const { object } = writer;
  const gates = new Gates({ object, events: deps.events, clock: deps.clock, signal: context.signal });
  return { deps, context, writer, memory, gates, object };
}

/** What is asked for making and deleting the HelmChart of a template. */
export function templateContext({ deps, context, gates }: Run): TemplateContext {
  const { client, charts, options } = deps;
  return {
    client,
    charts,
    noCrossNamespaceRefs: options.noCrossNamespaceRefs,
    event: (severity, reason, message) => gates.event(severity, reason, message),
    signal: context.signal,
  };
}
