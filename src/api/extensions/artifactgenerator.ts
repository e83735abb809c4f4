// ArtifactGenerator: composes and splits the artifacts of sources into ExternalArtifacts.
import { AGE_COLUMN, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { commonMetadata, conditions } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { list, object, oneOf, required, string } from '../schema.ts';
import type { Infer } from '../schema.ts';

const sourcePath = {
  maxLength: 1024,
  pattern: '^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$',
  hint: 'write @ and the alias of a source, a slash and a path, such as @app/deploy/**',
};
const sourceAlias = {
  maxLength: 64,
  pattern: '^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$',
  hint: 'write @ and the alias of a source, such as @app',
};

const copyOperation = object('Files to copy.', {
  exclude: list('Patterns of files to leave out; `**` stands for any directories.', string('A pattern.'), {
    maxItems: 100,
  }),
  from: required(string('Path or pattern in a source, as @alias/path.', { ...sourcePath, minLength: 1 })),
  strategy: oneOf(
    'What to do with a file that is there: overwrite it, merge YAML, or unpack archives; `Overwrite` when absent.',
    ['Overwrite', 'Merge', 'Extract'],
  ),
  to: required(
    string('Path in the new artifact, as @artifact/path.', {
      minLength: 1,
      maxLength: 1024,
      pattern: '^@(artifact)/(.*)$',
      hint: 'write @artifact/ and a path',
    }),
  ),
});

const spec = object(
  'Which sources to take files from, and which artifacts to make of them.',
  {
    artifacts: required(
      list(
        'The artifacts to make.',
        object('An artifact, offered as an ExternalArtifact.', {
          copy: required(list('What to copy, in order.', copyOperation, { minItems: 1 })),
          name: required(string('Name of the ExternalArtifact.', { minLength: 1, maxLength: 253 })),
          originRevision: string('Source whose origin revision is noted on the artifact, as @alias.', sourceAlias),
          revision: string(
            'Source whose revision the artifact takes, as @alias; by default made from its content.',
            sourceAlias,
          ),
        }),
        { minItems: 1, maxItems: 1000 },
      ),
    ),
    commonMetadata,
    pathPattern: string('Makes the artifacts once for each directory that matches, as @alias/pattern.', sourcePath),
    sources: required(
      list(
        'The sources to take files from.',
        object('A source.', {
          alias: required(
            string('Name of the source within this object.', {
              maxLength: 63,
              pattern: '^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$',
              hint: 'write lower-case letters, digits, - and _',
            }),
          ),
          kind: required(
            oneOf('Kind of the source.', ['Bucket', 'GitRepository', 'OCIRepository', 'HelmChart', 'ExternalArtifact']),
          ),
          name: required(
            string('Name of the source.', {
              maxLength: 253,
              pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
              hint: 'write lower-case letters, digits and -',
            }),
          ),
          namespace: string('Namespace of the source; the own by default.', {
            minLength: 1,
            maxLength: 63,
            pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
            hint: 'write lower-case letters, digits and -',
          }),
        }),
        { minItems: 1, maxItems: 1000 },
      ),
    ),
  },
  {
    rules: [
      {
        rule: String.raw`has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, a.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))`,
        message: 'artifact names must be valid Kubernetes object names when pathPattern is not set',
        hint: 'name each artifact with lower-case letters, digits, . and -',
      },
    ],
  },
);

const status = object('What was last made.', {
  conditions,
  inventory: list(
    'The ExternalArtifacts that were made.',
    object('An ExternalArtifact.', {
      digest: required(string('Digest of its file.')),
      filename: required(string('Name of its file.')),
      name: required(string('Name of the object.')),
      namespace: required(string('Namespace of the object.')),
    }),
  ),
  lastHandledReconcileAt: string('Token of the last reconcile request that was acted upon.'),
  observedSourcesDigest: string('Digest of the revisions of all sources that were used.'),
});

export type ArtifactGeneratorSpec = Infer<typeof spec>;
export type ArtifactGeneratorStatus = Infer<typeof status>;
export type ArtifactGenerator = KubeObject<ArtifactGeneratorSpec, ArtifactGeneratorStatus>;

export const artifactGenerator: KindDefinition = {
  group: 'source.extensions.fluxcd.io',
  kind: 'ArtifactGenerator',
  plural: 'artifactgenerators',
  shortNames: ['ag'],
  categories: ['all', 'fluxcd', 'fluxcd-sources'],
  description: 'Artifacts made of the files of other artifacts.',
  versions: [{ name: 'v1beta1', storage: true, columns: [AGE_COLUMN, READY_COLUMN, STATUS_COLUMN], spec, status }],
};
