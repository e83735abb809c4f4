// What the rules say that look at the rest of the cluster.
import { dependsOnCycle } from '#webhooks/policies/dependson-cycle';
import { duplicateRelease } from '#webhooks/policies/duplicate-release';
import { missingReferences } from '#webhooks/policies/missing-references';
import { pathInArtifact } from '#webhooks/policies/path-in-artifact';
import { sameDelivery } from '#webhooks/policies/same-delivery';
import { ruleTable, type Written } from '../rule-table.ts';

const dependent = (name: string, ...on: { name: string; namespace?: string }[]): Written => ({
  kind: 'Kustomization',
  name,
  spec: { dependsOn: on },
});

ruleTable(dependsOnCycle, [
  { it: 'lets an object without dependencies pass', object: { kind: 'Kustomization' }, says: [] },
  {
    it: 'refuses an object that depends on itself',
    object: dependent('a', { name: 'a' }),
    says: [
      'error: spec.dependsOn: Invalid value: "apps/a": circular dependency detected: apps/a -> apps/a — remove one of these dependencies',
    ],
  },
  {
    it: 'takes an empty namespace for its own',
    object: dependent('a', { name: 'a', namespace: '' }),
    says: [
      'error: spec.dependsOn: Invalid value: "apps/a": circular dependency detected: apps/a -> apps/a — remove one of these dependencies',
    ],
  },
  {
    it: 'prints the whole round',
    object: dependent('a', { name: 'b' }),
    cluster: { objects: [dependent('b', { name: 'c' }), dependent('c', { name: 'a' })] },
    says: [
      'error: spec.dependsOn: Invalid value: "apps/b": circular dependency detected: apps/a -> apps/b -> apps/c -> apps/a — remove one of these dependencies',
    ],
  },
  {
    it: 'judges by the incoming dependencies, not by the stored ones',
    object: dependent('a'),
    old: dependent('a', { name: 'b' }),
    cluster: { objects: [dependent('a', { name: 'b' }), dependent('b', { name: 'a' })] },
    says: [],
  },
  {
    it: 'does not blame an object for a cycle it leads to',
    object: dependent('a', { name: 'b' }),
    cluster: { objects: [dependent('b', { name: 'c' }), dependent('c', { name: 'b' })] },
    says: [],
  },
  {
    it: 'sees its own round beside another one',
    object: dependent('a', { name: 'b' }, { name: 'd' }),
    cluster: { objects: [dependent('b', { name: 'c' }), dependent('c', { name: 'b' }), dependent('d', { name: 'a' })] },
    says: [
      'error: spec.dependsOn: Invalid value: "apps/d": circular dependency detected: apps/a -> apps/d -> apps/a — remove one of these dependencies',
    ],
  },
  {
    it: 'tells namespaces apart',
    object: dependent('a', { name: 'a', namespace: 'infra' }),
    cluster: { objects: [{ ...dependent('a', { name: 'b' }), namespace: 'infra' }] },
    says: [],
  },
  {
    it: 'tells kinds apart',
    object: { kind: 'HelmRelease', name: 'a', spec: { dependsOn: [{ name: 'b' }] } },
    cluster: { objects: [dependent('b', { name: 'a' })] },
    says: [],
  },
]);

ruleTable(missingReferences, [
  {
    it: 'says nothing of what is there',
    object: { kind: 'Kustomization' },
    cluster: { objects: [{ kind: 'GitRepository', name: 'app' }] },
    says: [],
  },
  {
    it: 'takes an empty namespace for its own',
    object: { kind: 'Kustomization', spec: { sourceRef: { kind: 'GitRepository', name: 'app', namespace: '' } } },
    cluster: { objects: [{ kind: 'GitRepository', name: 'app' }] },
    says: [],
  },
  {
    it: 'warns of a source that is to come',
    object: { kind: 'Kustomization' },
    says: ["warning: spec.sourceRef: GitRepository 'apps/app' does not exist: it will be waited for"],
  },
  {
    it: 'guesses the name that was meant',
    object: { kind: 'Kustomization', spec: { sourceRef: { kind: 'GitRepository', name: 'podinof' } } },
    cluster: {
      objects: [
        { kind: 'GitRepository', name: 'podinfo' },
        { kind: 'GitRepository', name: 'other' },
      ],
    },
    says: ["warning: spec.sourceRef: GitRepository 'apps/podinof' does not exist: did you mean 'podinfo'?"],
  },
  {
    it: 'guesses only in the namespace that is referred to',
    object: {
      kind: 'Kustomization',
      spec: { sourceRef: { kind: 'GitRepository', name: 'podinof', namespace: 'infra' } },
    },
    cluster: { objects: [{ kind: 'GitRepository', name: 'podinfo' }] },
    says: ["warning: spec.sourceRef: GitRepository 'infra/podinof' does not exist: it will be waited for"],
  },
  {
    it: 'says nothing while the cache is not filled',
    object: { kind: 'Kustomization' },
    cluster: { unknown: ['GitRepository'] },
    says: [],
  },
  {
    it: 'names the item of a list',
    object: { kind: 'HelmRelease', spec: { dependsOn: [{ name: 'db' }, { name: 'cache', namespace: 'infra' }] } },
    cluster: {
      objects: [
        { kind: 'HelmRelease', name: 'db' },
        { kind: 'HelmRepository', name: 'charts' },
      ],
    },
    says: ["warning: spec.dependsOn[1]: HelmRelease 'infra/cache' does not exist: it will be waited for"],
  },
  {
    it: 'leaves references to all objects of a kind alone',
    object: {
      kind: 'Alert',
      spec: {
        eventSources: [
          { kind: 'Kustomization', name: '*' },
          { kind: 'GitRepository', name: 'gone' },
        ],
      },
    },
    cluster: { objects: [{ kind: 'Provider', name: 'chat' }] },
    says: ["warning: spec.eventSources[1]: GitRepository 'apps/gone' does not exist: it will be waited for"],
  },
]);

const files = ['apps/base/deploy.yaml', 'apps/production/kustomization.yaml', 'clusters/staging/a.yaml', 'README.md'];
const holding = { files: { 'GitRepository/apps/app': files } };

ruleTable(pathInArtifact, [
  { it: 'says nothing without an artifact', object: { kind: 'Kustomization', spec: { path: './gone' } }, says: [] },
  {
    it: 'finds a directory however it is written',
    object: { kind: 'Kustomization', spec: { path: '/apps//./base/' } },
    cluster: holding,
    says: [],
  },
  { it: 'finds the root', object: { kind: 'Kustomization', spec: { path: './' } }, cluster: holding, says: [] },
  {
    it: 'names the most similar directory',
    object: { kind: 'Kustomization', spec: { path: './apps/prodution' } },
    cluster: holding,
    says: [
      "warning: spec.path: './apps/prodution' is not in the current artifact of GitRepository 'apps/app'; the nearest directory is './apps/production'",
    ],
  },
  {
    it: 'names the part that is there',
    object: { kind: 'Kustomization', spec: { path: './clusters/europe-west/team-a' } },
    cluster: holding,
    says: [
      "warning: spec.path: './clusters/europe-west/team-a' is not in the current artifact of GitRepository 'apps/app'; the nearest directory is './clusters'",
    ],
  },
  {
    it: 'knows a file from a directory',
    object: { kind: 'Kustomization', spec: { path: './README.md' } },
    cluster: holding,
    says: ["warning: spec.path: './README.md' is not in the current artifact of GitRepository 'apps/app'"],
  },
]);

const owned = `HelmRelease 'apps/web' already owns the release 'apps/web'`;

ruleTable(duplicateRelease, [
  { it: 'lets releases of different names pass', object: { kind: 'HelmRelease' }, says: [] },
  {
    it: 'refuses a name that is taken',
    object: { kind: 'HelmRelease', spec: { releaseName: 'web' } },
    cluster: { objects: [{ kind: 'HelmRelease', name: 'web' }] },
    says: [
      `error: spec.releaseName: Invalid value: "web": ${owned} — set another releaseName, or remove the other object first`,
    ],
  },
  {
    it: 'knows the default name with a target namespace',
    object: {
      kind: 'HelmRelease',
      name: 'web',
      namespace: 'other',
      spec: { targetNamespace: 'prod', storageNamespace: 'apps' },
    },
    cluster: { objects: [{ kind: 'HelmRelease', spec: { releaseName: 'prod-web' } }] },
    says: [
      `error: spec.releaseName: Invalid value: "prod-web": HelmRelease 'apps/app' already owns the release 'apps/prod-web' — set another releaseName, or remove the other object first`,
    ],
  },
  {
    it: 'only warns beside a suspended object',
    object: { kind: 'HelmRelease', spec: { releaseName: 'web' } },
    cluster: { objects: [{ kind: 'HelmRelease', name: 'web', spec: { suspend: true } }] },
    says: [`warning: spec.releaseName: ${owned}, though it is suspended or being deleted`],
  },
  {
    it: 'leaves a stored object changeable',
    object: { kind: 'HelmRelease', spec: { releaseName: 'web', suspend: true } },
    old: { kind: 'HelmRelease', spec: { releaseName: 'web' } },
    cluster: { objects: [{ kind: 'HelmRelease', name: 'web' }] },
    says: [],
  },
  {
    it: 'tells clusters apart',
    object: { kind: 'HelmRelease', spec: { releaseName: 'web', kubeConfig: { secretRef: { name: 'remote' } } } },
    cluster: { objects: [{ kind: 'HelmRelease', name: 'web' }] },
    says: [],
  },
]);

ruleTable(sameDelivery, [
  {
    it: 'warns of the same directory, however it is written',
    object: { kind: 'Kustomization', spec: { path: './deploy/' } },
    cluster: { objects: [{ kind: 'Kustomization', name: 'other', spec: { path: 'deploy' } }] },
    says: ["warning: spec.path: Kustomization 'apps/other' delivers the same path of the same source"],
  },
  {
    it: 'sees a source through its namespace',
    object: { kind: 'Kustomization', spec: { sourceRef: { kind: 'GitRepository', name: 'app', namespace: 'infra' } } },
    cluster: { objects: [{ kind: 'Kustomization', name: 'other' }] },
    says: [],
  },
  {
    it: 'lets the same directory go to two namespaces',
    object: { kind: 'Kustomization', spec: { targetNamespace: 'a' } },
    cluster: { objects: [{ kind: 'Kustomization', name: 'other', spec: { targetNamespace: 'b' } }] },
    says: [],
  },
  {
    it: 'is no duplicate of itself, nor of a suspended one',
    object: { kind: 'Kustomization' },
    cluster: {
      objects: [{ kind: 'Kustomization' }, { kind: 'Kustomization', name: 'other', spec: { suspend: true } }],
    },
    says: [],
  },
]);
