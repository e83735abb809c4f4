// Bad manifests of the notification kinds.
import type { BadManifest } from './row.ts';

export const notificationManifests: readonly BadManifest[] = [
  {
    kind: 'Alert',
    change: { providerRef: null },
    error: 'spec.providerRef: Required value',
    hint: 'add it, with name',
  },
  {
    kind: 'Alert',
    change: { eventSources: null },
    error: 'spec.eventSources: Required value',
    hint: 'add it, with name and kind',
  },
  {
    kind: 'Alert',
    change: { eventSeverity: 'warning' },
    error: 'spec.eventSeverity: Unsupported value: "warning": supported values: "info", "error"',
    hint: 'write info or error',
  },
  {
    kind: 'Alert',
    change: { eventSources: [{ kind: 'Pod', name: 'a' }] },
    error:
      'spec.eventSources[0].kind: Unsupported value: "Pod": supported values: "Bucket", "GitRepository", "Kustomization", "HelmRelease", "HelmChart", "HelmRepository", "ImageRepository", "ImagePolicy", "ImageUpdateAutomation", "OCIRepository", "ArtifactGenerator", "ExternalArtifact"',
    hint: 'write one of the supported values',
  },
  {
    kind: 'Alert',
    change: { eventSources: [{ kind: 'HelmRelease', name: '' }] },
    error:
      'spec.eventSources[0].name: Invalid value: "": spec.eventSources[0].name in body should be at least 1 chars long',
    hint: 'write something, or remove the field',
  },
  {
    kind: 'Alert',
    change: { summary: 'x'.repeat(256) },
    error: 'spec.summary: Too long: may not be more than 255 bytes',
    hint: 'write at most 255 characters',
  },
  {
    kind: 'Alert',
    change: { exclusionList: 'waiting' },
    error: 'spec.exclusionList: Invalid value: "string": spec.exclusionList in body must be of type array: "string"',
    hint: 'write a list, each item on a line of its own after a dash',
  },
  {
    kind: 'Provider',
    change: { type: 'teams' },
    error:
      'spec.type: Unsupported value: "teams": supported values: "slack", "discord", "msteams", "rocket", "generic", "generic-hmac", "github", "gitlab", "gitea", "bitbucketserver", "bitbucket", "azuredevops", "googlechat", "googlepubsub", "webex", "sentry", "azureeventhub", "telegram", "lark", "matrix", "opsgenie", "alertmanager", "grafana", "githubdispatch", "pagerduty", "datadog", "nats", "zulip", "otel", "giteapullrequestcomment", "githubpullrequestcomment", "gitlabmergerequestcomment"',
    hint: 'write msteams',
  },
  {
    kind: 'Provider',
    change: { type: null },
    error: 'spec.type: Required value',
    hint: 'add it: what kind of service it is',
  },
  {
    kind: 'Provider',
    change: { proxy: 'socks5://proxy:1080' },
    error: `spec.proxy: Invalid value: "socks5://proxy:1080": spec.proxy in body should match '^(http|https)://.*$'`,
    hint: 'write an http:// or https:// address',
  },
  {
    kind: 'Provider',
    change: { address: `https://${'x'.repeat(2048)}` },
    error: 'spec.address: Too long: may not be more than 2048 bytes',
    hint: 'write at most 2048 characters',
  },
  {
    kind: 'Provider',
    change: { timeout: '1h' },
    error: `spec.timeout: Invalid value: "1h": spec.timeout in body should match '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$'`,
    hint: 'write a Go duration without hours, such as 90s or 5m',
  },
  {
    kind: 'Provider',
    change: { commitStatusExpr: 'event.reason' },
    error: `spec: Invalid value: spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types`,
    hint: 'remove commitStatusExpr, or set type to one of these',
  },
  {
    kind: 'Receiver',
    change: { type: 'bitbucket-server' },
    error:
      'spec.type: Unsupported value: "bitbucket-server": supported values: "generic", "generic-hmac", "github", "gitlab", "bitbucket", "harbor", "dockerhub", "quay", "gcr", "nexus", "acr", "generic-oidc", "cdevents"',
    hint: 'write bitbucket',
  },
  {
    kind: 'Receiver',
    change: { resources: null },
    error: 'spec.resources: Required value',
    hint: 'add it, with name and kind',
  },
  {
    kind: 'Receiver',
    change: { secretRef: null },
    error: 'spec: Invalid value: secretRef is required when type is not generic-oidc',
    hint: 'name the Secret that holds the token in secretRef',
  },
  {
    kind: 'Receiver',
    change: { events: 'push' },
    error: 'spec.events: Invalid value: "string": spec.events in body must be of type array: "string"',
    hint: 'write a list, each item on a line of its own after a dash',
  },
  {
    kind: 'Receiver',
    change: { type: 'generic-oidc', secretRef: null },
    error: 'spec: Invalid value: generic-oidc receivers must define at least one oidcProvider',
    hint: 'add an entry to oidcProviders',
  },
  {
    kind: 'Receiver',
    change: { oidcProviders: [{ issuerURL: 'https://a', validations: [{ expression: 'true', message: 'm' }] }] },
    error: 'spec: Invalid value: oidcProviders can only be set when type is generic-oidc',
    hint: 'remove oidcProviders, or set type to generic-oidc',
  },
  {
    kind: 'Receiver',
    change: {
      type: 'generic-oidc',
      secretRef: null,
      oidcProviders: [{ issuerURL: 'a.example.com', validations: [{ expression: 'true', message: 'm' }] }],
    },
    error: `spec.oidcProviders[0].issuerURL: Invalid value: "a.example.com": spec.oidcProviders[0].issuerURL in body should match '^https?://'`,
    hint: 'write an http:// or https:// address',
  },
  {
    kind: 'Receiver',
    change: { type: 'generic-oidc', secretRef: null, oidcProviders: [{ issuerURL: 'https://a', validations: [] }] },
    error:
      'spec.oidcProviders[0].validations: Invalid value: 0: spec.oidcProviders[0].validations in body should have at least 1 items',
    hint: 'list at least 1',
  },
  {
    kind: 'Receiver',
    change: {
      type: 'generic-oidc',
      secretRef: null,
      oidcProviders: [
        { issuerURL: 'https://a', validations: [{ expression: 'true', message: 'm' }] },
        { issuerURL: 'https://a', validations: [{ expression: 'true', message: 'm' }] },
      ],
    },
    error: 'spec.oidcProviders[1]: Duplicate value: {"issuerURL":"https://a"}',
    hint: 'remove one of the two',
  },
  {
    kind: 'Receiver',
    version: 'v1beta2',
    change: { secretRef: null },
    error: 'spec.secretRef: Required value',
    hint: 'add it, with name',
  },
];
