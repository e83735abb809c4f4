// ImageUpdateAutomation: writes the tags that policies picked into a Git repository.
import { AGE_COLUMN, column, deprecated, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { duration, localReference, reconciledStatus, STATUS_DEFAULT, timestamp } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, list, map, object, oneOf, required, string, stringMap, without } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { gitReference } from '../source/gitrepository.ts';
import { IMAGE_GROUP, imageReference } from './shared.ts';

const signingKey = {
  secretRef: required(localReference('Secret with the private key.')),
  type: oneOf('What kind of key it is; `gpg` when absent.', ['gpg', 'ssh']),
};

const commit = {
  author: required(
    object('Whose commits they are.', {
      email: required(string('E-mail address.')),
      name: string('Name.'),
    }),
  ),
  messageTemplate: string('Go template of the commit message.'),
  messageTemplateValues: stringMap('Values for the template, as .Values.'),
};

const git = {
  checkout: object('What to check out; as the GitRepository says by default.', { ref: required(gitReference) }),
  push: object('Where to push; to the branch that was checked out by default.', {
    branch: string('Branch; made when it is not there.'),
    options: stringMap('Push options for the server.'),
    refspec: string('Refspec to push as well.'),
  }),
};

const policySelector = object(
  'Which ImagePolicies of the namespace to heed; all by default.',
  {
    matchExpressions: list(
      'Conditions on labels, which must all hold.',
      object('A condition on a label.', {
        key: required(string('Name of the label.')),
        operator: required(string('How the label is compared: In, NotIn, Exists or DoesNotExist.')),
        values: list('Values, for In and NotIn.', string('A value.'), { listType: 'atomic' }),
      }),
      { listType: 'atomic' },
    ),
    matchLabels: stringMap('Labels that the policy must carry.'),
  },
  { mapType: 'atomic' },
);

const fields = {
  interval: required(duration('How often to look for something to write.')),
  policySelector,
  sourceRef: required(
    object('The repository to write to.', {
      apiVersion: string('API version of the source; has no effect.'),
      kind: required(oneOf('Kind of the source.', ['GitRepository'], { default: 'GitRepository' })),
      name: required(string('Name of the source.')),
      namespace: string('Namespace of the source; the own by default.'),
    }),
  ),
  suspend: boolean('Stop writing until set back.'),
  update: object(
    'How files are changed.',
    {
      path: string('Directory to look for files in; the root by default.'),
      strategy: oneOf('How places are found: by marks in comments.', ['Setters'], { default: 'Setters' }),
    },
    { default: { strategy: 'Setters' } },
  ),
};

const gitDescription = 'How to check out, commit and push.';

const spec = object('What to write and where.', {
  ...fields,
  git: object(gitDescription, {
    ...git,
    commit: required(object('How to commit.', { ...commit, signingKey: object('Key to sign with.', signingKey) })),
  }),
});

const specV1beta2 = object('What to write and where.', {
  ...fields,
  git: object(gitDescription, {
    ...git,
    commit: required(
      object('How to commit.', { ...commit, signingKey: object('Key to sign with.', without(signingKey, 'type')) }),
    ),
  }),
});

const status = object(
  'What was last written.',
  {
    ...reconciledStatus,
    lastAutomationRunTime: timestamp('When it last ran.'),
    lastPushCommit: string('The commit last pushed.'),
    lastPushTime: timestamp('When that was.'),
    observedPolicies: map('What each policy had picked at the last run, by name.', imageReference),
    observedSourceRevision: string('Revision of the source at the last run.'),
  },
  { default: STATUS_DEFAULT },
);

export type ImageUpdateAutomationSpec = Infer<typeof spec>;
export type ImageUpdateAutomationStatus = Infer<typeof status>;
export type ImageUpdateAutomation = KubeObject<ImageUpdateAutomationSpec, ImageUpdateAutomationStatus>;

const columns = [
  READY_COLUMN,
  STATUS_COLUMN,
  { ...column('Last run', '.status.lastAutomationRunTime'), priority: 1 },
  AGE_COLUMN,
];

export const imageUpdateAutomation: KindDefinition = {
  group: IMAGE_GROUP,
  kind: 'ImageUpdateAutomation',
  plural: 'imageupdateautomations',
  shortNames: ['iua', 'imgupd', 'imgauto'],
  categories: ['all', 'fluxcd', 'fluxcd-images'],
  description: 'Writes the tags that policies picked into a Git repository.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    { name: 'v1beta2', ...deprecated('ImageUpdateAutomation', 'v1beta2', 'v1'), columns, spec: specV1beta2, status },
  ],
};
