// Bad manifests that no schema refuses: what is wrong shows only when the values are read.
import type { BadManifest } from './row.ts';

const re2 = 'write an RE2 expression: no look-around, no back-references';
const range = 'write a range such as ">=1.2.0 <2.0.0", "1.2.x" or "~1.2"';
const inside = 'write a path below the root, such as ./deploy';
const leaves = 'must not lead out of the source';
const expr = (current: string): BadManifest['change'] => ({
  healthCheckExprs: [{ apiVersion: 'v1', kind: 'X', current }],
});

export const semanticManifests: readonly BadManifest[] = [
  {
    kind: 'GitRepository',
    change: { interval: '99999999999h' },
    error: 'spec.interval: Invalid value: "99999999999h": time: invalid duration "99999999999h"',
    hint: 'write a Go duration such as 5m or 1h30m',
  },
  {
    kind: 'GitRepository',
    change: { url: 'https://exa mple.com/app' },
    error: 'spec.url: Invalid value: "https://exa mple.com/app": is not a URL',
    hint: 'write scheme://host/path',
  },
  {
    kind: 'GitRepository',
    change: { provider: 'github' },
    error: 'spec.provider: Invalid value: "github": needs a GitHub App',
    hint: 'set spec.secretRef to a Secret with githubAppID, githubAppPrivateKey, and githubAppInstallationID or githubAppInstallationOwner',
  },
  {
    kind: 'GitRepository',
    change: { ref: { commit: 'abc1234' } },
    error: 'spec.ref.commit: Invalid value: "abc1234": is not a full commit hash',
    hint: 'write all 40 characters, 0-9 and a-f',
  },
  {
    kind: 'GitRepository',
    change: { ref: { branch: 'my branch' } },
    error: 'spec.ref.branch: Invalid value: "my branch": is not a name Git accepts',
    hint: 'see git-check-ref-format',
  },
  {
    kind: 'GitRepository',
    change: { ref: { name: '/refs/heads/main' } },
    error: `spec.ref.name: Invalid value: "/refs/heads/main": must not begin or end with '/'`,
    hint: 'write a full name such as refs/heads/main',
  },
  {
    kind: 'GitRepository',
    change: { ref: { semver: 'newest' } },
    error: 'spec.ref.semver: Invalid value: "newest": improper constraint: newest',
    hint: range,
  },
  {
    kind: 'GitRepository',
    change: { sparseCheckout: ['../secrets'] },
    error: `spec.sparseCheckout[0]: Invalid value: "../secrets": ${leaves}`,
    hint: inside,
  },
  {
    kind: 'GitRepository',
    change: { include: [{ repository: { name: 'other' }, toPath: 'a/../../b' }] },
    error: `spec.include[0].toPath: Invalid value: "a/../../b": ${leaves}`,
    hint: inside,
  },
  {
    kind: 'OCIRepository',
    change: { url: 'oci://ghcr.io/org/manifests:v1' },
    error: 'spec.url: Invalid value: "oci://ghcr.io/org/manifests:v1": must not have a tag',
    hint: 'remove ":v1" and set spec.ref.tag to v1',
  },
  {
    kind: 'OCIRepository',
    change: { ref: { semver: '*', semverFilter: '(?<!rc)$' } },
    error: 'spec.ref.semverFilter: Invalid value: "(?<!rc)$": error parsing regexp: invalid named capture: `(?<!rc)$`',
    hint: re2,
  },
  {
    kind: 'HelmChart',
    change: { version: '1.x.y.z' },
    error: 'spec.version: Invalid value: "1.x.y.z": improper constraint: 1.x.y.z',
    hint: range,
  },
  {
    kind: 'HelmChart',
    change: { valuesFiles: ['values.yaml', '../../prod.yaml'] },
    error: `spec.valuesFiles[1]: Invalid value: "../../prod.yaml": ${leaves}`,
    hint: inside,
  },
  {
    kind: 'HelmRelease',
    change: { dependsOn: [{ name: 'db', readyExpr: 'dep.status.ready' }] },
    error:
      'spec.dependsOn[0].readyExpr: Invalid value: "dep.status.ready": CEL expression output type mismatch: expected bool, got dyn',
    hint: 'write a CEL expression over self and dep',
  },
  {
    kind: 'HelmRelease',
    change: { dependsOn: [{ name: 'bad' }] },
    error: 'spec.dependsOn: Invalid value: "default/bad": circular dependency detected: default/bad -> default/bad',
    hint: 'remove one of these dependencies',
  },
  {
    kind: 'Kustomization',
    change: { path: '../../etc' },
    error: `spec.path: Invalid value: "../../etc": ${leaves}`,
    hint: inside,
  },
  {
    kind: 'Kustomization',
    change: { components: ['github.com/org/repo//c', 'https://example.com/c'] },
    error: 'spec.components[1]: Invalid value: "https://example.com/c": must be local and relative',
    hint: 'add the component to the source and write its path',
  },
  {
    kind: 'Kustomization',
    change: { postBuild: { substitute: { '1st': 'x' } } },
    error: `spec.postBuild.substitute: Invalid value: "1st": var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`,
    hint: 'use letters, digits and underscores, not beginning with a digit',
  },
  {
    kind: 'Kustomization',
    change: { patches: [{ patch: '- op: put\n  path: /spec' }] },
    error: 'spec.patches[0].patch: Invalid value: "put": operation 0 has no op that JSON Patch knows',
    hint: 'write one of add, remove, replace, move, copy, test',
  },
  {
    kind: 'Kustomization',
    change: expr('status.phase == "Ready'),
    error: `spec.healthCheckExprs[0].current: Invalid value: "status.phase == \\"Ready": Syntax error at 1:14: unexpected "="`,
    hint: 'write a CEL expression over the top-level fields of the object, such as status',
  },
  {
    kind: 'Alert',
    change: { exclusionList: ['waiting.*[socket'] },
    error:
      'spec.exclusionList[0]: Invalid value: "waiting.*[socket": error parsing regexp: missing closing ]: `[socket`',
    hint: re2,
  },
  {
    kind: 'Receiver',
    change: { resourceFilter: 'request.body.id == res.metadata.name' },
    error: `spec.resourceFilter: Invalid value: "request.body.id == res.metadata.name": undeclared reference to 'request' (in container '')`,
    hint: 'write a CEL expression over res and req',
  },
  {
    kind: 'ImagePolicy',
    change: { policy: { semver: null } },
    error: 'spec.policy: Invalid value: {}: given ImagePolicyChoice object is invalid',
    hint: 'set exactly one of semver, alphabetical and numerical',
  },
  {
    kind: 'ImagePolicy',
    change: { filterTags: { pattern: '^v(?=1)' } },
    error:
      'spec.filterTags.pattern: Invalid value: "^v(?=1)": error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
    hint: re2,
  },
  {
    kind: 'ImageUpdateAutomation',
    change: { update: { path: '../clusters' } },
    error: `spec.update.path: Invalid value: "../clusters": ${leaves}`,
    hint: inside,
  },
];
