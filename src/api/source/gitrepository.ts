// GitRepository: a Git repository at a branch, tag, commit, reference or version range, fetched at an interval.
import { AGE_COLUMN, column, deprecated, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { accessFrom, duration, localReference, reconciledStatus, STATUS_DEFAULT, timeout } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, described, list, object, oneOf, required, string, without } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { artifact, SOURCE_CATEGORIES, SOURCE_GROUP } from './shared.ts';

export const gitReference = object('What to check out; the first given of commit, name, tag, semver, branch counts.', {
  branch: string('Branch; `master` when nothing is given.'),
  commit: string('Commit hash; with branch, only that branch is fetched.'),
  name: string('Full reference name, such as `refs/pull/420/head`.'),
  semver: string('Version range over the tags; the greatest match counts.'),
  tag: string('Tag.'),
});

const include = list(
  'Artifacts of other GitRepositories to copy into this one.',
  object('A GitRepository to copy from.', {
    fromPath: string('What to copy; the root by default.'),
    repository: required(localReference('The other GitRepository.')),
    toPath: string('Where to put it; the name of the other by default.'),
  }),
);

const signature = {
  mode: oneOf('What must carry a signature.', ['head', 'HEAD', 'Tag', 'TagAndHEAD'], { default: 'HEAD' }),
  secretRef: required(localReference('Secret with the public keys of the trusted authors.')),
};

const fields = {
  ignore: string('Files to leave out, in the syntax of .gitignore; replaces the built-in list.'),
  include,
  interval: required(duration('How often to look for new commits.')),
  provider: oneOf('How to log in; `generic` when absent.', ['generic', 'aws', 'azure', 'github']),
  proxySecretRef: localReference('Secret with the address of a proxy and, if needed, its credentials.'),
  recurseSubmodules: boolean('Also fetch submodules, with the same credentials.'),
  ref: gitReference,
  secretRef: localReference(
    'Secret with the credentials: user and password, bearer token, SSH key, GitHub App or certificates.',
  ),
  serviceAccountName: string('ServiceAccount whose cloud identity is used to log in.'),
  sparseCheckout: list('Directories to check out; all by default.', string('A directory.')),
  suspend: boolean('Stop fetching until set back.'),
  timeout: timeout('Bound for each Git operation.', { default: '60s' }),
  url: required(
    string('Address of the repository.', {
      pattern: '^(http|https|ssh)://.*$',
      hint: 'write an http://, https:// or ssh:// address; git@host:path becomes ssh://git@host/path',
    }),
  ),
  verify: object('Which signatures to demand.', signature),
};

const spec = object('What to fetch and how.', fields, {
  rules: [
    {
      rule: "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
      message: "serviceAccountName can only be set when provider is 'azure' or 'aws'",
      hint: 'set provider to azure or aws, or remove serviceAccountName',
    },
  ],
});

const statusFields = {
  ...reconciledStatus,
  artifact,
  includedArtifacts: list('Artifacts that were included.', artifact),
  observedIgnore: string('spec.ignore the artifact was made with.'),
  observedInclude: described('spec.include the artifact was made with.', include),
  observedRecurseSubmodules: boolean('spec.recurseSubmodules the artifact was made with.'),
  observedSparseCheckout: list('spec.sparseCheckout the artifact was made with.', string('A directory.')),
  sourceVerificationMode: string('spec.verify.mode the artifact was verified with.'),
};

const status = object('What was last fetched.', statusFields, { default: STATUS_DEFAULT });

const specV1beta2 = object(spec.json.description ?? '', {
  ...without(fields, 'provider', 'proxySecretRef', 'serviceAccountName', 'sparseCheckout'),
  accessFrom,
  gitImplementation: oneOf('Which Git library; has no effect.', ['go-git', 'libgit2'], { default: 'go-git' }),
  verify: object('Which signatures to demand.', {
    ...signature,
    mode: required(oneOf('What must carry a signature.', ['head'])),
  }),
});

const statusV1beta2 = object(
  'What was last fetched.',
  {
    ...without(statusFields, 'observedSparseCheckout', 'sourceVerificationMode'),
    contentConfigChecksum: string('Checksum of the settings that shape the artifact; unused.'),
    url: string('Where the latest artifact can be downloaded.'),
  },
  { default: STATUS_DEFAULT },
);

export type GitRepositorySpec = Infer<typeof spec>;
export type GitRepositoryStatus = Infer<typeof status>;
export type GitRepository = KubeObject<GitRepositorySpec, GitRepositoryStatus>;

const columns = [column('URL', '.spec.url'), AGE_COLUMN, READY_COLUMN, STATUS_COLUMN];

export const gitRepository: KindDefinition = {
  group: SOURCE_GROUP,
  kind: 'GitRepository',
  plural: 'gitrepositories',
  shortNames: ['gitrepo'],
  categories: SOURCE_CATEGORIES,
  description: 'A Git repository, fetched at an interval and offered as an artifact.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    {
      name: 'v1beta2',
      ...deprecated('GitRepository', 'v1beta2', 'v1'),
      columns,
      spec: specV1beta2,
      status: statusV1beta2,
    },
  ],
};
