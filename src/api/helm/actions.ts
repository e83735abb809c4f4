// What a HelmRelease says about each Helm action: install, upgrade, test, rollback, uninstall.
import { duration } from '../meta.ts';
import { boolean, integer, list, object, oneOf, required, string, without } from '../schema.ts';
import type { Infer } from '../schema.ts';

const actionTimeout = duration('Bound for each Kubernetes operation of the action; spec.timeout by default.');

const strategyName = required(
  oneOf('Undo a failed release and count it against the retries, or try again as it stands.', [
    'RemediateOnFailure',
    'RetryOnFailure',
  ]),
);
const strategyFields = {
  name: strategyName,
  retryInterval: duration('How soon to try again; with RetryOnFailure only. Five minutes by default.'),
};

const crds = oneOf(
  "What to do with the chart's crds directory: nothing, create what is missing, or replace as well; `Create` when absent.",
  ['Skip', 'Create', 'CreateReplace'],
);

const remediation = {
  ignoreTestFailures: boolean('Do not count a failed test as a failure; as spec.test.ignoreFailures by default.'),
  remediateLastFailure: boolean('Undo the last failure too, when no retry is left.'),
  retries: integer('How often to try again before giving up; negative for no bound.'),
};

const serverSideApplyMode = oneOf('Whether to use server-side apply; `auto` does as the release was made before.', [
  'enabled',
  'disabled',
  'auto',
]);

/** Settings that install and upgrade have in common in every version. */
const releaseFields = {
  crds,
  disableHooks: boolean('Do not run hooks.'),
  disableOpenAPIValidation: boolean("Do not check rendered manifests against the API server's schema."),
  disableWait: boolean('Do not wait for the objects to be ready.'),
  disableWaitForJobs: boolean('Do not wait for Jobs to complete.'),
  timeout: actionTimeout,
};

const laterReleaseFields = {
  disableSchemaValidation: boolean("Do not check values against the chart's values.schema.json."),
  disableTakeOwnership: boolean('Fail when an object belongs to somebody else, in place of taking it over.'),
};

const installFields = {
  ...releaseFields,
  createNamespace: boolean('Create spec.targetNamespace when it is missing.'),
  remediation: object('What to do when the installation fails.', remediation),
  replace: boolean('Use a name again whose release was deleted.'),
  skipCRDs: boolean('Has no effect. Use crds.'),
};

export const install = object('How to install.', {
  ...installFields,
  ...laterReleaseFields,
  serverSideApply: boolean('Whether to use server-side apply; true by default.'),
  strategy: object('What to do on failure.', strategyFields, {
    rules: [
      {
        rule: "!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
        message: ".retryInterval cannot be set when .name is 'RemediateOnFailure'",
        hint: 'remove retryInterval, or set name to RetryOnFailure',
      },
    ],
  }),
});

export const oldInstall = object('How to install.', installFields);

const upgradeFields = {
  ...releaseFields,
  cleanupOnFail: boolean('Delete new objects when the upgrade fails.'),
  force: boolean('Replace objects in place of patching them.'),
  preserveValues: boolean("Start from the values of the last release in place of the chart's."),
  remediation: object('What to do when the upgrade fails.', {
    ...remediation,
    strategy: oneOf('How to undo it; `rollback` when absent.', ['rollback', 'uninstall']),
  }),
};

export const upgrade = object('How to upgrade.', {
  ...upgradeFields,
  ...laterReleaseFields,
  chartNameChangeStrategy: oneOf('What to do when the chart is another one: upgrade in place, or reinstall.', [
    'InPlaceUpdate',
    'Reinstall',
  ]),
  serverSideApply: serverSideApplyMode,
  strategy: object('What to do on failure.', strategyFields, {
    rules: [
      {
        rule: "!has(self.retryInterval) || self.name == 'RetryOnFailure'",
        message: ".retryInterval can only be set when .name is 'RetryOnFailure'",
        hint: 'remove retryInterval, or set name to RetryOnFailure',
      },
    ],
  }),
});

export const oldUpgrade = object('How to upgrade.', upgradeFields);

export const test = object('How to test a release.', {
  enable: boolean("Run the chart's tests after each install and upgrade."),
  filters: list(
    'Which tests to run; all by default.',
    object('A test.', {
      exclude: boolean('Leave this one out, in place of running it.'),
      name: required(string('Name of the test.', { minLength: 1, maxLength: 253 })),
    }),
  ),
  ignoreFailures: boolean('Do not count a failed test as a failure.'),
  timeout: actionTimeout,
});

const rollbackFields = {
  cleanupOnFail: boolean('Delete new objects when the rollback fails.'),
  disableHooks: boolean('Do not run hooks.'),
  disableWait: boolean('Do not wait for the objects to be ready.'),
  disableWaitForJobs: boolean('Do not wait for Jobs to complete.'),
  force: boolean('Replace objects in place of patching them.'),
  recreate: boolean('Restart the Pods.'),
  serverSideApply: serverSideApplyMode,
  timeout: actionTimeout,
};

export const rollback = object('How to roll back.', rollbackFields);

export const oldRollback = object('How to roll back.', without(rollbackFields, 'serverSideApply'));

export const uninstall = object('How to uninstall.', {
  deletionPropagation: oneOf('How dependents of deleted objects are deleted.', ['background', 'foreground', 'orphan'], {
    default: 'background',
  }),
  disableHooks: boolean('Do not run hooks.'),
  disableWait: boolean('Do not wait until the objects are gone.'),
  keepHistory: boolean('Keep the release in the history, marked as uninstalled.'),
  timeout: actionTimeout,
});

export type Install = Infer<typeof install>;
export type Upgrade = Infer<typeof upgrade>;
export type Rollback = Infer<typeof rollback>;
export type Test = Infer<typeof test>;
