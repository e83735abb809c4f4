// Makes random overlays: kinds that refer to each other, odd scalars, patches on every kind of list, all the fields.

/** Files by path; the directory to build is `overlay`. */
export type Tree = Record<string, string>;

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2654435761 + 1) >>> 0;
  }

  /** 0 up to and without `limit`. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 4294967296) * limit);
  }

  chance(probability: number): boolean {
    return this.below(1000) < probability * 1000;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  some<T>(items: readonly T[], probability = 0.5): T[] {
    return items.filter(() => this.chance(probability));
  }
}

const NAMES = ['app', 'web', 'db', 'cache', 'a1', 'x-y'];
const SCALARS = [
  'plain',
  '"quoted"',
  "'single'",
  '1',
  '"1"',
  '1.0',
  '1.50',
  '1e3',
  '0644',
  '0o17',
  '0x1F',
  'true',
  '"true"',
  'yes',
  'on',
  'null',
  '~',
  '""',
  '2020-01-01',
  '"2020-01-01"',
  '12:30:45',
  '1_000',
  '.5',
  '-0',
  '+3',
  '123456789012345678901',
  '1e21',
  '0.0000001',
  '100000000',
  '1234567.25',
  '"with: colon"',
  '"# hash"',
  "'it''s'",
  '"tab\\there"',
  '"emoji 😀"',
  '"é"',
  '"-"',
  '"trailing "',
  '" leading"',
  '"multi\\nline"',
  '"multi\\nline\\n"',
  '"  spaced\\n text"',
  '{}',
  '[]',
  '=',
  '"="',
  '<<x',
  'a: b'.replace(': ', ':'),
  '"@at"',
  '"`tick`"',
  '"%percent"',
  '"!bang"',
  '"&amp"',
  '"*star"',
  '"? q"',
  '"- dash"',
  '"[x]"',
  '"{x}"',
  '"a very long text that goes on and on until it is much longer than eighty columns wide, so that it gets folded somewhere"',
  '|\n      literal\n      text',
  '>\n      folded\n      text\n\n      more',
  '|-\n      stripped',
  '>-\n      first\n        indented\n      last',
];

/** A random overlay. */
export function makeOverlay(seed: number): Tree {
  const random = new Random(seed);
  const tree: Tree = {};
  const bases = random.chance(0.3) ? ['base', 'base2'] : ['base'];
  for (const base of bases) makeBase(random, tree, base);
  makeTop(random, tree, bases);
  return tree;
}

function makeBase(random: Random, tree: Tree, dir: string): void {
  const documents: string[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < 3 + random.below(8); i++) {
    const maker = random.pick(KINDS);
    const name = random.pick(NAMES) + (dir === 'base' ? '' : '2');
    const text = maker(random, name, random.chance(0.15) ? random.pick(['ns1', 'default']) : undefined);
    const id = /kind: (\S+)/.exec(text)?.[1] + name;
    if (seen.has(id)) continue;
    seen.add(id);
    documents.push(text);
  }
  const half = Math.ceil(documents.length / 2);
  tree[`${dir}/one.yaml`] = documents.slice(0, half).join('---\n');
  tree[`${dir}/two.yaml`] = documents.slice(half).join('---\n') || '# nothing\n';
  const lines = ['resources:', '- one.yaml', '- two.yaml'];
  if (random.chance(0.3)) lines.push(`namePrefix: ${dir}-`);
  if (random.chance(0.2)) lines.push('namespace: low');
  if (random.chance(0.3)) lines.push('commonLabels: {layer: base}');
  if (random.chance(0.6)) {
    lines.push('configMapGenerator:', `- name: gen${dir}`, '  literals: [a=1, "b=two words", c=]');
    if (random.chance(0.3)) lines.push('  options: {disableNameSuffixHash: true, labels: {gen: "yes"}}');
  }
  if (random.chance(0.4)) {
    lines.push(
      'secretGenerator:',
      `- name: sec${dir}`,
      '  literals: [password=hunter2, "long=' + 'x'.repeat(80) + '"]',
    );
    if (random.chance(0.5)) lines.push('  type: kubernetes.io/basic-auth');
  }
  tree[`${dir}/kustomization.yaml`] = `${lines.join('\n')}\n`;
}

function makeTop(random: Random, tree: Tree, bases: readonly string[]): void {
  const lines = ['resources:', ...bases.map((base) => `- ../${base}`)];
  if (random.chance(0.3)) {
    lines.push('components: [../comp]');
    tree['comp/kustomization.yaml'] =
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n' +
      random.pick([
        'namePrefix: c-\n',
        'labels: [{pairs: {comp: x}, includeTemplates: true}]\n',
        'commonAnnotations: {comp: "1"}\n',
      ]);
  }
  if (random.chance(0.5)) lines.push(`namespace: ${random.pick(['prod', 'default', 'ns1'])}`);
  if (random.chance(0.5)) lines.push('namePrefix: p-');
  if (random.chance(0.3)) lines.push('nameSuffix: -s');
  if (random.chance(0.3)) lines.push('commonLabels: {team: x, "n": "1"}');
  if (random.chance(0.3)) {
    const flags = random.some(['includeSelectors: true', 'includeTemplates: true'], 0.4).slice(0, 1);
    lines.push('labels:', `- pairs: {tier: back}${flags.map((flag) => `\n  ${flag}`).join('')}`);
  }
  if (random.chance(0.3)) lines.push('commonAnnotations: {note: "true", long: "some words"}');
  if (random.chance(0.5)) {
    lines.push('images:', `- name: nginx\n  newTag: "1.${random.below(30)}"`);
    if (random.chance(0.5)) lines.push('- name: redis\n  newName: my.io/redis\n  digest: sha256:abcdef');
    if (random.chance(0.2)) lines.push('- name: busybox\n  tagSuffix: -x');
  }
  lines.push(...patches(random));
  if (random.chance(0.3)) {
    const exists = tree['base/kustomization.yaml']?.includes('genbase') === true;
    const behavior = random.chance(0.05) || !exists ? 'create' : random.pick(['merge', 'replace']);
    lines.push('configMapGenerator:', '- name: genbase', `  behavior: ${behavior}`, '  literals: [a=9, d=4]');
  }
  if (random.chance(0.2)) lines.push(...replacements(random));
  if (random.chance(0.2))
    lines.push(`buildMetadata: [${random.some(['originAnnotations', 'transformerAnnotations'], 0.7).join(', ')}]`);
  if (random.chance(0.3)) lines.push(`sortOptions: {order: ${random.pick(['fifo', 'legacy'])}}`);
  if (random.chance(0.1)) lines.push('generatorOptions: {annotations: {g: o}, immutable: true}');
  tree['overlay/kustomization.yaml'] = `${lines.join('\n')}\n`;
}

function patches(random: Random): string[] {
  const lines: string[] = [];
  for (let i = 0; i < random.below(4); i++) lines.push(...(random.chance(0.7) ? strategic(random) : json(random)));
  return lines.length > 0 ? ['patches:', ...lines] : [];
}

const TARGETS = [
  '{kind: Deployment}',
  '{kind: "Deployment|StatefulSet"}',
  '{kind: Service}',
  '{name: app}',
  '{name: "a.*"}',
  '{labelSelector: "app=web"}',
  '{kind: ConfigMap}',
  '{group: apps, version: v1}',
  '{kind: Custom}',
  '{kind: Ingress}',
  '{kind: Pod}',
  '{kind: CronJob}',
  '{kind: Role.*}',
  '{kind: ServiceAccount}',
];

const FRAGMENTS = [
  'spec:\n      template:\n        spec:\n          containers:\n          - name: main\n            env:\n            - name: A\n              value: patched\n            - name: NEW\n              value: "2"\n            ports:\n            - containerPort: 80\n              name: web\n            - containerPort: 81\n              protocol: UDP',
  'spec:\n      template:\n        spec:\n          containers:\n          - name: side\n            image: redis\n            $patch: delete\n          - name: added\n            image: nginx',
  'spec:\n      template:\n        spec:\n          $patch: replace\n          containers: [{name: only, image: nginx}]',
  'spec:\n      template:\n        spec:\n          volumes:\n          - name: cfg\n            emptyDir: {}\n            configMap: null\n          tolerations: [{key: k, operator: Exists}]\n          imagePullSecrets: [{name: pull}]',
  'spec:\n      ports:\n      - port: 80\n        targetPort: 9\n      - port: 443\n        name: tls\n        protocol: TCP',
  'metadata:\n      labels: {app: relabelled, extra: yes}\n      annotations: {x: "y", note: null}',
  'metadata:\n      annotations: null\n      finalizers: [b, a]',
  'data: {a: null, z: "9", num: 5}',
  'spec:\n      template:\n        metadata: {labels: {p: q}}\n        spec:\n          containers:\n          - $patch: replace\n          - {name: r, image: "busybox:1"}',
  'spec: null',
  '$patch: delete',
  'spec:\n      list: [1, 2]\n      nested: {deep: {er: 1, gone: null}}',
  'spec:\n      replicas: 3\n      strategy: {type: Recreate, rollingUpdate: null}',
  'secrets: [{name: s1}]\n    imagePullSecrets: [{name: s2}]',
  'rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]',
];

function strategic(random: Random): string[] {
  const kind = random.pick(['Deployment', 'Service', 'ConfigMap', 'StatefulSet', 'Custom', 'ServiceAccount']);
  const versions: Record<string, string> = { Deployment: 'apps/v1', StatefulSet: 'apps/v1', Custom: 'example.com/v1' };
  const text = `- patch: |\n    apiVersion: ${versions[kind] ?? 'v1'}\n    kind: ${kind}\n    metadata:\n      name: ${random.pick(NAMES)}\n    ${random.pick(FRAGMENTS.filter((fragment) => !fragment.startsWith('metadata')))}`;
  const withMetadata = random.chance(0.3)
    ? `- patch: |\n    apiVersion: ${versions[kind] ?? 'v1'}\n    kind: ${kind}\n    ${random.pick(FRAGMENTS.filter((fragment) => fragment.startsWith('metadata'))).replace('metadata:', 'metadata:\n      name: any')}`
    : text;
  return [
    withMetadata,
    `  target: ${random.pick(TARGETS)}`,
    ...(random.chance(0.15) ? ['  options: {allowNameChange: true}'] : []),
  ];
}

const OPERATIONS = [
  '{op: add, path: /metadata/labels, value: {j: p}}',
  '{op: add, path: /metadata/annotations/k, value: v}',
  '{op: replace, path: /metadata/name, value: renamed}',
  '{op: replace, path: /kind, value: Other}',
  '{op: add, path: /spec/added, value: [1, 2.5, 1e7, "x", true, null, {a: 1000000}]}',
  '{op: add, path: /data/q, value: "12"}',
  '{op: copy, from: /metadata/name, path: /metadata/labels}',
  '{op: test, path: /kind, value: Deployment}',
  '{op: remove, path: /spec}',
  '{op: add, path: /spec/template/spec/containers/-, value: {name: j, image: nginx}}',
  '{op: remove, path: /spec/template/spec/containers/0}',
  '{op: replace, path: /spec/template/spec/containers/0/image, value: "redis:2"}',
  '{op: replace, path: /spec/ports/0/port, value: 1234567}',
  '{op: move, from: /metadata/labels, path: /metadata/annotations}',
  '{op: add, path: /spec/rules/0/host, value: h}',
];

function json(random: Random): string[] {
  const operations = [random.pick(OPERATIONS), ...(random.chance(0.2) ? [random.pick(OPERATIONS)] : [])];
  return ['- patch: |', ...operations.map((operation) => `    - ${operation}`), `  target: ${random.pick(TARGETS)}`];
}

function replacements(random: Random): string[] {
  const source = random.pick([
    'source: {kind: Deployment, name: app, fieldPath: metadata.name}',
    'source: {kind: ConfigMap, name: genbase, fieldPath: data.a}',
    'source: {kind: Service, name: web, fieldPath: spec.ports.0.port}',
    'source: {kind: Deployment, name: web, fieldPath: "spec.template.spec.containers.[name=main].image", options: {delimiter: ":", index: 0}}',
    'sourceValue: fixed',
  ]);
  const target = random.pick([
    '- select: {kind: ConfigMap}\n    fieldPaths: [data.copied]\n    options: {create: true}',
    '- select: {kind: Deployment}\n    fieldPaths: ["spec.template.spec.containers.*.image"]',
    '- select: {kind: Deployment}\n    reject: [{name: app}]\n    fieldPaths: ["spec.template.spec.containers.[name=main].image"]\n    options: {delimiter: ":", index: 1}',
    '- select: {kind: Service}\n    fieldPaths: [metadata.annotations.port, "metadata.labels.[a.b/c]"]\n    options: {create: true}',
    '- select: {kind: Custom}\n    fieldPaths: ["spec.made.[name=x].value"]\n    options: {create: true}',
  ]);
  return ['replacements:', `- ${source}`, '  targets:', `  ${target}`];
}

type Maker = (random: Random, name: string, namespace: string | undefined) => string;

function head(apiVersion: string, kind: string, name: string, namespace: string | undefined, random: Random): string {
  const lines = [`apiVersion: ${apiVersion}`, `kind: ${kind}`, 'metadata:', `  name: ${name}`];
  if (namespace !== undefined) lines.push(`  namespace: ${namespace}`);
  if (random.chance(0.4)) lines.push(`  labels: {app: ${random.pick(NAMES)}}`);
  if (random.chance(0.2)) lines.push(`  annotations: {${random.pick(['note: keep', 'n: 1', 'b: true', '"a/b": ""'])}}`);
  return `${lines.join('\n')}\n`;
}

function podSpec(random: Random, indent: string): string {
  const ref = (): string => random.pick(['genbase', 'secbase', ...NAMES]);
  const lines = [
    'containers:',
    '- name: main',
    `  image: ${random.pick(['nginx', 'nginx:1.0', 'redis@sha256:aa', 'reg.io:5000/nginx:2', 'busybox:latest'])}`,
    ...(random.chance(0.5)
      ? [
          '  ports:',
          '  - containerPort: 80',
          ...(random.chance(0.5) ? ['    protocol: TCP'] : []),
          ...(random.chance(0.3) ? ['  - containerPort: 80', '    protocol: UDP'] : []),
        ]
      : []),
    '  env:',
    `  - {name: A, value: ${random.pick(['"1"', 'x', '"true"'])}}`,
    `  - name: B\n    valueFrom: {configMapKeyRef: {name: ${ref()}, key: k}}`,
    ...(random.chance(0.5)
      ? ['  envFrom:', `  - configMapRef: {name: ${ref()}}`, `  - secretRef: {name: ${ref()}}`]
      : []),
    ...(random.chance(0.4) ? ['- name: side', '  image: redis'] : []),
    ...(random.chance(0.3)
      ? ['initContainers:', '- name: init', '  image: busybox', '  command: [sh, -c, "echo $(VAR)"]']
      : []),
    'volumes:',
    `- name: cfg\n  configMap: {name: ${ref()}}`,
    ...(random.chance(0.5) ? [`- name: sec\n  secret: {secretName: ${ref()}}`] : []),
    ...(random.chance(0.3) ? [`- name: pvc\n  persistentVolumeClaim: {claimName: ${ref()}}`] : []),
    ...(random.chance(0.4) ? [`serviceAccountName: ${ref()}`] : []),
    ...(random.chance(0.2) ? ['nodeSelector:'] : []),
    ...(random.chance(0.2) ? ['hostNetwork: null'] : []),
  ];
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line) => `${indent}${line}\n`)
    .join('');
}

function workload(apiVersion: string, kind: string): Maker {
  return (random, name, namespace) =>
    `${head(apiVersion, kind, name, namespace, random)}spec:\n` +
    (random.chance(0.5) ? '  replicas: 1\n' : '') +
    (random.chance(0.5) ? `  selector: {matchLabels: {app: ${name}}}\n` : '') +
    `  template:\n    metadata: {labels: {app: ${name}}}\n    spec:\n${podSpec(random, '      ')}`;
}

const KINDS: readonly Maker[] = [
  workload('apps/v1', 'Deployment'),
  workload('apps/v1', 'Deployment'),
  workload('apps/v1', 'StatefulSet'),
  workload('apps/v1', 'DaemonSet'),
  workload('batch/v1', 'Job'),
  (random, name, namespace) =>
    `${head('batch/v1', 'CronJob', name, namespace, random)}spec:\n  schedule: "* * * * *"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n${podSpec(random, '          ')}`,
  (random, name, namespace) => `${head('v1', 'Pod', name, namespace, random)}spec:\n${podSpec(random, '  ')}`,
  (random, name, namespace) =>
    `${head('v1', 'Service', name, namespace, random)}spec:\n  selector: {app: ${name}}\n  ports:\n  - port: 80\n${random.chance(0.5) ? '  - {port: 53, protocol: UDP}\n  - {port: 53, protocol: TCP}\n' : ''}`,
  (random, name, namespace) =>
    `${head('v1', 'ConfigMap', name, namespace, random)}data:\n${['k', 'l', '"1"', 'on', 'm.txt'].map((key) => `  ${key}: ${random.pick(SCALARS.filter((s) => s !== '{}' && s !== '[]')).replaceAll('\n      ', '\n    ')}\n`).join('')}`,
  (random, name, namespace) => `${head('v1', 'Secret', name, namespace, random)}type: Opaque\nstringData: {a: b}\n`,
  (random, name, namespace) =>
    `${head('v1', 'ServiceAccount', name, namespace, random)}${random.chance(0.5) ? `imagePullSecrets: [{name: ${random.pick(NAMES)}}]\n` : ''}`,
  (random, name, namespace) =>
    `${head('rbac.authorization.k8s.io/v1', 'RoleBinding', name, namespace, random)}roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ${random.pick(['Role', 'ClusterRole'])}, name: ${random.pick(NAMES)}}\nsubjects:\n- {kind: ServiceAccount, name: ${random.pick(['default', ...NAMES])}${random.chance(0.5) ? ', namespace: ns1' : ''}}\n- {kind: User, name: u}\n`,
  (random, name) =>
    `${head('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', name, undefined, random)}roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${random.pick(NAMES)}}\nsubjects:\n- {kind: ServiceAccount, name: ${random.pick(NAMES)}, namespace: ${random.pick(['default', 'ns1', 'low'])}}\n`,
  (random, name, namespace) =>
    `${head('rbac.authorization.k8s.io/v1', 'Role', name, namespace, random)}rules:\n- {apiGroups: [""], resources: [secrets], resourceNames: [${random.pick(NAMES)}, genbase], verbs: [get]}\n`,
  (random, name) => `${head('rbac.authorization.k8s.io/v1', 'ClusterRole', name, undefined, random)}rules: []\n`,
  (random, name, namespace) =>
    `${head('networking.k8s.io/v1', 'Ingress', name, namespace, random)}spec:\n  ingressClassName: x\n  tls: [{hosts: [h], secretName: ${random.pick(NAMES)}}]\n  rules:\n  - host: h\n    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${random.pick(NAMES)}, port: {number: 80}}}}]}\n`,
  (random, name, namespace) =>
    `${head('autoscaling/v2', 'HorizontalPodAutoscaler', name, namespace, random)}spec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${random.pick(NAMES)}}\n`,
  (random, name, namespace) =>
    `${head('policy/v1', 'PodDisruptionBudget', name, namespace, random)}spec:\n  selector: {matchLabels: {app: ${name}}}\n`,
  (random, name, namespace) =>
    `${head('v1', 'PersistentVolumeClaim', name, namespace, random)}spec: {storageClassName: ${random.pick(NAMES)}, volumeName: ${random.pick(NAMES)}}\n`,
  (random, name) =>
    `${head('storage.k8s.io/v1', 'StorageClass', name, undefined, random)}provisioner: p\nparameters: {secretName: ${random.pick(NAMES)}}\n`,
  (random, name) => head('v1', 'Namespace', name, undefined, random),
  (random, name, namespace) =>
    `${head('example.com/v1', 'Custom', name, namespace, random)}spec:\n  containers: [{name: a, image: nginx}]\n  list:\n  - ${random.pick(SCALARS.filter((s) => !s.includes('\n')))}\n  - - nested\n  map:\n${['a', 'b', 'c2', 'c10', 'B', '"yes"'].map((key) => `    ${key}: ${random.pick(SCALARS)}\n`).join('')}`,
  (random, name) =>
    `${head('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', name, undefined, random)}webhooks:\n- name: w.x\n  clientConfig: {service: {name: ${random.pick(NAMES)}, namespace: ${random.pick(['default', 'ns1'])}}}\n`,
  (random, name, namespace) =>
    `${head('networking.k8s.io/v1', 'NetworkPolicy', name, namespace, random)}spec:\n  podSelector: {matchLabels: {app: ${name}}}\n  ingress: [{from: [{podSelector: {matchLabels: {a: b}}}]}]\n`,
  (random, name) =>
    `apiVersion: v1\nkind: List\nmetadata: {}\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: ${name}-i${random.below(3)}}\n  data: {x: "1"}\n`,
];
