// A release without a cluster: the controller's own loop over an API server in memory, whose writes fail where a test says so.
import { ActionLog } from '#controllers/helmrelease/action-log';
import type { HelmRelease } from '#api/helm/helmrelease';
import type { DesiredContext } from '#controllers/helmrelease/action';
import type { HelmReleaseDraft } from '#controllers/helmrelease/helmrelease';
import { type LoopOutcome, releaseLoop } from '#controllers/helmrelease/loop';
import { type AppliedMemory, type ApplyOutcome, ReleaseApplier } from '#controllers/helmrelease/release-applier';
import { ListedHeads } from '#controllers/helmrelease/release-index';
import type { ChartInfo, RenderOutput } from '#controllers/helmrelease/render-job';
import { ReleaseRenderer, type RenderRequest } from '#controllers/helmrelease/renderer';
import { takeForceRequest } from '#controllers/helmrelease/requests';
import { clearFailures } from '#controllers/helmrelease/remediation';
import { configDigest } from '#controllers/helmrelease/digests';
import { snapshotOf, type SnapshotDraft, type SnapshotOptions } from '#controllers/helmrelease/snapshot';
import { ReleaseCache, ReleaseStorage } from '#controllers/helmrelease/storage';
import type { HelmCluster } from '#controllers/helmrelease/cluster';
import { ExistenceLists } from '#controllers/apply/cluster';
import { sigsMarshal } from '#goyaml/index';
import {
  encodeRelease,
  metadataOnly,
  packBody,
  packChart,
  releaseLabels,
  type ReleaseRecord,
  releaseSecretName,
  type ReleaseStatus,
  unpackRelease,
  type ValuesMap,
} from '#helm/index';
import { getCondition } from '#runtime/conditions';
import { SupersededError } from '#runtime/controller';
import type { EventSeverity } from '#runtime/event-recorder';
import { silentLogger } from '#runtime/log';
import { MemoryApi, resourceOf, secrets } from './memory-api.ts';

export const namespace = 'apps';
export const name = 'web';
const start = Date.UTC(2026, 0, 1);

export interface RecordOptions {
  readonly chart?: string;
  readonly chartVersion?: string;
  readonly values?: ValuesMap;
  readonly manifest?: string;
  readonly hooks?: ReleaseRecord['hooks'];
  readonly description?: string;
}

/** A revision of the release as Helm records it. */
export function revision(version: number, status: ReleaseStatus, options: RecordOptions = {}): ReleaseRecord {
  const { chart = 'site', chartVersion = '1.0.0', values = {}, manifest = '', hooks, description } = options;
  return {
    name,
    namespace,
    version,
    info: {
      first_deployed: '2026-01-01T00:00:00Z',
      last_deployed: `2026-01-01T00:00:0${version}.5Z`,
      deleted: '',
      status,
      ...(description !== undefined && { description }),
    },
    chart: metadataOnly({ name: chart, version: chartVersion, apiVersion: 'v2', appVersion: '9' }),
    ...(Object.keys(values).length > 0 && { config: values }),
    ...(manifest !== '' && { manifest }),
    ...(hooks !== undefined && { hooks }),
  };
}

/** A test of the chart, as it is recorded. */
export function testHook(of: string): NonNullable<ReleaseRecord['hooks']>[number] {
  const manifest = sigsMarshal({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: of } });
  const last_run = { started_at: '', completed_at: '', phase: '' } as const;
  return { name: of, kind: 'ConfigMap', path: `site/templates/${of}.yaml`, manifest, events: ['test'], last_run };
}

export interface Setting {
  readonly spec?: object;
  readonly status?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly chart?: Partial<ChartInfo>;
  readonly values?: ValuesMap;
  readonly ociDigest?: string;
  /** Names of the chart's tests. */
  readonly tests?: readonly string[];
  /** Objects of the chart. @default a ConfigMap with the values in it */
  readonly objects?: (values: ValuesMap) => readonly object[];
}

interface ToldEvent {
  readonly severity: EventSeverity;
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/** How an action fails: before anything is stored, or with this when its work is half done. */
export type Failure = 'unstored' | Error;

export class ReleaseInMemory {
  readonly object: HelmReleaseDraft;
  readonly api = new MemoryApi();
  readonly events: ToldEvent[] = [];
  /** Names of the actions that were begun. */
  readonly ran: string[] = [];
  /** By name of the action. */
  readonly fails = new Map<string, Failure>();
  readonly applied: AppliedMemory = new Map();
  setting: Setting;
  #now = start;

  constructor(setting: Setting = {}) {
    this.setting = setting;
    const { spec, status, annotations } = setting;
    this.object = {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name, namespace, generation: 1, ...(annotations && { annotations: { ...annotations } }) },
      spec: { interval: '1h', ...structuredClone(spec) },
      status: { ...structuredClone(status) },
    };
    this.api.failure = (verb, plural) => this.#failureOf(verb, plural);
  }

  /** Stores a revision; with `options` it is remembered in the history, too. */
  store(record: ReleaseRecord, options?: SnapshotOptions & Partial<SnapshotDraft>): this {
    const { status = 'unknown' } = record.info;
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: releaseSecretName(record.name, record.version),
        namespace,
        labels: releaseLabels({ release: record.name, status, revision: record.version }),
      },
      data: { release: Buffer.from(encodeRelease(record)).toString('base64') },
    };
    this.api.put(secrets, secret);
    if (options !== undefined)
      (this.object.status!.history ??= []).unshift({ ...snapshotOf(record, options), ...options });
    return this;
  }

  /** A new spec, as when somebody edits the object. */
  edit(spec: Partial<HelmRelease['spec']>, setting: Setting = {}): void {
    Object.assign(this.object.spec, spec);
    this.object.metadata.generation! += 1;
    this.setting = { ...this.setting, ...setting };
    clearFailures(this.object);
  }

  /** A request by annotation, forced or not. */
  request(token: string, kind?: 'forceAt' | 'resetAt'): void {
    const annotations: Record<string, string> = (this.object.metadata.annotations = {});
    annotations['reconcile.fluxcd.io/requestedAt'] = token;
    if (kind !== undefined) annotations[`reconcile.fluxcd.io/${kind}`] = token;
  }

  /** One pass of the loop; what it throws is thrown. */
  run(): Promise<LoopOutcome> {
    this.#now += 60_000;
    this.ran.length = 0;
    this.events.length = 0;
    const begun = (): void => {
      const [, action = ''] = /'(.*)'/.exec(getCondition(this.object, 'Reconciling')!.message)!;
      if (this.ran.at(-1) !== action) this.ran.push(action);
    };
    const options = {
      takeForceRequest: () => takeForceRequest(this.object),
      announce: begun,
      record: () => Promise.resolve(begun()),
    };
    return releaseLoop(this.context(), options);
  }

  context(): DesiredContext {
    const { signal } = new AbortController();
    const { chart, values = {}, ociDigest = '' } = this.setting;
    const clock = { now: () => this.#now, monotonic: () => this.#now, after: () => () => undefined };
    const client = this.api.client;
    const heads = new ListedHeads(client);
    const cluster = {
      client,
      heads,
      owner: client,
      identity: '',
      discovery: { resourceOf },
      live: { kind: () => Promise.resolve(undefined) },
      existence: new ExistenceLists(clock.monotonic),
    } as unknown as HelmCluster;
    const cache = new ReleaseCache();
    return {
      object: this.object,
      cluster,
      storage: new ReleaseStorage({ namespace, name }, { client, heads, cache, cluster: '', unpack, clock, signal }),
      applier: new HastyApplier(cluster, signal, () => this.#fault),
      renderer: new MemoryRenderer((request) => this.#render(request)),
      applied: this.applied,
      clock,
      log: silentLogger,
      steps: new ActionLog(clock.now),
      signal,
      superseded: signal,
      unwanted: signal,
      event: (severity, reason, told, metadata) => {
        // The steps of an action have a test of their own.
        const [message = ''] = told.split('\n\nLast Helm logs:', 1);
        this.events.push({ severity, reason, message, metadata });
      },
      chart: { name: 'site', version: '1.0.0', appVersion: '9', ...chart },
      file: { path: '', digest: '' },
      values,
      valuesDigest: configDigest(values),
      ociDigest,
    };
  }

  #render({ values }: RenderRequest): RenderOutput {
    const { chart, tests = [], objects = (of) => [configMap({ data: { ...of } })] } = this.setting;
    const made = objects(values);
    const manifest = made.map((object) => sigsMarshal(object as never)).join('---\n');
    const metadata = { name: 'site', version: '1.0.0', apiVersion: 'v2', appVersion: '9', ...chart };
    return {
      values,
      objects: structuredClone(made) as RenderOutput['objects'],
      manifest,
      hooks: tests.map((of) => {
        const { manifest: text = '', path = '' } = testHook(of);
        const hook = { name: of, kind: 'ConfigMap', path, manifest: text, weight: 0 };
        return { ...hook, events: ['test'], deletePolicies: [], outputLogPolicies: [] };
      }),
      crds: [],
      notes: '',
      warnings: [],
      chart: { name: 'site', version: '1.0.0', appVersion: '9', ...chart },
      metadata,
      parts: { chart: packChart(metadataOnly(metadata)), body: packBody({ config: values, manifest }) },
    };
  }

  get #fault(): Failure | undefined {
    return this.fails.get(this.ran.at(-1) ?? '');
  }

  #failureOf(verb: string, plural: string): Error | undefined {
    const fault = this.#fault;
    if (fault === undefined || fault instanceof SupersededError || verb === 'get' || verb === 'list') return undefined;
    if (fault === 'unstored') return plural === 'secrets' || verb === 'delete' ? new Error('etcd is away') : undefined;
    const isPreparation = this.ran.at(-1) === 'test' && verb === 'delete';
    return plural === 'secrets' || isPreparation ? undefined : fault;
  }
}

/** Waits for nothing, since nobody is there who would make anything ready; unless that it is no use waiting. */
class HastyApplier extends ReleaseApplier {
  readonly #fault: () => Failure | undefined;

  constructor(cluster: HelmCluster, signal: AbortSignal, fault: () => Failure | undefined) {
    super(cluster, { concurrency: 1 }, signal);
    this.#fault = fault;
  }

  override async apply(request: Parameters<ReleaseApplier['apply']>[0]): Promise<ApplyOutcome> {
    const outcome = await super.apply(request);
    const fault = this.#fault();
    if (fault instanceof SupersededError) throw fault;
    return { ...outcome, targets: [] };
  }
}

class MemoryRenderer extends ReleaseRenderer {
  readonly #render: (request: RenderRequest) => RenderOutput;

  constructor(render: (request: RenderRequest) => RenderOutput) {
    super(undefined as never, { timeoutMs: 0 });
    this.#render = render;
  }

  override render(request: RenderRequest): Promise<RenderOutput> {
    return Promise.resolve(this.#render(request));
  }
}

function unpack(payload: string): ReturnType<ReleaseRenderer['unpack']> {
  return Promise.resolve(unpackRelease(payload));
}

/** The one object of most charts here. */
export function configMap(more: object = {}, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', ...metadata }, ...more };
}
