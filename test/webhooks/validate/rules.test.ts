// What the rules say that look at the object alone.
import { celExpressions } from '#webhooks/validate/cel-expressions';
import { durations } from '#webhooks/validate/durations';
import { gitProvider } from '#webhooks/validate/git-provider';
import { gitReference } from '#webhooks/validate/git-reference';
import { helmVerification } from '#webhooks/validate/helm-verification';
import { imagePolicy } from '#webhooks/validate/image-policy';
import { patches } from '#webhooks/validate/patches';
import { paths } from '#webhooks/validate/paths';
import { regularExpressions } from '#webhooks/validate/regular-expressions';
import { substitution } from '#webhooks/validate/substitution';
import { urls } from '#webhooks/validate/urls';
import { versionRanges } from '#webhooks/validate/version-ranges';
import { ruleTable, type RuleRow, type Spec } from '../rule-table.ts';

function row(it: string, kind: string, spec: Spec, ...says: string[]): RuleRow {
  return { it, object: { kind, spec }, says };
}

ruleTable(durations, [
  row('lets ordinary ones pass', 'GitRepository', { interval: '1h30m', timeout: '60s' }),
  row(
    'refuses what overflows',
    'GitRepository',
    { interval: '9999999999h' },
    'error: spec.interval: Invalid value: "9999999999h": time: invalid duration "9999999999h" — write a Go duration such as 5m or 1h30m',
  ),
  row(
    'warns of zero',
    'Kustomization',
    { interval: '0s' },
    'warning: spec.interval: 0s means no periodic reconcile at all: only changes and requests are acted on',
  ),
  row(
    'warns of less than a second',
    'Kustomization',
    { interval: '10ms' },
    'warning: spec.interval: less than a second keeps the source and the API server busy: write 1m or more',
  ),
  row(
    'warns of a timeout beyond the interval',
    'Kustomization',
    { interval: '1m', timeout: '5m' },
    'warning: spec.timeout: longer than spec.interval: a run that takes that long delays the next one',
  ),
]);

ruleTable(urls, [
  row('lets ordinary ones pass', 'GitRepository', { url: 'ssh://git@example.com:2222/org/app.git' }),
  row(
    'refuses what has no host',
    'GitRepository',
    { url: 'https://' },
    'error: spec.url: Invalid value: "https://": is not a URL — write scheme://host/path',
  ),
  row(
    'never repeats a password',
    'GitRepository',
    { url: 'https://jane:s3cret@exa mple.com/app' },
    'error: spec.url: Invalid value: "https://jane:***@exa mple.com/app": is not a URL — write scheme://host/path',
  ),
  row(
    'warns of a password',
    'HelmRepository',
    { url: 'https://jane:s3cret@example.com/' },
    'warning: spec.url: holds a password that everybody who may read the object can read: use spec.secretRef',
  ),
  row(
    'refuses a tag in the address of an OCI repository, not a port',
    'OCIRepository',
    { url: 'oci://localhost:5000/org/app:v1' },
    'error: spec.url: Invalid value: "oci://localhost:5000/org/app:v1": must not have a tag — remove ":v1" and set spec.ref.tag to v1',
  ),
  row('leaves addresses that are no URLs to their providers', 'Provider', { address: 'projects/x/topics/y' }),
]);

ruleTable(paths, [
  row('lets paths inside pass', 'Kustomization', { path: './a/../b' }),
  row(
    'refuses what leads out',
    'Kustomization',
    { path: './a/../../b' },
    'error: spec.path: Invalid value: "./a/../../b": must not lead out of the source — write a path below the root, such as ./deploy',
  ),
  row(
    'names the item of a list',
    'GitRepository',
    { sparseCheckout: ['deploy', '../x'] },
    'error: spec.sparseCheckout[1]: Invalid value: "../x": must not lead out of the source — write a path below the root, such as ./deploy',
  ),
  row('lets components go up', 'Kustomization', { components: ['../components/x'] }),
  row(
    'refuses remote components',
    'Kustomization',
    { components: ['https://github.com/org/repo//component'] },
    'error: spec.components[0]: Invalid value: "https://github.com/org/repo//component": must be local and relative — add the component to the source and write its path',
  ),
]);

const range = 'write a range such as ">=1.2.0 <2.0.0", "1.2.x" or "~1.2"';
ruleTable(versionRanges, [
  row('lets ranges of Masterminds pass', 'GitRepository', { ref: { semver: '>=1.0.0-0 <2.0.0 || ^3' } }),
  row(
    'refuses what is none',
    'ImagePolicy',
    { policy: { semver: { range: 'latest' } } },
    `error: spec.policy.semver.range: Invalid value: "latest": improper constraint: latest — ${range}`,
  ),
  row(
    'looks into the chart of a release',
    'HelmRelease',
    { chart: { spec: { chart: 'x', version: '1.x.y.z', sourceRef: { kind: 'HelmRepository', name: 'charts' } } } },
    `error: spec.chart.spec.version: Invalid value: "1.x.y.z": improper constraint: 1.x.y.z — ${range}`,
  ),
]);

ruleTable(regularExpressions, [
  row('lets RE2 pass', 'ImagePolicy', { filterTags: { pattern: '^(?P<v>[0-9]+)$' } }),
  row(
    'refuses look-ahead',
    'OCIRepository',
    { ref: { semver: '*', semverFilter: '^(?!rc)' } },
    'error: spec.ref.semverFilter: Invalid value: "^(?!rc)": error parsing regexp: invalid or unsupported Perl syntax: `(?!` — write an RE2 expression: no look-around, no back-references',
  ),
  row(
    'refuses an open group',
    'Alert',
    { inclusionList: ['.*ok.*', '('] },
    'error: spec.inclusionList[1]: Invalid value: "(": error parsing regexp: missing closing ): `(` — write an RE2 expression: no look-around, no back-references',
  ),
]);

ruleTable(gitReference, [
  row('lets a branch with a commit pass', 'GitRepository', { ref: { branch: 'main', commit: 'a'.repeat(40) } }),
  row(
    'refuses a short commit',
    'GitRepository',
    { ref: { commit: 'abc1234' } },
    'error: spec.ref.commit: Invalid value: "abc1234": is not a full commit hash — write all 40 characters, 0-9 and a-f',
  ),
  row(
    'refuses names Git refuses',
    'GitRepository',
    { ref: { branch: 'feature..x' } },
    'error: spec.ref.branch: Invalid value: "feature..x": is not a name Git accepts — see git-check-ref-format',
  ),
  row(
    'says which of several counts',
    'GitRepository',
    { ref: { branch: 'main', tag: 'v1', semver: '1.x' } },
    'warning: spec.ref.tag: counts; spec.ref.semver, spec.ref.branch have no effect beside it',
  ),
]);

const appSecret = { secretRef: { name: 'app' } };

ruleTable(gitProvider, [
  row('lets any server pass without a provider', 'GitRepository', { url: 'ssh://git@example.com/app' }),
  ...[
    ['generic', 'ssh://git@example.com/app'],
    ['aws', 'https://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/app'],
    ['azure', 'https://org@dev.azure.com/org/project/_git/app'],
    ['azure', 'https://org.visualstudio.com/project/_git/app'],
    ['github', 'https://github.example.com/org/app'],
  ].map(([provider, url]) =>
    row(`lets ${provider} pass with ${url}`, 'GitRepository', { provider, url, ...appSecret }),
  ),
  row('leaves what is no URL to others', 'GitRepository', { provider: 'aws', url: 'https://' }),
  row(
    'refuses aws for other servers',
    'GitRepository',
    { provider: 'aws', url: 'https://example.com/app' },
    'error: spec.provider: Invalid value: "aws": logs in to AWS CodeCommit over HTTPS alone — set spec.url to https://git-codecommit.<region>.amazonaws.com/v1/repos/<name>, or choose another provider',
  ),
  ...['http://dev.azure.com/org', 'https://dev.azure.com.example/org', 'ssh://git@ssh.dev.azure.com/v3/org'].map(
    (url) =>
      row(
        `refuses azure for ${url}`,
        'GitRepository',
        { provider: 'azure', url },
        'error: spec.provider: Invalid value: "azure": logs in to Azure DevOps over HTTPS alone — set spec.url to https://dev.azure.com/<organization>/<project>/_git/<repository>, or choose another provider',
      ),
  ),
  row(
    'refuses github over SSH, and without an App',
    'GitRepository',
    { provider: 'github', url: 'ssh://git@github.com/org/app' },
    'error: spec.provider: Invalid value: "github": logs in over HTTPS alone — set spec.url to https://<host>/<owner>/<repository>, or remove provider',
    'error: spec.provider: Invalid value: "github": needs a GitHub App — set spec.secretRef to a Secret with githubAppID, githubAppPrivateKey, and githubAppInstallationID or githubAppInstallationOwner',
  ),
]);

ruleTable(substitution, [
  row('lets names pass', 'Kustomization', { postBuild: { substitute: { _a1: 'x', B: 'y' } } }),
  row(
    'refuses what no variable is called',
    'Kustomization',
    { postBuild: { substitute: { 'a-b': 'x' } } },
    `error: spec.postBuild.substitute: Invalid value: "a-b": var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$' — use letters, digits and underscores, not beginning with a digit`,
  ),
]);

const patched = (patch: string, target?: object): Spec => ({ patches: [{ patch, ...(target && { target }) }] });
ruleTable(patches, [
  row('lets a part of an object pass', 'Kustomization', patched('kind: Deployment\nspec:\n  replicas: 2\n')),
  row(
    'lets a key that comes twice pass, as the build does',
    'Kustomization',
    patched('kind: Deployment\nkind: Deployment\n'),
  ),
  row('lets operations pass', 'Kustomization', patched('- op: remove\n  path: /spec/replicas\n', { kind: 'Deploy.*' })),
  row(
    'refuses an unknown operation',
    'Kustomization',
    patched('- op: delete\n  path: /spec\n'),
    'error: spec.patches[0].patch: Invalid value: "delete": operation 0 has no op that JSON Patch knows — write one of add, remove, replace, move, copy, test',
  ),
  row(
    'refuses a path that is none',
    'HelmRelease',
    { postRenderers: [{ kustomize: patched('- op: remove\n  path: spec/replicas\n') }] },
    `error: spec.postRenderers[0].kustomize.patches[0].patch: Invalid value: "spec/replicas": operation 0 needs a path that begins with '/' — write one such as /spec/replicas`,
  ),
  row(
    'refuses text',
    'Kustomization',
    patched('replicas 3'),
    'error: spec.patches[0].patch: Invalid value: "replicas 3": is neither an object nor a list — write the fields to change, or a list of operations with op, path and value',
  ),
  row(
    'refuses what is no YAML',
    'Kustomization',
    patched('a: [1'),
    `error: spec.patches[0].patch: Invalid value: "a: [1": yaml: line 1: did not find expected ',' or ']' — write YAML: part of an object, or JSON Patch operations`,
  ),
  row(
    'refuses a target nothing can match',
    'Kustomization',
    patched('kind: Deployment', { name: 'web(', labelSelector: 'a in' }),
    'error: spec.patches[0].target.name: Invalid value: "web(": error parsing regexp: missing closing ): `^(?:web()$` — write a name or an RE2 expression',
    `error: spec.patches[0].target.labelSelector: Invalid value: "a in": expected: '(' — write a selector such as app=web`,
  ),
]);

const ready = (readyExpr: string): Spec => ({ dependsOn: [{ name: 'db', readyExpr }] });
const health = (current: string): Spec => ({ healthCheckExprs: [{ apiVersion: 'v1', kind: 'X', current }] });
ruleTable(celExpressions, [
  row('lets comparisons pass', 'Kustomization', ready('self.metadata.generation <= dep.status.observedGeneration')),
  row(
    'lets macros pass',
    'Kustomization',
    health('has(status.ready) && status.conditions.exists(c, c.type == "Ready")'),
  ),
  row(
    'refuses half an expression',
    'Kustomization',
    health('status.ready =='),
    'error: spec.healthCheckExprs[0].current: Invalid value: "status.ready ==": Syntax error at 1:14: unexpected "=" — write a CEL expression over the top-level fields of the object, such as status',
  ),
  row(
    'refuses names nobody declared',
    'HelmRelease',
    ready('dependency.status.ready == true'),
    `error: spec.dependsOn[0].readyExpr: Invalid value: "dependency.status.ready == true": undeclared reference to 'dependency' (in container '') — write a CEL expression over self and dep`,
  ),
  row(
    'refuses a result that is not a bool for certain',
    'Receiver',
    { resourceFilter: 'res.metadata.name' },
    'error: spec.resourceFilter: Invalid value: "res.metadata.name": CEL expression output type mismatch: expected bool, got dyn — write a CEL expression over res and req',
  ),
  row(
    'warns of a name no object has',
    'Kustomization',
    health('object.status.ready'),
    "warning: spec.healthCheckExprs[0].current: 'object' is none of the object's fields: begin with one, as in status.conditions",
  ),
  row(
    'lets pass what it cannot read itself',
    'Kustomization',
    health('status.?ready.orValue(false)'),
    'warning: spec.healthCheckExprs[0].current: cannot be checked here: it uses optional syntax or quoted fields',
  ),
]);

ruleTable(imagePolicy, [
  row('lets one order pass', 'ImagePolicy', { policy: { numerical: {} } }),
  row(
    'refuses none',
    'ImagePolicy',
    { policy: {} },
    'error: spec.policy: Invalid value: {}: given ImagePolicyChoice object is invalid — set exactly one of semver, alphabetical and numerical',
  ),
  row(
    'says which of two counts',
    'ImagePolicy',
    { policy: { semver: { range: '*' }, numerical: {} } },
    'warning: spec.policy.semver: counts; spec.policy.numerical has no effect beside it',
  ),
]);

const verified = (kind: string): Spec => ({
  chart: 'x',
  sourceRef: { kind, name: 'src' },
  verify: { provider: 'cosign' },
});
ruleTable(helmVerification, [
  row('lets charts of unknown repositories pass', 'HelmChart', verified('HelmRepository')),
  row(
    'warns where there are no signatures',
    'HelmChart',
    verified('GitRepository'),
    'warning: spec.verify: GitRepository charts have no signatures: remove it, and set spec.verify of the GitRepository where it has that',
  ),
  {
    ...row(
      'warns of a repository that is not one of OCI',
      'HelmRelease',
      { chart: { spec: verified('HelmRepository') } },
      "warning: spec.chart.spec.verify: HelmRepository 'apps/src' is not of type oci: its charts have no signatures to verify",
    ),
    cluster: { objects: [{ kind: 'HelmRepository', name: 'src' }] },
  },
  {
    ...row('lets charts of an OCI repository pass', 'HelmChart', verified('HelmRepository')),
    cluster: { objects: [{ kind: 'HelmRepository', name: 'src', spec: { type: 'oci' } }] },
  },
]);
