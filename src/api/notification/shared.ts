// Declarations shared by the notification kinds.
import { object, oneOf, required, string, stringMap } from '../schema.ts';

export const NOTIFICATION_GROUP = 'notification.toolkit.fluxcd.io';
export const NOTIFICATION_CATEGORIES = ['all', 'fluxcd', 'fluxcd-notifications'];

const firstKinds = [
  'Bucket',
  'GitRepository',
  'Kustomization',
  'HelmRelease',
  'HelmChart',
  'HelmRepository',
  'ImageRepository',
  'ImagePolicy',
  'ImageUpdateAutomation',
  'OCIRepository',
] as const;

const allKinds = [...firstKinds, 'ArtifactGenerator', 'ExternalArtifact'] as const;

const others = {
  apiVersion: string('API version of the objects; has no effect on which are meant.'),
  matchLabels: stringMap('Labels that the objects must carry; a Receiver heeds them with the name * only.'),
  name: required(string('Name of the object; * for all of the namespace.', { minLength: 1, maxLength: 253 })),
  namespace: string('Namespace of the objects; the own by default.', { minLength: 1, maxLength: 253 }),
};

/** Objects that events come from or that a hook wakes. */
export const objectReferenceFields = { ...others, kind: required(oneOf('Kind of the objects.', allKinds)) };

/** The same in the old versions, which know fewer kinds. */
export const oldObjectReference = object('One object or several.', {
  ...others,
  kind: required(oneOf('Kind of the objects.', firstKinds)),
});
