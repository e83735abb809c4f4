// ImagePolicy: picks one tag among those an ImageRepository found.
import { AGE_COLUMN, column, deprecated, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { duration, reconciledStatus, STATUS_DEFAULT } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, described, object, oneOf, required, string } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { IMAGE_GROUP, imageReference } from './shared.ts';

const order = oneOf('Whether the last (asc) or the first (desc) in ascending order is picked.', ['asc', 'desc'], {
  default: 'asc',
});

const spec = object(
  'Which tag to pick.',
  {
    digestReflectionPolicy: oneOf(
      'Whether to look up the digest of the tag: always, once for each tag, or never.',
      ['Always', 'IfNotPresent', 'Never'],
      { default: 'Never' },
    ),
    filterTags: object('Which tags to look at, and which part of them.', {
      extract: string('What to compare, with $1 or $name for groups of pattern; the whole tag by default.'),
      pattern: string('Regular expression (RE2) that tags must match.'),
    }),
    imageRepositoryRef: required(
      object('The ImageRepository whose tags to pick from.', {
        name: required(string('Name of the ImageRepository.')),
        namespace: string('Its namespace; the own by default.'),
      }),
    ),
    interval: duration('How often to look up the digest; with digestReflectionPolicy Always only.'),
    policy: required(
      object('How tags are ordered; exactly one.', {
        alphabetical: object('By characters.', { order }),
        numerical: object('As numbers.', { order }),
        semver: object('As versions.', { range: required(string('Version range that the tag must be in.')) }),
      }),
    ),
    suspend: boolean('Stop picking until set back.'),
  },
  {
    rules: [
      {
        rule: "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
        message: "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
        hint: 'remove interval, or set digestReflectionPolicy to Always',
      },
      {
        rule: "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
        message: "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
        hint: 'set interval to a Go duration such as 10m',
      },
    ],
  },
);

const status = object(
  'Which tag was last picked.',
  {
    ...reconciledStatus,
    latestRef: described('The image at the picked tag.', imageReference),
    observedPreviousRef: described('The image that was picked before.', imageReference),
  },
  { default: STATUS_DEFAULT },
);

export type ImagePolicySpec = Infer<typeof spec>;
export type ImagePolicyStatus = Infer<typeof status>;
export type ImagePolicy = KubeObject<ImagePolicySpec, ImagePolicyStatus>;

const columns = [
  column('Image', '.status.latestRef.name'),
  column('Tag', '.status.latestRef.tag'),
  READY_COLUMN,
  STATUS_COLUMN,
  AGE_COLUMN,
];

export const imagePolicy: KindDefinition = {
  group: IMAGE_GROUP,
  kind: 'ImagePolicy',
  plural: 'imagepolicies',
  shortNames: ['imgpol', 'imagepol'],
  description: 'A rule that picks one tag of an image.',
  versions: [
    { name: 'v1', storage: true, columns, spec, status },
    { name: 'v1beta2', ...deprecated('ImagePolicy', 'v1beta2', 'v1'), columns, spec, status },
  ],
};
