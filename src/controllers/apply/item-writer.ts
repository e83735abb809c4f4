// Writes one object: applies it, takes over what kubectl left on it, makes it anew where it cannot be changed.
import { applyObject, isImmutableError, type ApplyResult } from '#kube/apply/apply';
import { hasDrifted } from '#kube/apply/drift';
import { withoutIgnored } from '#kube/apply/ignored-fields';
import { cleanupPatch, fluxTakeovers, type CleanupRules } from '#kube/apply/managers';
import type { ResourceInfo } from '#kube/discovery';
import type { KubeObject, Unstructured } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import { delay } from '#lib/backoff';
import { systemClock } from '#lib/clock';
import type { Cluster, LiveView } from './cluster.ts';
import { keepsOtherManagers, mayRecreate } from './marks.ts';

export interface Item {
  readonly object: Unstructured;
  readonly resource: ResourceInfo;
  readonly key: string;
  readonly subject: string;
  /** JSON pointers. */
  readonly ignored: readonly string[];
}

export interface Written {
  readonly applied: Unstructured;
  readonly action: ApplyResult['action'];
}

export interface ItemWriterOptions {
  readonly cluster: Cluster;
  readonly view: LiveView;
  /** spec.force. */
  readonly force: boolean;
  readonly cleanup: CleanupRules;
  readonly signal: AbortSignal;
}

const fluxFieldManager = 'kustomize-controller';

/** What is taken off objects that others applied before. `managers` are overridden beside kubectl's. */
export function cleanupRules(managers: readonly string[]): CleanupRules {
  return {
    fieldManager: fluxFieldManager,
    takeovers: fluxTakeovers(fluxFieldManager, managers),
    annotations: [
      'kubectl.kubernetes.io/last-applied-configuration',
      'kustomize.toolkit.fluxcd.io/checksum',
      'fluxcd.io/sync-checksum',
    ],
    labels: ['fluxcd.io/sync-gc-mark'],
  };
}

export class ItemWriter {
  readonly #options: ItemWriterOptions;

  constructor(options: ItemWriterOptions) {
    this.#options = options;
  }

  /** The object as the server would have it. */
  dryRun({ object, resource }: Item): Promise<Unstructured> {
    const { cluster, signal } = this.#options;
    return cluster.client.apply(resource, object, {
      fieldManager: fluxFieldManager,
      force: true,
      dryRun: true,
      signal,
    });
  }

  /** `live` is the object as it is, as far as anybody knows. */
  async write(item: Item, live: KubeObject | undefined): Promise<Written> {
    const { object, ignored } = item;
    try {
      if (live !== undefined && ignored.length > 0) return await this.#applyBeside(item);
      return await this.#applyWhole(item, live);
    } catch (error) {
      const recreate = this.#options.force || mayRecreate(object, live);
      if (!recreate || live === undefined || !isImmutableError(error)) throw error;
      await this.#deleteAndWait(item);
      return this.#applyWhole(item, undefined);
    }
  }

  async #applyWhole(item: Item, live: KubeObject | undefined): Promise<Written> {
    const { object: applied, action } = await this.#send(item, item.object, live);
    if (action === 'created' || keepsOtherManagers(item.object, live)) return { applied, action };
    // Taken over, the fields that the manifest no longer has go away with the next apply.
    const taken = await this.#takeOver(item, applied);
    if (taken === undefined) return { applied, action };
    const { object: again } = await this.#send(item, item.object, taken);
    return { applied: again, action: 'configured' };
  }

  /** Applies what has changed beside the ignored fields, which stay as they are. */
  async #applyBeside(item: Item): Promise<Written> {
    const { object, resource, key, ignored } = item;
    const found = await this.#options.view.fetch(resource, key);
    if (found === undefined) return this.#applyWhole(item, undefined);
    const dryRun = await this.dryRun(item);
    const taken = keepsOtherManagers(object, found) ? undefined : await this.#takeOver(item, found);
    if (taken === undefined && !hasDrifted(found, dryRun, { ignore: ignored })) {
      return { applied: found, action: 'unchanged' };
    }
    const live = taken ?? found;
    const payload = withoutIgnored(object, live, dryRun, { pointers: ignored, fieldManager: fluxFieldManager });
    const { object: applied } = await this.#send(item, payload, live);
    return { applied, action: 'configured' };
  }

  #send({ resource }: Item, object: Unstructured, live: KubeObject | undefined): Promise<ApplyResult> {
    const { cluster, signal } = this.#options;
    const liveVersion = live?.metadata.resourceVersion;
    return applyObject(cluster.client, resource, object, {
      fieldManager: fluxFieldManager,
      force: true,
      signal,
      liveVersion,
    });
  }

  /** Takes kubectl's fields over; undefined when there are none. */
  async #takeOver({ resource }: Item, live: Unstructured): Promise<Unstructured | undefined> {
    const { cluster, signal } = this.#options;
    const body = cleanupPatch(live, this.#options.cleanup);
    if (body.length === 0) return undefined;
    const { name = '', namespace } = live.metadata;
    const options = { fieldManager: fluxFieldManager, signal };
    return cluster.client.patch(resource, { name, namespace }, { type: 'json', body }, options);
  }

  async #deleteAndWait({ object, resource, key }: Item): Promise<void> {
    const { cluster, signal } = this.#options;
    const { name = '', namespace } = object.metadata;
    try {
      await cluster.client.delete(resource, { name, namespace }, { propagationPolicy: 'Background', signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return;
    }
    const kind = await this.#options.view.kind(resource);
    while ((await this.#options.view.fetch(resource, key)) !== undefined) {
      if (kind === undefined) await delay(500, systemClock, signal);
      else await nextChange(kind, key, signal);
    }
  }
}

/** The next change of an object, or a look again after a second: a change before the call is not told. */
async function nextChange(
  kind: { onChange(listener: (key: string) => void): () => void },
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = kind.onChange((changed) => {
    if (changed === key) resolve();
  });
  const abort = new AbortController();
  try {
    await Promise.race([promise, delay(1000, systemClock, AbortSignal.any([signal, abort.signal]))]);
  } finally {
    leave();
    abort.abort();
  }
}
