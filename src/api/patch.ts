// Declarations for patching built manifests, shared by Kustomization and by HelmRelease's post-renderers.
import { anything, described, list, object, oneOf, required, string } from './schema.ts';

/** Chooses objects by name, kind and selectors; each part is a pattern. */
const objectSelector = object('Which objects; all parts given must match.', {
  annotationSelector: string('Annotation selector, in the syntax of label selectors.'),
  group: string('API group, a regular expression.'),
  kind: string('Kind, a regular expression.'),
  labelSelector: string('Label selector.'),
  name: string('Name, a regular expression.'),
  namespace: string('Namespace, a regular expression.'),
  version: string('API version without its group, a regular expression.'),
});

export const pathRules = list(
  'Fields that may differ without being put back.',
  object('Fields of some objects.', {
    paths: required(list('JSON pointers to the fields.', string('A JSON pointer (RFC 6901).'))),
    target: described('The objects this holds for; all by default.', objectSelector),
  }),
);

const jsonPatchOperation = object('One operation of a JSON patch (RFC 6902).', {
  from: string('Where a value is moved or copied from.'),
  op: required(oneOf('What to do.', ['test', 'remove', 'add', 'replace', 'move', 'copy'])),
  path: required(string('JSON pointer to the place.')),
  value: anything('The value to put or to test.'),
});

export const kustomizePatches = list(
  'Patches, strategic merge or JSON 6902, applied in order.',
  object('A patch and where it applies.', {
    patch: required(string('The patch itself, YAML or JSON.')),
    target: described(
      'The objects to patch; for a strategic merge patch, by default the one it names.',
      objectSelector,
    ),
  }),
);

export const kustomizeImages = list(
  'Image names, tags and digests to replace.',
  object('A replacement.', {
    digest: string('New digest; the tag is dropped.'),
    name: required(string('Image name without a tag, as the manifests have it.')),
    newName: string('New name.'),
    newTag: string('New tag.'),
  }),
);

/** Kept for old versions only; patches took their place. */
export const legacyPatches = {
  patchesJson6902: list(
    'JSON 6902 patches. Use patches.',
    object('A JSON 6902 patch and where it applies.', {
      patch: required(list('The operations.', jsonPatchOperation)),
      target: required(described('The objects to patch.', objectSelector)),
    }),
  ),
  patchesStrategicMerge: list('Strategic merge patches. Use patches.', anything('A partial object.')),
};
