// watch: events as lines of JSON, from a version on or from the current state, with bookmarks.
import type { ServerResponse } from 'node:http';
import type { Clock } from '#lib/clock';
import type { Unstructured } from '#kube/object';
import type { EventLog, LoggedEvent, WatchEventType } from './event-log.ts';
import { parseCount, parseVersion, type Selection } from './list.ts';
import type { Representation } from './negotiate.ts';
import { isTruthy } from './request.ts';
import type { ServedResource } from './resource.ts';
import { expired, invalidListOptions, versionTooLarge } from './status.ts';
import { parseIncludeObject, partialObject, tableOf, type IncludeObject } from './table.ts';

export interface WatchRequest {
  readonly resource: ServedResource;
  readonly log: EventLog;
  readonly selection: Selection;
  readonly query: URLSearchParams;
  readonly representation: Representation;
  readonly clock: Clock;
  readonly random: () => number;
  readonly res: ServerResponse;
  /** Ends every watch: the process stops. */
  readonly signal: AbortSignal;
}

const bookmarkMs = 60_000;
const shortestMs = 1_800_000;
/** Bytes a slow client may leave unread, beside the state it began with, before its watch is ended. */
const maxBacklog = 4 * 1024 * 1024;

/** Answers until the time is up, the client leaves, or the process stops. Throws before anything is sent. */
export function serveWatch(request: WatchRequest): void {
  const { log, query } = request;
  const initial = wantsInitialEvents(query);
  const version = parseVersion(query.get('resourceVersion'));
  if (version !== undefined && version > log.version) throw versionTooLarge(version, log.version);
  const isAnyVersion = version === undefined || version === 0n;
  const fromState = initial === true || (initial === undefined && isAnyVersion);
  const missed = fromState || isAnyVersion ? [] : log.since(version);
  if (missed === undefined) throw expired(`too old resource version: ${version} (${log.oldest})`);
  const stream = new WatchStream(request);
  stream.open();
  if (fromState) stream.state(log.objects());
  if (initial === true) stream.bookmark(true);
  for (const event of missed) stream.event(event);
  stream.follow();
}

function wantsInitialEvents(query: URLSearchParams): boolean | undefined {
  const value = query.get('sendInitialEvents') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (value === '') {
    if (match === '') return undefined;
    const message = 'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    throw invalidListOptions('resourceVersionMatch', message);
  }
  if (match !== 'NotOlderThan') {
    const message = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    throw invalidListOptions('resourceVersionMatch', message);
  }
  return isTruthy(value);
}

class WatchStream {
  readonly #request: WatchRequest;
  readonly #include: IncludeObject;
  readonly #bookmarks: boolean;
  readonly #cleanups: (() => void)[] = [];
  readonly #lifeMs: number;
  #columnsSent = false;
  #allowance = maxBacklog;

  constructor(request: WatchRequest) {
    this.#request = request;
    const seconds = parseCount(request.query, 'timeoutSeconds');
    this.#lifeMs = seconds > 0 ? seconds * 1000 : shortestMs * (1 + request.random());
    this.#include = parseIncludeObject(request.query.get('includeObject'));
    this.#bookmarks = isTruthy(request.query.get('allowWatchBookmarks'));
  }

  open(): void {
    const { res } = this.#request;
    res.writeHead(200, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' });
    // The client has to know that it is being served before the first event comes.
    res.flushHeaders();
  }

  /** The state the watch begins with. It is written at once, however slow the client: its size is not held against it. */
  state(objects: readonly Unstructured[]): void {
    this.#allowance = Infinity;
    for (const object of objects) if (this.#request.selection.matches(object)) this.#send('ADDED', object);
    this.#allowance = this.#request.res.writableLength + maxBacklog;
  }

  /** A change, seen through the selection: what starts to match is added, what stops is deleted. */
  event({ type, object, previous }: LoggedEvent): void {
    const { matches } = this.#request.selection;
    const before = previous !== undefined && matches(previous);
    const after = type !== 'DELETED' && matches(object);
    if (before && after) this.#send('MODIFIED', object);
    else if (after) this.#send('ADDED', object);
    else if (before) this.#send('DELETED', object);
  }

  bookmark(endOfInitialEvents = false): void {
    if (!this.#bookmarks) return;
    const { resource, log, representation } = this.#request;
    const object: Unstructured = {
      kind: resource.kind,
      apiVersion: `${resource.group}/${resource.version}`,
      metadata: {
        resourceVersion: log.version.toString(),
        ...(endOfInitialEvents && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
      },
    };
    if (representation.as === 'table') this.#send('BOOKMARK', object);
    else this.#write({ type: 'BOOKMARK', object: this.#shown(object) });
  }

  follow(): void {
    const { log, res, clock, signal } = this.#request;
    const end = (): void => {
      for (const cleanup of this.#cleanups.splice(0)) cleanup();
      res.end();
    };
    if (signal.aborted) return end();
    this.#cleanups.push(
      log.subscribe((event) => this.event(event)),
      clock.after(this.#lifeMs, () => {
        this.bookmark();
        end();
      }),
      this.#everyMinute(),
    );
    res.once('close', end);
    signal.addEventListener('abort', end, { once: true });
    this.#cleanups.push(() => signal.removeEventListener('abort', end));
  }

  #everyMinute(): () => void {
    let cancel: (() => void) | undefined;
    const again = (): void => {
      cancel = this.#request.clock.after(bookmarkMs, () => {
        this.bookmark();
        again();
      });
    };
    again();
    return () => cancel?.();
  }

  #send(type: WatchEventType | 'BOOKMARK', object: Unstructured): void {
    const { resource, representation, clock } = this.#request;
    if (representation.as === 'table') {
      const { version } = representation;
      const withColumns = !this.#columnsSent;
      this.#columnsSent = true;
      const { resourceVersion } = object.metadata;
      const options = { version, include: this.#include, now: clock.now(), withColumns, metadata: { resourceVersion } };
      this.#write({ type, object: tableOf(resource, [object], options) });
    } else this.#write({ type, object: this.#shown(object) });
  }

  #shown(object: Unstructured): object {
    const { representation } = this.#request;
    return representation.as === 'object' ? object : partialObject(object, representation.version);
  }

  #write(event: object): void {
    const { res } = this.#request;
    if (res.writableEnded || res.destroyed) return;
    res.write(`${JSON.stringify(event)}\n`);
    // A client that does not read is let go: it resumes from the version it saw last.
    if (res.writableLength > this.#allowance) res.destroy();
  }
}
