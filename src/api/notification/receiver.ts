// Receiver: an address that outside services call to have objects reconciled at once.
import { AGE_COLUMN, deprecated, NO_SUBSTITUTION, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { duration, localReference, reconciledStatus, STATUS_DEFAULT } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, list, object, oneOf, required, string } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { NOTIFICATION_CATEGORIES, NOTIFICATION_GROUP, objectReferenceFields, oldObjectReference } from './shared.ts';

const firstTypes = [
  'generic',
  'generic-hmac',
  'github',
  'gitlab',
  'bitbucket',
  'harbor',
  'dockerhub',
  'quay',
  'gcr',
  'nexus',
  'acr',
] as const;

const oidcProviders = list(
  'Issuers whose tokens are accepted; for the type generic-oidc.',
  object('An issuer and what its tokens must say.', {
    audience: string('Audience the tokens must name.'),
    issuerURL: required(
      string('Address of the issuer.', { pattern: '^https?://', hint: 'write an http:// or https:// address' }),
    ),
    validations: required(
      list(
        'Conditions that must all hold.',
        object('A condition.', {
          expression: required(string('CEL over `claims` and the variables.')),
          message: required(string('What to answer when it does not hold.')),
        }),
        { minItems: 1 },
      ),
    ),
    variables: list(
      'Named values for the conditions.',
      object('A named value.', {
        expression: required(string('CEL over `claims` and the variables before.')),
        name: required(string('Name of the variable.')),
      }),
    ),
  }),
  { listType: 'map', mapKeys: ['issuerURL'] },
);

const secretRef = localReference('Secret with the token that callers must know.');

const fields = {
  events: list('Kinds of events to act on, in the words of the service; all by default.', string('A kind of event.')),
  suspend: boolean('Refuse calls until set back.'),
};

const spec = object(
  'Who may call and what to reconcile.',
  {
    ...fields,
    interval: duration('How often to check the Secret.', { default: '10m' }),
    oidcProviders,
    resourceFilter: string('CEL over `req` and `res` that says whether an object is meant.'),
    resources: required(
      list(
        'What to reconcile.',
        object('One object or several.', {
          ...objectReferenceFields,
          filter: string('CEL over `req` and `res` that says whether an object of this entry is meant.'),
        }),
      ),
    ),
    secretRef,
    type: required(oneOf('Which service calls, and how it proves it.', [...firstTypes, 'generic-oidc', 'cdevents'])),
  },
  {
    rules: [
      {
        rule: "self.type != 'generic-oidc' || (has(self.oidcProviders) && size(self.oidcProviders) > 0)",
        message: 'generic-oidc receivers must define at least one oidcProvider',
        hint: 'add an entry to oidcProviders',
      },
      {
        rule: "self.type == 'generic-oidc' || !has(self.oidcProviders) || size(self.oidcProviders) == 0",
        message: 'oidcProviders can only be set when type is generic-oidc',
        hint: 'remove oidcProviders, or set type to generic-oidc',
      },
      {
        rule: "self.type != 'generic-oidc' || !has(self.secretRef)",
        message: 'secretRef cannot be set when type is generic-oidc',
        hint: 'remove secretRef',
      },
      {
        rule: "self.type == 'generic-oidc' || has(self.secretRef)",
        message: 'secretRef is required when type is not generic-oidc',
        hint: 'name the Secret that holds the token in secretRef',
      },
    ],
  },
);

const specV1beta2 = object('Who may call and what to reconcile.', {
  ...fields,
  interval: duration('How often to check the Secret.'),
  resources: required(list('What to reconcile.', oldObjectReference)),
  secretRef: required(secretRef),
  type: required(oneOf('Which service calls, and how it proves it.', firstTypes)),
});

const statusFields = { ...reconciledStatus, webhookPath: string('Path to call.') };
const status = object('Where to call.', statusFields, { default: STATUS_DEFAULT });
const statusV1beta2 = object(
  'Where to call.',
  { ...statusFields, url: string('Path to call. Use webhookPath.') },
  { default: STATUS_DEFAULT },
);

export type ReceiverSpec = Infer<typeof spec>;
export type ReceiverStatus = Infer<typeof status>;
export type Receiver = KubeObject<ReceiverSpec, ReceiverStatus>;
const columns = [AGE_COLUMN, READY_COLUMN, STATUS_COLUMN];

export const receiver: KindDefinition = {
  group: NOTIFICATION_GROUP,
  kind: 'Receiver',
  plural: 'receivers',
  categories: NOTIFICATION_CATEGORIES,
  annotations: NO_SUBSTITUTION,
  description: 'An address that outside services call to have objects reconciled at once.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    {
      name: 'v1beta2',
      ...deprecated('Receiver', 'v1beta2', 'v1'),
      columns,
      spec: specV1beta2,
      status: statusV1beta2,
    },
  ],
};
