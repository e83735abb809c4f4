// OCIRepository: one layer of an OCI artifact in a container registry.
import { AGE_COLUMN, column, deprecated, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { duration, localReference, reconciledStatus, STATUS_DEFAULT, timeout } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, described, object, oneOf, required, string, without } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { artifact, cloudProvider, oidcIdentities, SOURCE_CATEGORIES, SOURCE_GROUP, verifier } from './shared.ts';

const layerSelector = object('Which layer to take; the first by default.', {
  mediaType: string('Media type of the layer; the first such layer counts.'),
  operation: oneOf('Whether to unpack the layer or keep it as it is; `extract` when absent.', ['extract', 'copy']),
});

const ociReference = object('Which artifact; the first given of digest, semver, tag counts, else the tag `latest`.', {
  digest: string('Digest of the manifest, as sha256:<hex>.'),
  semver: string('Version range over the tags; the greatest match counts.'),
  semverFilter: string('Only tags that match this regular expression (RE2) are held against semver.'),
  tag: string('Tag.'),
});

const signature = {
  matchOIDCIdentity: oidcIdentities,
  provider: verifier,
  secretRef: localReference('Secret with the trusted public keys; without it, signatures must be keyless.'),
  trustedRootSecretRef: localReference('Secret with `trusted_root.json`, for a Sigstore instance of your own.'),
};

const fields = {
  certSecretRef: localReference('Secret with a client certificate (tls.crt, tls.key) or the CA to trust (ca.crt).'),
  ignore: string('Files to leave out, in the syntax of .gitignore; replaces the built-in list.'),
  insecure: boolean('Allow plain HTTP.'),
  interval: required(duration('How often to look for a new artifact.')),
  layerSelector,
  provider: cloudProvider,
  proxySecretRef: localReference('Secret with the address of a proxy and, if needed, its credentials.'),
  ref: ociReference,
  secretRef: localReference('Secret of type kubernetes.io/dockerconfigjson to log in with.'),
  serviceAccountName: string('ServiceAccount whose pull secrets and cloud identity are used to log in.'),
  suspend: boolean('Stop fetching until set back.'),
  timeout: timeout('Bound for the requests of one fetch.', { default: '60s' }),
  url: required(
    string('Address of the repository, without a tag.', {
      pattern: '^oci://.*$',
      hint: 'write oci://registry/repository and put the tag in spec.ref',
    }),
  ),
};

const verify = 'Which signatures to demand.';
const spec = object('What to fetch and how.', { ...fields, verify: object(verify, signature) });

const statusFields = {
  ...reconciledStatus,
  artifact,
  observedIgnore: string('spec.ignore the artifact was made with.'),
  observedLayerSelector: described('spec.layerSelector the artifact was made with.', layerSelector),
  url: string('Where the latest artifact can be downloaded.'),
};

const status = object('What was last fetched.', statusFields, { default: STATUS_DEFAULT });

const specV1beta2 = object('What to fetch and how.', {
  ...fields,
  verify: object(verify, without(signature, 'trustedRootSecretRef')),
});

const statusV1beta2 = object(
  'What was last fetched.',
  {
    ...statusFields,
    contentConfigChecksum: string('Checksum of the settings that shape the artifact; unused.'),
  },
  { default: STATUS_DEFAULT },
);

export type OCIRepositorySpec = Infer<typeof spec>;
export type OCIRepositoryStatus = Infer<typeof status>;
export type OCIRepository = KubeObject<OCIRepositorySpec, OCIRepositoryStatus>;

const columns = [column('URL', '.spec.url'), READY_COLUMN, STATUS_COLUMN, AGE_COLUMN];

export const ociRepository: KindDefinition = {
  group: SOURCE_GROUP,
  kind: 'OCIRepository',
  plural: 'ocirepositories',
  shortNames: ['ocirepo'],
  categories: SOURCE_CATEGORIES,
  description: 'An OCI artifact in a container registry, fetched at an interval and offered as an artifact.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    {
      name: 'v1beta2',
      ...deprecated('OCIRepository', 'v1beta2', 'v1'),
      columns,
      spec: specV1beta2,
      status: statusV1beta2,
    },
  ],
};
