// Artifact of artifacts.sluice.dev: our aggregated, read-only kind; one for each source object that has fetched something.
import type { PrinterColumn } from '../kind.ts';
import { timestamp } from '../meta.ts';
import { integer, object, required, string, stringMap } from '../schema.ts';

export const ARTIFACTS_GROUP = 'artifacts.sluice.dev';
export const ARTIFACTS_VERSION = 'v1alpha1';

export const artifactSpec = object('Which source it belongs to.', {
  source: required(
    object('The source object, in the namespace of the artifact.', {
      apiVersion: required(string('API version of the source.')),
      kind: required(string('Kind of the source.')),
      name: required(string('Name of the source.')),
      uid: string('UID of the source.'),
    }),
  ),
});

export const artifactStatus = object('What is stored.', {
  digest: required(string('Digest of the file, as <algorithm>:<hex>.')),
  files: integer('How many files it holds; absent until they were counted.', { format: 'int64' }),
  lastUpdateTime: required(timestamp('When the file was stored.')),
  metadata: stringMap('Annotations of the upstream, such as those of an OCI manifest.'),
  path: required(string('Path of the file below the root of the storage.')),
  revision: required(string('Which state of the upstream this is.')),
  size: integer('Bytes in the file.', { format: 'int64' }),
  url: required(string('Where to download the file.')),
});

/** How `kubectl get artifacts` shows them; a priority above 0 is for `-o wide`. */
export const artifactColumns: readonly PrinterColumn[] = [
  { name: 'Name', type: 'string', jsonPath: '.metadata.name' },
  { name: 'Kind', type: 'string', jsonPath: '.spec.source.kind' },
  { name: 'Source', type: 'string', jsonPath: '.spec.source.name' },
  { name: 'Revision', type: 'string', jsonPath: '.status.revision' },
  { name: 'Size', type: 'integer', jsonPath: '.status.size' },
  { name: 'Age', type: 'date', jsonPath: '.status.lastUpdateTime' },
  { name: 'Files', type: 'integer', jsonPath: '.status.files', priority: 1 },
  { name: 'Digest', type: 'string', jsonPath: '.status.digest', priority: 1 },
  { name: 'URL', type: 'string', jsonPath: '.status.url', priority: 1 },
];

export const artifactResource = {
  group: ARTIFACTS_GROUP,
  version: ARTIFACTS_VERSION,
  kind: 'Artifact',
  plural: 'artifacts',
  singular: 'artifact',
  shortNames: ['art'],
  categories: ['fluxcd'],
  description: 'What a source has fetched, as it is stored and served.',
} as const;
