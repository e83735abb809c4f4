// Every flag of `helm template`, those that change nothing where there is no cluster and no repository included.

/** How a flag takes its value. */
export type FlagKind = 'bool' | 'string' | 'list' | 'csv' | 'duration' | 'int' | 'float' | 'labels';

export interface Flag {
  readonly kind: FlagKind;
  readonly short?: string;
  /** Value of a flag that may stand without one. */
  readonly bare?: string;
}

const text: Flag = { kind: 'string' };
const list: Flag = { kind: 'list' };
const bool: Flag = { kind: 'bool' };

/** What a render depends on. */
const rendering: Readonly<Record<string, Flag>> = {
  namespace: { kind: 'string', short: 'n' },
  values: { kind: 'csv', short: 'f' },
  set: list,
  'set-string': list,
  'set-json': list,
  'set-file': list,
  'set-literal': list,
  'show-only': { kind: 'list', short: 's' },
  'kube-version': text,
  'api-versions': { kind: 'csv', short: 'a' },
  'name-template': text,
  'output-dir': text,
  'dry-run': { kind: 'string', bare: 'client' },
  'helm-version': text,
  'release-name': bool,
  'include-crds': bool,
  'skip-crds': bool,
  'no-hooks': bool,
  'skip-tests': bool,
  'is-upgrade': bool,
  'skip-schema-validation': bool,
  'render-subchart-notes': bool,
  'generate-name': { kind: 'bool', short: 'g' },
  help: { kind: 'bool', short: 'h' },
  verify: bool,
};

/** What concerns the release, the cluster and where charts are fetched from. */
const ignored: Readonly<Record<string, Flag>> = {
  timeout: { kind: 'duration' },
  labels: { kind: 'labels', short: 'l' },
  'burst-limit': { kind: 'int' },
  qps: { kind: 'float' },
  'kube-as-group': list,
  description: text,
  version: text,
  repo: text,
  username: text,
  password: text,
  keyring: text,
  'ca-file': text,
  'cert-file': text,
  'key-file': text,
  'kube-apiserver': text,
  'kube-as-user': text,
  'kube-ca-file': text,
  'kube-context': text,
  'kube-tls-server-name': text,
  'kube-token': text,
  kubeconfig: text,
  'registry-config': text,
  'repository-cache': text,
  'repository-config': text,
  validate: bool,
  'insecure-skip-tls-verify': bool,
  'kube-insecure-skip-tls-verify': bool,
  'pass-credentials': bool,
  'plain-http': bool,
  'disable-openapi-validation': bool,
  'create-namespace': bool,
  'dependency-update': bool,
  'enable-dns': bool,
  'hide-notes': bool,
  'take-ownership': bool,
  atomic: bool,
  debug: bool,
  devel: bool,
  force: bool,
  replace: bool,
  wait: bool,
  'wait-for-jobs': bool,
};

export const flags: Readonly<Record<string, Flag>> = { ...rendering, ...ignored };
