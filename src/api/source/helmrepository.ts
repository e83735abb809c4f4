// HelmRepository: a Helm chart repository, by its index or as a prefix in an OCI registry.
import { AGE_COLUMN, column, deprecated, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { accessFrom, duration, localReference, reconciledStatus, STATUS_DEFAULT, timeout } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, object, oneOf, required, string } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { artifact, cloudProvider, SOURCE_CATEGORIES, SOURCE_GROUP } from './shared.ts';

const spec = object('Where the charts are and how to reach them.', {
  accessFrom,
  certSecretRef: localReference('Secret with a client certificate (tls.crt, tls.key) or the CA to trust (ca.crt).'),
  insecure: boolean('Allow plain HTTP; for OCI registries only.'),
  interval: duration('How often to fetch the index; one minute by default.'),
  passCredentials: boolean('Send the credentials to other hosts that the index points to as well.'),
  provider: cloudProvider,
  secretRef: localReference('Secret with the credentials: user and password, or a Docker configuration.'),
  suspend: boolean('Stop fetching until set back.'),
  timeout: timeout('Bound for fetching the index; 60 seconds by default.'),
  type: oneOf('Whether there is an index, or an OCI registry; `default` when absent.', ['default', 'oci']),
  url: required(
    string('Address of the repository.', {
      pattern: '^(http|https|oci)://.*$',
      hint: 'write an http://, https:// or oci:// address',
    }),
  ),
});

const status = object(
  'What was last fetched.',
  { ...reconciledStatus, artifact, url: string('Where the latest index can be downloaded.') },
  { default: STATUS_DEFAULT },
);

export type HelmRepositorySpec = Infer<typeof spec>;
export type HelmRepositoryStatus = Infer<typeof status>;
export type HelmRepository = KubeObject<HelmRepositorySpec, HelmRepositoryStatus>;

const columns = [column('URL', '.spec.url'), AGE_COLUMN, READY_COLUMN, STATUS_COLUMN];

export const helmRepository: KindDefinition = {
  group: SOURCE_GROUP,
  kind: 'HelmRepository',
  plural: 'helmrepositories',
  shortNames: ['helmrepo'],
  categories: SOURCE_CATEGORIES,
  description: 'A repository of Helm charts.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    { name: 'v1beta2', ...deprecated('HelmRepository', 'v1beta2', 'v1'), columns, spec, status },
  ],
};
