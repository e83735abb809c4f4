// What every object shares: metadata, conditions, references, and the declarations that several kinds are made of.
import { integer, list, object, oneOf, required, string, stringMap } from './schema.ts';
import type { Infer, ObjectSchema, RequiredSchema, Schema } from './schema.ts';

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: 'Apply' | 'Update';
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
  readonly subresource?: string;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly generateName?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** Any Kubernetes object. Deeply readonly, because what a cache hands out is shared. */
export interface KubeObject<Spec = unknown, Status = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
  readonly status?: Status;
}

export interface ListMeta {
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface KubeList<T> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ListMeta;
  readonly items: readonly T[];
}

/** Asks for a reconcile outside the interval; its value is an opaque token, echoed in status.lastHandledReconcileAt. */
export const RECONCILE_REQUEST_ANNOTATION = 'reconcile.fluxcd.io/requestedAt';
/** Set with the same token as the request: a HelmRelease runs its action even when nothing changed. */
export const FORCE_REQUEST_ANNOTATION = 'reconcile.fluxcd.io/forceAt';
/** Set with the same token as the request: a HelmRelease forgets its failure counts. */
export const RESET_REQUEST_ANNOTATION = 'reconcile.fluxcd.io/resetAt';
export const FINALIZER = 'finalizers.fluxcd.io';

const DURATION_HINT = 'write a Go duration such as 5m or 1h30m';

/** A Go duration; hours allowed. */
export function duration(description: string, options: { readonly default?: string } = {}): Schema<string> {
  return string(description, {
    ...options,
    pattern: String.raw`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`,
    hint: DURATION_HINT,
  });
}

/** A Go duration for timeouts: no hours. */
export function timeout(description: string, options: { readonly default?: string } = {}): Schema<string> {
  const hint = 'write a Go duration without hours, such as 90s or 5m';
  return string(description, { ...options, pattern: String.raw`^([0-9]+(\.[0-9]+)?(ms|s|m))+$`, hint });
}

export function timestamp(description: string): Schema<string> {
  return string(description, { format: 'date-time', hint: 'write an RFC 3339 time such as 2026-01-31T12:00:00Z' });
}

/** A name in the object's own namespace. */
export function localReference(description: string): ObjectSchema<{ name: RequiredSchema<string> }> {
  return object(description, { name: required(string('Name of the object.')) });
}

export const condition = object('One aspect of the state of the object.', {
  type: required(
    string('Name of the condition, in CamelCase or with a domain prefix.', {
      maxLength: 316,
      pattern: String.raw`^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`,
    }),
  ),
  status: required(oneOf('Whether the condition holds.', ['True', 'False', 'Unknown'])),
  observedGeneration: integer('The metadata.generation the condition was computed from.', {
    format: 'int64',
    minimum: 0,
  }),
  lastTransitionTime: required(timestamp('When status last changed.')),
  reason: required(
    string('Why it last changed, one CamelCase word.', {
      maxLength: 1024,
      minLength: 1,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
  ),
  message: required(string('The same for people; may be empty.', { maxLength: 32768 })),
});

export type Condition = Infer<typeof condition>;

export const conditions = list('Conditions of the object.', condition);

/** Fields of the status of every kind that is reconciled. */
export const reconciledStatus = {
  conditions,
  observedGeneration: integer('The metadata.generation last acted upon.', { format: 'int64' }),
  lastHandledReconcileAt: string('Token of the last reconcile request that was acted upon.'),
};

/** What a fresh object of such a kind carries until its first reconcile. */
export const STATUS_DEFAULT = { observedGeneration: -1 };

export const commonMetadata = object('Labels and annotations put on every object that is made.', {
  annotations: stringMap('Annotations to add; they win over existing ones.'),
  labels: stringMap('Labels to add; they win over existing ones.'),
});

/** Which namespaces may refer to an object across namespaces. */
export const accessFrom = object('Which namespaces may refer to this object.', {
  namespaceSelectors: required(
    list(
      'Namespaces that match any of these may refer to it.',
      object('Selects namespaces by their labels; an empty one selects all.', {
        matchLabels: stringMap('Labels that the namespace must carry.'),
      }),
    ),
  ),
});

export const dependency = object('An object of the same kind that must be Ready first.', {
  name: required(string('Name of the object.')),
  namespace: string('Its namespace; that of the dependent by default.'),
  readyExpr: string('CEL over `self` and `dep` that says when the dependency is met, in place of its Ready condition.'),
});

export type Dependency = Infer<typeof dependency>;

export const kubeConfig = object(
  'How to reach the cluster to act on; the own cluster by default.',
  {
    configMapRef: localReference('ConfigMap that names a cloud provider, cluster and service account to log in with.'),
    secretRef: object('Secret with a kubeconfig.', {
      key: string('Key in the Secret; `value`, then `value.yaml` by default.'),
      name: required(string('Name of the Secret.')),
    }),
  },
  {
    rules: [
      {
        rule: 'has(self.configMapRef) || has(self.secretRef)',
        message: 'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
        hint: 'set secretRef or configMapRef, or remove kubeConfig',
      },
      {
        rule: '!has(self.configMapRef) || !has(self.secretRef)',
        message: 'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
        hint: 'remove one of secretRef and configMapRef',
      },
    ],
  },
);

export const healthCheckExpressions = list(
  'CEL that says when objects of a kind are current, in progress or failed.',
  object('Expressions for one kind.', {
    apiVersion: required(string('API version of the objects.')),
    kind: string('Kind of the objects.'),
    current: required(string('True when the object is as it should be.')),
    failed: string('True when the object has failed.'),
    inProgress: string('True while the object is getting there.'),
  }),
);

export const inventory = object('The objects that were applied.', {
  entries: required(
    list(
      'One entry for each object.',
      object('An applied object.', {
        id: required(string('Namespace, name, group and kind, joined by underscores.')),
        v: required(string('API version of the kind, without its group.')),
      }),
    ),
  ),
});
