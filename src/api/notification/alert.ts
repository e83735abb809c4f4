// Alert: which events are passed on to which provider.
import { AGE_COLUMN, deprecated, NO_SUBSTITUTION, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { localReference, reconciledStatus, STATUS_DEFAULT } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, list, object, oneOf, required, string, stringMap } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { NOTIFICATION_CATEGORIES, NOTIFICATION_GROUP, objectReferenceFields, oldObjectReference } from './shared.ts';

const fields = {
  eventMetadata: stringMap('Added to the metadata of every event passed on.'),
  eventSeverity: oneOf('Pass on all events, or errors only.', ['info', 'error'], { default: 'info' }),
  exclusionList: list('Events whose message matches one of these are dropped.', string('A regular expression (RE2).')),
  inclusionList: list('Only events whose message matches one of these pass.', string('A regular expression (RE2).')),
  providerRef: required(localReference('The Provider to pass events to.')),
  summary: string('A few words added to each event. Use eventMetadata.summary.', { maxLength: 255 }),
  suspend: boolean('Pass nothing on until set back.'),
};

const spec = object('Which events to pass on, and to whom.', {
  ...fields,
  eventSources: required(list('Whose events to pass on.', object('One object or several.', objectReferenceFields))),
});

const specV1beta2 = object('Which events to pass on, and to whom.', {
  ...fields,
  eventSources: required(list('Whose events to pass on.', oldObjectReference)),
});

const statusV1beta2 = object('State of the alert.', reconciledStatus, { default: STATUS_DEFAULT });

export type AlertSpec = Infer<typeof spec>;
export type Alert = KubeObject<AlertSpec, never>;

export const alert: KindDefinition = {
  group: NOTIFICATION_GROUP,
  kind: 'Alert',
  plural: 'alerts',
  categories: NOTIFICATION_CATEGORIES,
  annotations: NO_SUBSTITUTION,
  description: 'A choice of events and the provider they are passed on to.',
  versions: [
    {
      name: 'v1beta2',
      ...deprecated('Alert', 'v1beta2', 'v1beta3'),
      columns: [AGE_COLUMN, READY_COLUMN, STATUS_COLUMN],
      spec: specV1beta2,
      status: statusV1beta2,
    },
    { name: 'v1beta3', storage: true, columns: [AGE_COLUMN], spec },
  ],
};
