// The typed verbs on one cluster. Objects go in and come out as the JSON the API server speaks.
import { apiVersionOf } from '#api/group-version';
import { systemClock, type Clock } from '#lib/clock';
import type { ClusterConfig } from './cluster-config.ts';
import type { Impersonation } from './impersonate.ts';
import type { Limits } from './limiter.ts';
import type { KubeList, KubeObject, ObjectKey, ResourceRef, Unstructured } from './object.ts';
import { resourceId } from './object.ts';
import { collectionPath, objectPath, withQuery, type QueryValue } from './paths.ts';
import { Transport, type RequestRecord, type TransportRequest, type TransportResponse } from './transport.ts';
import { readWatch, type WatchEvent } from './watch.ts';

export interface ClientOptions {
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default "sluice" */
  readonly userAgent?: string;
  /** Sockets for everything but watches. @default 16: more of them only move the queue into the server */
  readonly connections?: number;
  /** Sockets for watches, each of which holds one. @default 512 */
  readonly watchConnections?: number;
  readonly limits?: Limits;
  /** Deadline of a call that names none. @default 30_000 */
  readonly timeoutMs?: number;
  /** @default 256 MiB */
  readonly maxResponseBytes?: number;
  /** Longest line of a watch, which is one object. @default 32 MiB */
  readonly maxWatchLineBytes?: number;
  /** Told of each finished request. Must not throw. */
  readonly observe?: (record: RequestRecord) => void;
}

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whole time of the call, retries included; 0 for none. */
  readonly timeoutMs?: number | undefined;
}

export interface GetOptions extends CallOptions {
  readonly resourceVersion?: string;
  readonly subresource?: string;
  /** Only metadata is sent. */
  readonly metadataOnly?: boolean;
}

export interface SelectOptions {
  /** One namespace; all of them when left out. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends CallOptions, SelectOptions {
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
  readonly metadataOnly?: boolean | undefined;
}

export interface WatchOptions extends SelectOptions {
  /** Ends the watch. */
  readonly signal?: AbortSignal;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'NotOlderThan';
  readonly allowWatchBookmarks?: boolean;
  /** The server ends the watch after this time. */
  readonly timeoutSeconds?: number;
  /** Begin with the state, as ADDED events and one annotated bookmark (WatchList). */
  readonly sendInitialEvents?: boolean;
  readonly metadataOnly?: boolean;
  /** Longest wait for the response to begin. */
  readonly openTimeoutMs?: number;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict' | undefined;
  readonly subresource?: string | undefined;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Take over fields that others own. @default false */
  readonly force?: boolean | undefined;
}

export interface DeleteOptions extends CallOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface ApplyOutcome<T extends KubeObject = Unstructured> {
  readonly object: T;
  /** There was no such object before. */
  readonly created: boolean;
}

/** A patch body with its kind. Apply has its own method. */
export type Patch =
  | { readonly type: 'merge'; readonly body: unknown }
  | { readonly type: 'strategic'; readonly body: unknown }
  | { readonly type: 'json'; readonly body: readonly unknown[] };

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const;

// JSON is YAML, so an apply patch is sent as JSON.
const APPLY_TYPE = 'application/apply-patch+yaml';
const PARTIAL_OBJECT = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const PARTIAL_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

const DEFAULTS = {
  clock: systemClock,
  userAgent: 'sluice',
  connections: 16,
  watchConnections: 512,
  timeoutMs: 30_000,
  maxResponseBytes: 256 << 20,
};

/** A client of one cluster. Clients made by {@link KubeClient.as} share its sockets and limits. */
export class KubeClient {
  readonly #transport: Transport;
  readonly #impersonate: Impersonation | undefined;
  readonly #maxWatchLineBytes: number;

  constructor(config: ClusterConfig, options?: ClientOptions);
  constructor(config: Transport, options: ClientOptions, impersonate: Impersonation);
  constructor(config: ClusterConfig | Transport, options: ClientOptions = {}, impersonate?: Impersonation) {
    this.#transport = config instanceof Transport ? config : new Transport(config, { ...DEFAULTS, ...options });
    this.#impersonate = impersonate;
    this.#maxWatchLineBytes = options.maxWatchLineBytes ?? 32 << 20;
  }

  get config(): ClusterConfig {
    return this.#transport.config;
  }

  /** The same cluster as somebody else. The server must allow us to impersonate. */
  as(identity: Impersonation): KubeClient {
    return new KubeClient(this.#transport, { maxWatchLineBytes: this.#maxWatchLineBytes }, identity);
  }

  async get<T extends KubeObject = Unstructured>(
    ref: ResourceRef,
    key: ObjectKey,
    options: GetOptions = {},
  ): Promise<T> {
    const path = withQuery(objectPath(ref, key, options.subresource), { resourceVersion: options.resourceVersion });
    const accept = options.metadataOnly ? { accept: PARTIAL_OBJECT } : undefined;
    return this.#object(ref, { method: 'GET', verb: 'get', path, name: key.name, ...accept }, options);
  }

  /** One page, or all when `limit` is left out. Items carry apiVersion and kind even where the server leaves them out. */
  async list<T extends KubeObject = Unstructured>(ref: ResourceRef, options: ListOptions = {}): Promise<KubeList<T>> {
    const { limit, resourceVersion, resourceVersionMatch } = options;
    const query = { ...selectors(options), limit, continue: options.continue, resourceVersion, resourceVersionMatch };
    const path = withQuery(collectionPath(ref, options.namespace), query);
    const accept = options.metadataOnly ? { accept: PARTIAL_LIST } : undefined;
    const list = await this.#object<KubeList<T> & KubeObject>(
      ref,
      { method: 'GET', verb: 'list', path, ...accept },
      options,
    );
    return completeList(list, ref, options.metadataOnly ?? false);
  }

  async create<T extends KubeObject>(ref: ResourceRef, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    const path =
      options.subresource === undefined
        ? collectionPath(ref, namespace)
        : objectPath(ref, { namespace, name: name ?? '' }, options.subresource);
    const request = { method: 'POST', verb: 'create', path: withQuery(path, writeQuery(options)), name } as const;
    return this.#object(ref, { ...request, body: JSON.stringify(object) }, options);
  }

  /** Replaces the object. With its resourceVersion set, a concurrent change is a conflict. */
  async update<T extends KubeObject>(ref: ResourceRef, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name = '' } = object.metadata;
    const path = withQuery(objectPath(ref, { namespace, name }, options.subresource), writeQuery(options));
    return this.#object(ref, { method: 'PUT', verb: 'update', path, name, body: JSON.stringify(object) }, options);
  }

  async patch<T extends KubeObject = Unstructured>(
    ref: ResourceRef,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = withQuery(objectPath(ref, key, options.subresource), writeQuery(options));
    const body = { body: JSON.stringify(patch.body), contentType: PATCH_TYPES[patch.type] };
    return this.#object(ref, { method: 'PATCH', verb: 'patch', path, name: key.name, ...body }, options);
  }

  /** Server-side apply. The object must not carry managedFields. */
  async apply<T extends KubeObject = Unstructured>(
    ref: ResourceRef,
    object: KubeObject,
    options: ApplyOptions,
  ): Promise<T> {
    return (await this.applyOutcome<T>(ref, object, options)).object;
  }

  /** Server-side apply that also tells whether the object was created. */
  async applyOutcome<T extends KubeObject = Unstructured>(
    ref: ResourceRef,
    object: KubeObject,
    options: ApplyOptions,
  ): Promise<ApplyOutcome<T>> {
    const { namespace, name = '' } = object.metadata;
    const path = objectPath(ref, { namespace, name }, options.subresource);
    const query = { ...writeQuery(options), force: options.force };
    const body = { body: JSON.stringify(object), contentType: APPLY_TYPE };
    const request = { method: 'PATCH', verb: 'apply', path: withQuery(path, query), name, ...body } as const;
    const response = await this.#send(ref, request, options);
    return { object: JSON.parse(response.body) as T, created: response.status === 201 };
  }

  /** Resolves to the object where deletion only began (finalizers, grace), or to the server's Status. */
  async delete(ref: ResourceRef, key: ObjectKey, options: DeleteOptions = {}): Promise<Unstructured> {
    const request = { method: 'DELETE', verb: 'delete', path: objectPath(ref, key), name: key.name } as const;
    return this.#object(ref, { ...request, body: deleteBody(options) }, options);
  }

  async deleteCollection(ref: ResourceRef, options: DeleteOptions & SelectOptions = {}): Promise<void> {
    const path = withQuery(collectionPath(ref, options.namespace), selectors(options));
    await this.#send(ref, { method: 'DELETE', verb: 'deletecollection', path, body: deleteBody(options) }, options);
  }

  /**
   * Events from `resourceVersion` on. Ends when the server ends it; throws a StatusError for an ERROR event, and the
   * signal's reason when that ends it. The socket is given up when the loop is left.
   */
  async watch<T extends KubeObject = Unstructured>(
    ref: ResourceRef,
    options: WatchOptions = {},
  ): Promise<AsyncGenerator<WatchEvent<T>, void, undefined>> {
    const { resourceVersion, resourceVersionMatch, allowWatchBookmarks, timeoutSeconds, sendInitialEvents } = options;
    const query = {
      watch: true,
      ...selectors(options),
      resourceVersion,
      resourceVersionMatch,
      allowWatchBookmarks,
      timeoutSeconds,
      sendInitialEvents,
    };
    const stream = await this.#transport.open({
      method: 'GET',
      verb: 'watch',
      resource: resourceId(ref),
      path: withQuery(collectionPath(ref, options.namespace), query),
      impersonate: this.#impersonate,
      signal: options.signal,
      timeoutMs: options.openTimeoutMs,
      ...(options.metadataOnly && { accept: PARTIAL_OBJECT }),
    });
    return readWatch<T>(stream.body, this.#maxWatchLineBytes, options.signal);
  }

  /** Any other request on the cluster: discovery, reviews, proxies. Throws a StatusError for anything but 2xx. */
  async raw(
    request: Omit<TransportRequest, 'verb' | 'impersonate'> & { readonly verb?: string },
  ): Promise<TransportResponse> {
    return this.#transport.send({ verb: request.method.toLowerCase(), ...request, impersonate: this.#impersonate });
  }

  /** Ends every socket, those of impersonating clients too. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #object<T extends KubeObject>(
    ref: ResourceRef,
    request: Omit<TransportRequest, 'resource'>,
    options: CallOptions,
  ): Promise<T> {
    const response = await this.#send(ref, request, options);
    return JSON.parse(response.body) as T;
  }

  #send(
    ref: ResourceRef,
    request: Omit<TransportRequest, 'resource'>,
    options: CallOptions,
  ): Promise<TransportResponse> {
    const { signal, timeoutMs } = options;
    return this.#transport.send({
      ...request,
      resource: resourceId(ref),
      impersonate: this.#impersonate,
      signal,
      timeoutMs,
    });
  }
}

function selectors(options: SelectOptions): Record<string, QueryValue> {
  return { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
}

function writeQuery(options: WriteOptions): Record<string, QueryValue> {
  const { fieldManager, fieldValidation } = options;
  return { fieldManager, fieldValidation, dryRun: options.dryRun ? 'All' : undefined };
}

function deleteBody(options: DeleteOptions): string {
  const { propagationPolicy, gracePeriodSeconds, preconditions } = options;
  return JSON.stringify({
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy,
    gracePeriodSeconds,
    preconditions,
    dryRun: options.dryRun ? ['All'] : undefined,
  });
}

/** Built-in kinds come without apiVersion and kind inside lists. */
function completeList<T extends KubeObject>(list: KubeList<T>, ref: ResourceRef, metadataOnly: boolean): KubeList<T> {
  list.items ??= [];
  if (metadataOnly || !list.kind?.endsWith('List')) return list;
  const apiVersion = apiVersionOf(ref);
  const kind = list.kind.slice(0, -'List'.length);
  for (const item of list.items) {
    item.apiVersion ??= apiVersion;
    item.kind ??= kind;
  }
  return list;
}
