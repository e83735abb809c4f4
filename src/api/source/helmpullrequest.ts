// HelmPullRequest: our own kind; the charts of a Git repository's open pull requests, one artifact for each head.
import { AGE_COLUMN, column, READY_COLUMN, STATUS_COLUMN } from '../kind.ts';
import type { KindDefinition } from '../kind.ts';
import { duration, localReference, reconciledStatus, STATUS_DEFAULT, timeout, timestamp } from '../meta.ts';
import type { KubeObject } from '../meta.ts';
import { boolean, integer, list, object, oneOf, required, string } from '../schema.ts';
import type { Infer } from '../schema.ts';
import { artifact, reconcileStrategy, SOURCE_CATEGORIES, SOURCE_GROUP } from './shared.ts';

const filter = object('Which pull requests to follow; all parts given must match. All open ones by default.', {
  authors: list('Logins, of which the author must be one.', string('A login.', { minLength: 1 }), {
    maxItems: 100,
    listType: 'set',
  }),
  drafts: boolean('Follow drafts too.', { default: false }),
  headBranch: string('Regular expression (RE2) that the branch to be merged must match.', { maxLength: 1024 }),
  labels: list('Labels that the pull request must carry.', string('A label.', { minLength: 1 }), {
    maxItems: 100,
    listType: 'set',
  }),
  targetBranch: string('Regular expression (RE2) that the branch to be merged into must match.', {
    maxLength: 1024,
  }),
});

const spec = object(
  'Which pull requests to follow and which chart to take from them.',
  {
    certSecretRef: localReference('Secret with a client certificate (tls.crt, tls.key) or the CA to trust (ca.crt).'),
    chart: required(
      string('Directory of the chart in the repository.', {
        minLength: 1,
        maxLength: 2048,
        hint: 'write the path of the directory that holds Chart.yaml, such as charts/app',
      }),
    ),
    dependencyUpdate: boolean('Fetch the dependencies of the chart that are not vendored.', { default: true }),
    filter,
    ignoreMissingValuesFiles: boolean('Go on when a file of valuesFiles is missing.'),
    interval: required(duration('How often to look for new pull requests and new commits.')),
    limit: integer('How many pull requests to follow at most; the latest updated ones count.', {
      format: 'int32',
      minimum: 1,
      maximum: 500,
      default: 50,
      hint: 'write a number from 1 to 500',
    }),
    provider: oneOf(
      'Which service holds the repository; `generic` finds pull requests by their Git references alone.',
      ['generic', 'github', 'gitlab', 'gitea', 'bitbucket', 'azuredevops'],
      { default: 'generic' },
    ),
    proxySecretRef: localReference('Secret with the address of a proxy and, if needed, its credentials.'),
    reconcileStrategy,
    secretRef: localReference('Secret with the credentials: user and password, bearer token or SSH key.'),
    serviceAccountName: string('ServiceAccount whose cloud identity is used to log in.'),
    suspend: boolean('Stop following until set back.'),
    timeout: timeout('Bound for each Git operation and each request to the service.', { default: '60s' }),
    url: required(
      string('Address of the Git repository.', {
        pattern: '^(http|https|ssh)://.*$',
        hint: 'write an http://, https:// or ssh:// address; git@host:path becomes ssh://git@host/path',
      }),
    ),
    valuesFiles: list(
      "Values files in the repository, merged in order, that replace the chart's own.",
      string('A path.'),
      {
        maxItems: 100,
      },
    ),
  },
  {
    rules: [
      {
        rule: "self.provider != 'generic' || !has(self.filter) || (!has(self.filter.authors) && !has(self.filter.labels) && !has(self.filter.targetBranch))",
        message: "filter.authors, filter.labels and filter.targetBranch need a provider other than 'generic'",
        hint: 'set provider to the service that holds the repository, or remove these filters',
      },
      {
        rule: '!has(self.secretRef) || !has(self.serviceAccountName)',
        message: 'cannot set both .spec.secretRef and .spec.serviceAccountName',
        hint: 'remove one of secretRef and serviceAccountName',
      },
    ],
  },
);

const pullRequest = object('A pull request and the chart of its head.', {
  artifact,
  author: string('Login of the author.'),
  chartVersion: string('Version of the packaged chart.'),
  commit: required(string('Commit at the head.')),
  draft: boolean('Whether it is a draft.'),
  headBranch: string('Branch to be merged.'),
  message: string('What is wrong, when there is no artifact of the head.', { maxLength: 32768 }),
  number: required(integer('Number of the pull request.', { format: 'int64' })),
  targetBranch: string('Branch to be merged into.'),
  title: string('Title of the pull request.'),
  updatedAt: timestamp('When it was last changed.'),
  url: string('Where people can look at it.'),
});

const status = object(
  'The pull requests followed and their charts.',
  {
    ...reconciledStatus,
    followed: integer('How many pull requests are followed.', { format: 'int32' }),
    pullRequests: list('The pull requests followed, by number.', pullRequest, {
      listType: 'map',
      mapKeys: ['number'],
    }),
    skipped: integer('How many matched and were left out because of limit.', { format: 'int32' }),
  },
  { default: STATUS_DEFAULT },
);

export type HelmPullRequestSpec = Infer<typeof spec>;
export type HelmPullRequestStatus = Infer<typeof status>;
export type HelmPullRequest = KubeObject<HelmPullRequestSpec, HelmPullRequestStatus>;

export const helmPullRequest: KindDefinition = {
  group: SOURCE_GROUP,
  kind: 'HelmPullRequest',
  plural: 'helmpullrequests',
  shortNames: ['hpr'],
  categories: SOURCE_CATEGORIES,
  description: 'The Helm chart at the head of each pull request of a Git repository, each offered as an artifact.',
  versions: [
    {
      name: 'v1',
      storage: true,
      columns: [
        column('URL', '.spec.url'),
        column('Chart', '.spec.chart'),
        { name: 'Pull Requests', type: 'integer', jsonPath: '.status.followed' },
        AGE_COLUMN,
        READY_COLUMN,
        STATUS_COLUMN,
      ],
      spec,
      status,
    },
  ],
};
