// Provider: where events are sent, and how to log in there.
import { AGE_COLUMN, deprecated, NO_SUBSTITUTION, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { duration, localReference, reconciledStatus, STATUS_DEFAULT, timeout } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, object, oneOf, required, string } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { NOTIFICATION_CATEGORIES, NOTIFICATION_GROUP } from './shared.ts';

const firstTypes = [
  'slack',
  'discord',
  'msteams',
  'rocket',
  'generic',
  'generic-hmac',
  'github',
  'gitlab',
  'gitea',
  'bitbucketserver',
  'bitbucket',
  'azuredevops',
  'googlechat',
  'googlepubsub',
  'webex',
  'sentry',
  'azureeventhub',
  'telegram',
  'lark',
  'matrix',
  'opsgenie',
  'alertmanager',
  'grafana',
  'githubdispatch',
  'pagerduty',
  'datadog',
] as const;

const typesFrom27 = ['nats', 'zulip', 'otel'] as const;

const typesFrom29 = ['giteapullrequestcomment', 'githubpullrequestcomment', 'gitlabmergerequestcomment'] as const;

const fields = {
  address: string('Where to send events; what it means depends on the type.', { maxLength: 2048 }),
  certSecretRef: localReference('Secret with a client certificate (tls.crt, tls.key) or the CA to trust (ca.crt).'),
  channel: string('Channel, topic or the like to send events to.', { maxLength: 2048 }),
  interval: duration('Has no effect.'),
  proxy: string('Address of a proxy. Use proxySecretRef.', {
    maxLength: 2048,
    pattern: '^(http|https)://.*$',
    hint: 'write an http:// or https:// address',
  }),
  secretRef: localReference('Secret with what is needed to log in, and with the address where that is secret.'),
  suspend: boolean('Send nothing until set back.'),
  timeout: timeout('Bound for sending an event; 15 seconds by default.'),
  username: string('Name under which events are posted.', { maxLength: 2048 }),
};

const spec = object(
  'Where to send events and how.',
  {
    ...fields,
    commitStatusExpr: string('CEL over `event`, `alert` and `provider` that makes the name of a commit status.'),
    proxySecretRef: localReference('Secret with the address of a proxy and, if needed, its credentials.'),
    serviceAccountName: string('ServiceAccount whose cloud identity is used to log in.'),
    type: required(oneOf('What kind of service it is.', [...firstTypes, ...typesFrom27, ...typesFrom29])),
  },
  {
    rules: [
      {
        rule: "self.type == 'github' || self.type == 'gitlab' || self.type == 'gitea' || self.type == 'bitbucketserver' || self.type == 'bitbucket' || self.type == 'azuredevops' || !has(self.commitStatusExpr)",
        message:
          "spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types",
        hint: 'remove commitStatusExpr, or set type to one of these',
      },
    ],
  },
);

const specV1beta2 = object('Where to send events and how.', {
  ...fields,
  type: required(oneOf('What kind of service it is.', firstTypes)),
});

const statusV1beta2 = object('State of the provider.', reconciledStatus, { default: STATUS_DEFAULT });

export type ProviderSpec = Infer<typeof spec>;
export type Provider = KubeObject<ProviderSpec, never>;
export const provider: KindDefinition = {
  group: NOTIFICATION_GROUP,
  kind: 'Provider',
  plural: 'providers',
  categories: NOTIFICATION_CATEGORIES,
  annotations: NO_SUBSTITUTION,
  description: 'A service that events are sent to.',
  versions: [
    {
      name: 'v1beta2',
      ...deprecated('Provider', 'v1beta2', 'v1beta3'),
      columns: [AGE_COLUMN, READY_COLUMN, STATUS_COLUMN],
      spec: specV1beta2,
      status: statusV1beta2,
    },
    { name: 'v1beta3', storage: true, columns: [AGE_COLUMN], spec },
  ],
};
