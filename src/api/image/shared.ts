// Declarations shared by the image kinds.
import { object, required, string } from '../schema.ts';

export const IMAGE_GROUP = 'image.toolkit.fluxcd.io';

export const imageReference = object('An image at a tag.', {
  digest: string('Digest of the manifest.'),
  name: required(string('Name of the image.')),
  tag: required(string('Tag.')),
});
