// `lookup` across threads: templates are synchronous, the cluster is not. The worker posts its question and sleeps until
// the answer is there; the main thread answers at leisure.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { GoError } from '#gotemplate/errors';
import { errorMessage } from '#lib/errors';
import type { Lookup } from './engine/host.ts';
import type { LookupQuery } from './functions/hooks.ts';
import { deepCopy, isTable, setKey, type ValuesMap } from './values/values-map.ts';

/** The worker's end of a bridge; `port` must be transferred. */
export interface LookupChannel {
  readonly port: MessagePort;
  /** One Int32: 1 when an answer lies at the port. */
  readonly signal: SharedArrayBuffer;
}

type Answer = { readonly ok: true; readonly object: unknown } | { readonly ok: false; readonly message: string };

/** How long the worker waits for one answer, ms. */
const answerTimeout = 60_000;

/** The lookups of a render in a worker. */
export function lookupOver({ port, signal }: LookupChannel): Lookup {
  const flag = new Int32Array(signal);
  return (query) => {
    Atomics.store(flag, 0, 0);
    port.postMessage(query);
    if (Atomics.wait(flag, 0, 0, answerTimeout) === 'timed-out') {
      throw new GoError(`lookup of ${query.kind} timed out after ${answerTimeout} ms`);
    }
    const received = receiveMessageOnPort(port);
    if (received === undefined) throw new GoError(`lookup of ${query.kind}: no answer`);
    const { message } = received as { readonly message: Answer };
    if (!message.ok) throw new GoError(message.message);
    return toTemplateObject(message.object);
  };
}

/** Finds an object (or a list, when the name is empty); undefined when there is none. */
export type AsyncLookup = (query: LookupQuery) => Promise<unknown>;

/** Answers the questions that come over a port, until it is closed. */
export function serveLookups(port: MessagePort, signal: SharedArrayBuffer, lookup: AsyncLookup): void {
  const flag = new Int32Array(signal);
  const answer = (message: Answer): void => {
    port.postMessage(message);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  port.on('message', (query: LookupQuery) => {
    lookup(query).then(
      (object) => answer({ ok: true, object: object ?? {} }),
      (error: unknown) => answer({ ok: false, message: errorMessage(error) }),
    );
  });
}

/** An object of the cluster as templates see it: whole numbers are int64 there, not float64. */
export function toTemplateObject(object: unknown): ValuesMap {
  const made = withIntegers(object);
  return isTable(made) ? made : {};
}

function withIntegers(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(withIntegers);
  if (!isTable(value)) return deepCopy(value);
  const out: ValuesMap = {};
  for (const key of Object.keys(value)) setKey(out, key, withIntegers(value[key]));
  return out;
}
