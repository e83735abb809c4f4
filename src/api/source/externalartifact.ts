// ExternalArtifact: an artifact that somebody else makes and stores, such as an ArtifactGenerator.
import { AGE_COLUMN, column, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { conditions } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { object, required, string } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { artifact, SOURCE_CATEGORIES, SOURCE_GROUP } from './shared.ts';

const spec = object('Where the artifact comes from.', {
  sourceRef: object('The object it is made from.', {
    apiVersion: string('API version of the object.'),
    kind: required(string('Kind of the object.')),
    name: required(string('Name of the object.')),
    namespace: string('Namespace of the object; the own by default.'),
  }),
});

const status = object('The artifact.', { artifact, conditions });

export type ExternalArtifactSpec = Infer<typeof spec>;
export type ExternalArtifactStatus = Infer<typeof status>;
export type ExternalArtifact = KubeObject<ExternalArtifactSpec, ExternalArtifactStatus>;

export const externalArtifact: KindDefinition = {
  group: SOURCE_GROUP,
  kind: 'ExternalArtifact',
  plural: 'externalartifacts',
  shortNames: ['ea'],
  categories: SOURCE_CATEGORIES,
  description: 'An artifact that another controller makes and stores.',
  versions: [
    {
      name: 'v1',
      storage: true,
      columns: [AGE_COLUMN, READY_COLUMN, STATUS_COLUMN, column('Source', '.spec.sourceRef.name')],
      spec,
      status,
    },
  ],
};
