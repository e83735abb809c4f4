// ImageRepository: the tags of a container image, scanned at an interval.
import { AGE_COLUMN, column, deprecated, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { accessFrom, duration, localReference, reconciledStatus, STATUS_DEFAULT, timeout, timestamp } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, integer, list, object, required, string } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { cloudProvider } from '../source/shared.ts';
import { IMAGE_GROUP } from './shared.ts';

const spec = object('Which image to scan and how.', {
  accessFrom,
  certSecretRef: localReference('Secret with a client certificate (tls.crt, tls.key) or the CA to trust (ca.crt).'),
  exclusionList: list('Tags that match one of these are left out.', string('A regular expression (RE2).'), {
    maxItems: 25,
    default: [String.raw`^.*\.sig$`],
  }),
  image: required(string('Name of the image, without a scheme and without a tag.')),
  insecure: boolean('Allow plain HTTP.'),
  interval: required(duration('How often to scan.')),
  provider: cloudProvider,
  proxySecretRef: localReference('Secret with the address of a proxy and, if needed, its credentials.'),
  secretRef: localReference('Secret of type kubernetes.io/dockerconfigjson to log in with.'),
  serviceAccountName: string('ServiceAccount whose pull secrets and cloud identity are used to log in.', {
    maxLength: 253,
  }),
  suspend: boolean('Stop scanning until set back.'),
  timeout: timeout('Bound for one scan; interval by default.'),
});

const status = object(
  'What was last found.',
  {
    ...reconciledStatus,
    canonicalImageName: string('Name of the image with its registry.'),
    lastScanResult: object('The last scan.', {
      latestTags: list('A few of the tags, greatest first.', string('A tag.')),
      revision: string('Checksum of all tags.'),
      scanTime: timestamp('When it was made.'),
      tagCount: required(integer('How many tags there are.')),
    }),
    observedExclusionList: list('spec.exclusionList of the last scan.', string('A regular expression (RE2).')),
  },
  { default: STATUS_DEFAULT },
);

export type ImageRepositorySpec = Infer<typeof spec>;
export type ImageRepositoryStatus = Infer<typeof status>;
export type ImageRepository = KubeObject<ImageRepositorySpec, ImageRepositoryStatus>;

const columns = [
  column('Image', '.spec.image'),
  column('Tags', '.status.lastScanResult.tagCount'),
  READY_COLUMN,
  STATUS_COLUMN,
  { ...column('Last scan', '.status.lastScanResult.scanTime'), priority: 1 },
  AGE_COLUMN,
];

export const imageRepository: KindDefinition = {
  group: IMAGE_GROUP,
  kind: 'ImageRepository',
  plural: 'imagerepositories',
  shortNames: ['imgrepo', 'imagerepo'],
  description: 'The tags of a container image, scanned at an interval.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    { name: 'v1beta2', ...deprecated('ImageRepository', 'v1beta2', 'v1'), columns, spec, status },
  ],
};
