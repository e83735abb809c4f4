// All tables of bad manifests. A rule that judges more than the schema adds its rows to a table of its own.
import { deliveryManifests } from './delivery.table.ts';
import { imageManifests } from './image.table.ts';
import { notificationManifests } from './notification.table.ts';
import type { BadManifest } from './row.ts';
import { sourceManifests } from './source.table.ts';

export const badManifests: readonly BadManifest[] = [
  ...sourceManifests,
  ...deliveryManifests,
  ...notificationManifests,
  ...imageManifests,
];
