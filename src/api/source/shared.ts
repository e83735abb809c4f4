// Declarations that several sources share: the artifact, signatures, where credentials come from.
import { timestamp } from '../meta.ts';
import { integer, list, object, oneOf, required, string, stringMap } from '../schema.ts';
import type { Infer } from '../schema.ts';

export const SOURCE_GROUP = 'source.toolkit.fluxcd.io';
export const SOURCE_CATEGORIES = ['all', 'fluxcd', 'fluxcd-sources'];

export const artifact = object('What was fetched last and where to download it.', {
  digest: required(
    string('Digest of the file, as <algorithm>:<hex>.', {
      pattern: '^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$',
      hint: 'write <algorithm>:<checksum>, such as sha256:9f86d0…',
    }),
  ),
  lastUpdateTime: required(timestamp('When the file was stored.')),
  metadata: stringMap('Annotations of the upstream, such as those of an OCI manifest.'),
  path: required(string('Path of the file below the root of the storage.')),
  revision: required(string('Which state of the upstream this is, readable by people.')),
  size: integer('Bytes in the file.', { format: 'int64' }),
  url: required(string('Where to download the file.')),
});

export type Artifact = Infer<typeof artifact>;

export const oidcIdentities = list(
  'Who may have signed without a key; any match will do.',
  object('A signer.', {
    issuer: required(string('Issuer of the certificate, a regular expression (RE2).')),
    subject: required(string('Subject of the certificate, a regular expression (RE2).')),
  }),
);

/** Which tool made the signature. */
export const verifier = required(
  oneOf('Tool the artifact was signed with.', ['cosign', 'notation'], { default: 'cosign' }),
);

/** Where credentials for a registry come from. */
export const cloudProvider = oneOf(
  'How to log in: with the Secret given, or as a cloud identity.',
  ['generic', 'aws', 'azure', 'gcp'],
  { default: 'generic' },
);

export const reconcileStrategy = oneOf(
  'Whether a new chart is a new chart version, or any new revision of its source.',
  ['ChartVersion', 'Revision'],
  { default: 'ChartVersion' },
);

export const chartSourceKinds = ['HelmRepository', 'GitRepository', 'Bucket'] as const;
