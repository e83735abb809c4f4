// Tells the world what happened to an object: a Kubernetes event, and Flux's event for whoever subscribed.
import type { KubeObject } from '#kube/object';
import { referenceTo, type ObjectReference } from '#kube/object-reference';
import type { Clock } from '#lib/clock';

/** The body Flux's event API takes (event.toolkit.fluxcd.io/v1beta1). */
export interface DeliveryEvent {
  readonly involvedObject: ObjectReference;
  readonly severity: 'info' | 'error' | 'trace';
  /** RFC 3339. */
  readonly timestamp: string;
  readonly message: string;
  readonly reason: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly reportingController: string;
  readonly reportingInstance: string;
}

/** `trace` is a Kubernetes event of type Normal that goes to no subscriber. */
export type EventSeverity = 'info' | 'error' | 'trace';

export interface EventDetails {
  readonly severity: EventSeverity;
  readonly reason: string;
  readonly message: string;
  /** Keys carry the kind's API group as prefix, e.g. `source.toolkit.fluxcd.io/revision`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Writes Kubernetes events; never blocks and never throws. */
export interface KubeEventSink {
  record(
    object: KubeObject,
    event: {
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
      readonly annotations?: Readonly<Record<string, string>>;
    },
  ): void;
}

const annotationPrefix = 'event.toolkit.fluxcd.io/';

export class EventRecorder {
  readonly #sink: KubeEventSink;
  readonly #clock: Clock;
  readonly #controller: string;
  readonly #instance: string;
  readonly #publish: (event: DeliveryEvent) => void;

  constructor(options: {
    readonly sink: KubeEventSink;
    readonly clock: Clock;
    /** Flux's name of the controller, e.g. `source-controller`. */
    readonly controller: string;
    /** Host name. */
    readonly instance: string;
    readonly publish: (event: DeliveryEvent) => void;
  }) {
    this.#sink = options.sink;
    this.#clock = options.clock;
    this.#controller = options.controller;
    this.#instance = options.instance;
    this.#publish = options.publish;
  }

  record(object: KubeObject, details: EventDetails): void {
    const { severity, reason, message } = details;
    const metadata = { ...details.metadata, ...annotationsOf(object) };
    const hasMetadata = Object.keys(metadata).length > 0;
    this.#sink.record(object, {
      type: severity === 'error' ? 'Warning' : 'Normal',
      reason,
      message,
      ...(hasMetadata && { annotations: metadata }),
    });
    if (severity === 'trace') return;
    this.#publish({
      involvedObject: referenceTo(object),
      severity,
      timestamp: new Date(this.#clock.now()).toISOString(),
      message,
      reason,
      ...(hasMetadata && { metadata }),
      reportingController: this.#controller,
      reportingInstance: this.#instance,
    });
  }
}

/** Annotations by which people add metadata to an object's events. */
function annotationsOf(object: KubeObject): Record<string, string> {
  const found = Object.entries(object.metadata.annotations ?? {}).filter(([key]) => key.startsWith(annotationPrefix));
  return Object.fromEntries(found);
}
