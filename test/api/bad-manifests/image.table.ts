// Bad manifests of the image kinds.
import type { BadManifest } from './row.ts';

export const imageManifests: readonly BadManifest[] = [
  {
    kind: 'ImageRepository',
    change: { image: null },
    error: 'spec.image: Required value',
    hint: 'add it: name of the image, without a scheme and without a tag',
  },
  {
    kind: 'ImageRepository',
    change: { exclusionList: Array.from({ length: 26 }, () => 'a') },
    error: 'spec.exclusionList: Too many: 26: must have at most 25 items',
    hint: 'list at most 25',
  },
  {
    kind: 'ImageRepository',
    change: { timeout: '10' },
    error: `spec.timeout: Invalid value: "10": spec.timeout in body should match '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$'`,
    hint: 'write a Go duration without hours, such as 90s or 5m',
  },
  {
    kind: 'ImageRepository',
    change: { serviceAccountName: 'x'.repeat(254) },
    error: 'spec.serviceAccountName: Too long: may not be more than 253 bytes',
    hint: 'write at most 253 characters',
  },
  {
    kind: 'ImagePolicy',
    change: { policy: null },
    error: 'spec.policy: Required value',
    hint: 'add it: how tags are ordered; exactly one',
  },
  {
    kind: 'ImagePolicy',
    change: { policy: { semver: { range: null } } },
    error: 'spec.policy.semver.range: Required value',
    hint: 'add it: version range that the tag must be in',
  },
  {
    kind: 'ImagePolicy',
    change: { policy: { semver: null, numerical: { order: 'ascending' } } },
    error: 'spec.policy.numerical.order: Unsupported value: "ascending": supported values: "asc", "desc"',
    hint: 'write asc or desc',
  },
  {
    kind: 'ImagePolicy',
    change: { digestReflectionPolicy: 'always', interval: '5m' },
    error:
      'spec.digestReflectionPolicy: Unsupported value: "always": supported values: "Always", "IfNotPresent", "Never"',
    hint: 'write Always',
  },
  {
    kind: 'ImagePolicy',
    change: { interval: '5m' },
    error: `spec: Invalid value: spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'`,
    hint: 'remove interval, or set digestReflectionPolicy to Always',
  },
  {
    kind: 'ImagePolicy',
    change: { digestReflectionPolicy: 'Always' },
    error: `spec: Invalid value: spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'`,
    hint: 'set interval to a Go duration such as 10m',
  },
  {
    kind: 'ImagePolicy',
    change: { filterTags: '^v' },
    error: 'spec.filterTags: Invalid value: "string": spec.filterTags in body must be of type object: "string"',
    hint: 'write its fields on lines below it: extract and pattern',
  },
  {
    kind: 'ImageUpdateAutomation',
    change: { sourceRef: { kind: 'OCIRepository' } },
    error: 'spec.sourceRef.kind: Unsupported value: "OCIRepository": supported values: "GitRepository"',
    hint: 'write GitRepository',
  },
  {
    kind: 'ImageUpdateAutomation',
    change: { git: { commit: null } },
    error: 'spec.git.commit: Required value',
    hint: 'add it, with author',
  },
  {
    kind: 'ImageUpdateAutomation',
    change: { git: { commit: { author: { email: null } } } },
    error: 'spec.git.commit.author.email: Required value',
    hint: 'add it: E-mail address',
  },
  {
    kind: 'ImageUpdateAutomation',
    change: { git: { checkout: {} } },
    error: 'spec.git.checkout.ref: Required value',
    hint: 'add it: what to check out; the first given of commit, name, tag, semver, branch counts',
  },
  {
    kind: 'ImageUpdateAutomation',
    change: { git: { push: { branch: 7 } } },
    error:
      'spec.git.push.branch: Invalid value: "integer": spec.git.push.branch in body must be of type string: "integer"',
    hint: 'put quotes around it: "7"',
  },
  {
    kind: 'ImageUpdateAutomation',
    change: { git: { commit: { signingKey: { secretRef: { name: 'k' }, type: 'x509' } } } },
    error: 'spec.git.commit.signingKey.type: Unsupported value: "x509": supported values: "gpg", "ssh"',
    hint: 'write gpg or ssh',
  },
  {
    kind: 'ImageUpdateAutomation',
    change: { update: { strategy: 'Regex' } },
    error: 'spec.update.strategy: Unsupported value: "Regex": supported values: "Setters"',
    hint: 'write Setters',
  },
  {
    kind: 'ImageUpdateAutomation',
    change: { policySelector: { matchExpressions: [{ key: 'a' }] } },
    error: 'spec.policySelector.matchExpressions[0].operator: Required value',
    hint: 'add it: how the label is compared: In, NotIn, Exists or DoesNotExist',
  },
];
