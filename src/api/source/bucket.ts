// Bucket: the files of an S3-compatible, Google or Azure bucket.
import { AGE_COLUMN, column, deprecated, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { accessFrom, duration, localReference, reconciledStatus, STATUS_DEFAULT, timeout } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, object, oneOf, required, string, without } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { artifact, SOURCE_CATEGORIES, SOURCE_GROUP } from './shared.ts';

const sts = object('Service that trades an identity for short-lived credentials.', {
  certSecretRef: localReference('Secret with a client certificate (tls.crt, tls.key) or the CA to trust (ca.crt).'),
  endpoint: required(
    string('Address of the service.', {
      pattern: '^(http|https)://.*$',
      hint: 'write an http:// or https:// address',
    }),
  ),
  provider: required(oneOf('What kind of service it is.', ['aws', 'ldap'])),
  secretRef: localReference('Secret with the user and password to log in with.'),
});

const fields = {
  bucketName: required(string('Name of the bucket.')),
  certSecretRef: localReference('Secret with a client certificate (tls.crt, tls.key) or the CA to trust (ca.crt).'),
  endpoint: required(string('Host of the object store, without a scheme.')),
  ignore: string('Files to leave out, in the syntax of .gitignore.'),
  insecure: boolean('Allow plain HTTP.'),
  interval: required(duration('How often to look for changed files.')),
  prefix: string('Only files whose key begins with this.'),
  provider: oneOf('Which object store it is, and how to log in.', ['generic', 'aws', 'gcp', 'azure'], {
    default: 'generic',
  }),
  proxySecretRef: localReference('Secret with the address of a proxy and, if needed, its credentials.'),
  region: string('Region of the bucket.'),
  secretRef: localReference("Secret with the access key or the provider's own credentials."),
  serviceAccountName: string('ServiceAccount whose cloud identity is used to log in.'),
  sts,
  suspend: boolean('Stop fetching until set back.'),
  timeout: timeout('Bound for one fetch.', { default: '60s' }),
};

const stsRules = [
  {
    rule: "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
    message: "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
    hint: 'remove sts, or set provider to aws or generic',
  },
  {
    rule: "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
    message: "'aws' is the only supported STS provider for the 'aws' Bucket provider",
    hint: 'set sts.provider to aws',
  },
  {
    rule: "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
    message: "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
    hint: 'set sts.provider to ldap, or provider to aws',
  },
  {
    rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
    message: "spec.sts.secretRef is not required for the 'aws' STS provider",
    hint: 'remove sts.secretRef',
  },
  {
    rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
    message: "spec.sts.certSecretRef is not required for the 'aws' STS provider",
    hint: 'remove sts.certSecretRef',
  },
];

const spec = object('What to fetch and how.', fields, {
  rules: [
    ...stsRules,
    {
      rule: "self.provider != 'generic' || !has(self.serviceAccountName)",
      message: "ServiceAccountName is not supported for the 'generic' Bucket provider",
      hint: 'remove serviceAccountName, or set provider to aws, gcp or azure',
    },
    {
      rule: '!has(self.secretRef) || !has(self.serviceAccountName)',
      message: 'cannot set both .spec.secretRef and .spec.serviceAccountName',
      hint: 'remove one of secretRef and serviceAccountName',
    },
  ],
});

const specV1beta2 = object(
  'What to fetch and how.',
  { ...without(fields, 'serviceAccountName'), accessFrom },
  { rules: stsRules },
);

const status = object(
  'What was last fetched.',
  {
    ...reconciledStatus,
    artifact,
    observedIgnore: string('spec.ignore the artifact was made with.'),
    url: string('Where the latest artifact can be downloaded.'),
  },
  { default: STATUS_DEFAULT },
);

export type BucketSpec = Infer<typeof spec>;
export type BucketStatus = Infer<typeof status>;
export type Bucket = KubeObject<BucketSpec, BucketStatus>;

const columns = [column('Endpoint', '.spec.endpoint'), AGE_COLUMN, READY_COLUMN, STATUS_COLUMN];

export const bucket: KindDefinition = {
  group: SOURCE_GROUP,
  kind: 'Bucket',
  plural: 'buckets',
  categories: SOURCE_CATEGORIES,
  description: 'The files of a bucket in an object store, fetched at an interval and offered as an artifact.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    { name: 'v1beta2', ...deprecated('Bucket', 'v1beta2', 'v1'), columns, spec: specV1beta2, status },
  ],
};
