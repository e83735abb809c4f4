// What a chart has in two versions, and what somebody does to the objects in between: the cases client-side apply is
// compared with Helm by. Names are those of the release, so that they are the same whoever releases.

export interface ClientSideCase {
  readonly name: string;
  /** `plural.group` (as kubectl takes it) of the object, whose name is the case's. */
  readonly resource: string;
  readonly kind: string;
  readonly apiVersion: string;
  /** The rest of the manifest, as YAML; empty where the version does not have it. */
  readonly before: string;
  readonly after: string;
  /** A strategic (for custom resources: merge) patch by hand, or the end of the object. */
  readonly edit?: object | 'delete';
}

const configMap = { resource: 'configmaps', kind: 'ConfigMap', apiVersion: 'v1' } as const;
const deployment = { resource: 'deployments.apps', kind: 'Deployment', apiVersion: 'apps/v1' } as const;
const service = { resource: 'services', kind: 'Service', apiVersion: 'v1' } as const;

const pod = (spec: string, more = ''): string =>
  `spec:\n  selector: {matchLabels: {app: a}}\n${more}  template:\n    metadata: {labels: {app: a}}\n    spec:\n${spec}`;
const container = (fields: string): string =>
  pod(`      containers:\n      - {name: main, image: x.invalid/a, ${fields}}\n`);
const edited = (fields: object): object => ({
  spec: { template: { spec: { containers: [{ name: 'main', ...fields }] } } },
});

export function clientSideCases(customGroup: string): ClientSideCase[] {
  const custom = { resource: `widgets.${customGroup}`, kind: 'Widget', apiVersion: `${customGroup}/v1` } as const;
  return [
    {
      ...configMap,
      name: 'scalars',
      before: 'data: {same: "1", changed: "1", gone: "1", edited: "1"}',
      after: 'data: {same: "1", changed: "2", edited: "1", new: "1"}',
      edit: { data: { edited: 'by hand', own: 'by hand', gone: 'by hand' } },
    },
    { ...configMap, name: 'all-gone', before: 'data: {a: "1"}', after: '', edit: { data: { b: '1' } } },
    { ...configMap, name: 'deleted', before: 'data: {a: "1"}', after: 'data: {a: "2"}', edit: 'delete' },
    {
      ...configMap,
      name: 'annotations',
      before: '  annotations: {a: "1", b: "1", c: "1"}\n  labels: {x: "1", y: "1"}',
      after: '  annotations: {b: "2"}\n  labels: {x: "2"}',
      edit: { metadata: { annotations: { own: '1', c: 'by hand' }, labels: { own: '1' } } },
    },
    {
      ...configMap,
      name: 'finalizers',
      before: '  finalizers: [a.example/x, b.example/x]',
      after: '  finalizers: [c.example/x, a.example/x]',
      edit: { metadata: { finalizers: ['own.example/x'] } },
    },
    {
      ...deployment,
      name: 'env',
      before: container('env: [{name: A, value: "1"}, {name: GONE, value: "1"}, {name: C, value: "1"}]'),
      after: container('env: [{name: NEW, value: "1"}, {name: C, value: "2"}, {name: A, value: "1"}]'),
      edit: edited({
        env: [
          { name: 'A', value: 'by hand' },
          { name: 'OWN', value: '1' },
        ],
      }),
    },
    {
      ...deployment,
      name: 'env-source',
      before: container('env: [{name: A, value: "1"}]'),
      after: container('env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]'),
    },
    {
      ...deployment,
      name: 'ports',
      before: container('ports: [{containerPort: 80, name: web}, {containerPort: 81}]'),
      after: container('ports: [{containerPort: 82}, {containerPort: 80, name: http}]'),
      edit: edited({ ports: [{ containerPort: 9000, name: 'own' }] }),
    },
    {
      ...deployment,
      name: 'sidecar',
      before: container('command: [a, b], args: [c]'),
      after: container('command: [a, d]'),
      edit: { spec: { template: { spec: { containers: [{ name: 'injected', image: 'x.invalid/b' }] } } } },
    },
    {
      ...deployment,
      name: 'containers',
      before: pod('      containers: [{name: a, image: x.invalid/a}, {name: b, image: x.invalid/b}]\n'),
      after: pod('      containers: [{name: c, image: x.invalid/c}, {name: a, image: x.invalid/a2}]\n'),
      edit: { spec: { template: { spec: { containers: [{ name: 'b', image: 'x.invalid/by-hand' }] } } } },
    },
    {
      ...deployment,
      name: 'reordered',
      before: pod('      containers: [{name: a, image: x.invalid/a}, {name: b, image: x.invalid/b}]\n'),
      after: pod('      containers: [{name: b, image: x.invalid/b}, {name: a, image: x.invalid/a}]\n'),
    },
    {
      ...deployment,
      name: 'replicas',
      before: container('resources: {limits: {cpu: "0.5", memory: 1Gi}}'),
      after: container('resources: {limits: {cpu: 500m}}'),
      edit: { spec: { replicas: 3, paused: true } },
    },
    {
      ...deployment,
      name: 'strategy',
      before: pod(
        '      containers: [{name: a, image: x.invalid/a}]\n',
        '  strategy: {rollingUpdate: {maxSurge: 2}}\n',
      ),
      after: pod('      containers: [{name: a, image: x.invalid/a}]\n', '  strategy: {type: Recreate}\n'),
    },
    {
      ...deployment,
      name: 'volumes',
      before: pod(
        '      containers: [{name: a, image: x.invalid/a}]\n      volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: {}}]\n',
      ),
      after: pod(
        '      containers: [{name: a, image: x.invalid/a}]\n      volumes: [{name: v, configMap: {name: some}}]\n',
      ),
      edit: { spec: { template: { spec: { volumes: [{ name: 'own', emptyDir: {} }] } } } },
    },
    {
      ...deployment,
      name: 'atomic',
      before: pod(
        '      containers: [{name: a, image: x.invalid/a}]\n      tolerations: [{key: a, operator: Exists}]\n      nodeSelector: {a: "1", b: "1"}\n',
      ),
      after: pod(
        '      containers: [{name: a, image: x.invalid/a}]\n      tolerations: [{key: a, operator: Exists}]\n      nodeSelector: {a: "2"}\n',
      ),
      edit: {
        spec: { template: { spec: { tolerations: [{ key: 'own', operator: 'Exists' }], nodeSelector: { own: '1' } } } },
      },
    },
    {
      ...service,
      name: 'service',
      before: 'spec: {selector: {a: "1", b: "1"}, ports: [{port: 80, name: web}, {port: 81, name: gone}]}',
      after: 'spec: {selector: {a: "1"}, ports: [{port: 82, name: new}, {port: 80, name: web, targetPort: 8080}]}',
      edit: { spec: { ports: [{ port: 90, name: 'own' }], externalIPs: ['192.0.2.1'] } },
    },
    {
      ...service,
      name: 'two-protocols',
      before: 'spec: {ports: [{port: 53, name: udp, protocol: UDP}, {port: 53, name: tcp, protocol: TCP}]}',
      after:
        'spec: {ports: [{port: 53, name: udp, protocol: UDP, targetPort: 5353}, {port: 53, name: tcp, protocol: TCP}]}',
    },
    {
      resource: 'serviceaccounts',
      kind: 'ServiceAccount',
      apiVersion: 'v1',
      name: 'pull-secrets',
      before: 'imagePullSecrets: [{name: a}, {name: b}]\nautomountServiceAccountToken: false',
      after: 'imagePullSecrets: [{name: c}, {name: a}]',
      edit: { imagePullSecrets: [{ name: 'own' }] },
    },
    {
      resource: 'secrets',
      kind: 'Secret',
      apiVersion: 'v1',
      name: 'secret',
      before: 'data: {a: QQ==, b: QQ==}',
      after: 'data: {a: Qg==}\nstringData: {c: plain}',
      edit: { data: { own: 'QQ==' } },
    },
    {
      resource: 'roles.rbac.authorization.k8s.io',
      kind: 'Role',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      name: 'role',
      before: 'rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]',
      after: 'rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]',
      edit: { rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] },
    },
    {
      resource: 'ingresses.networking.k8s.io',
      kind: 'Ingress',
      apiVersion: 'networking.k8s.io/v1',
      name: 'ingress',
      before: 'spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}',
      after: 'spec: {defaultBackend: {service: {name: b, port: {name: web}}}, ingressClassName: c}',
      edit: { spec: { tls: [{ hosts: ['own.example'] }] } },
    },
    {
      resource: 'cronjobs.batch',
      kind: 'CronJob',
      apiVersion: 'batch/v1',
      name: 'cronjob',
      before:
        'spec: {schedule: "1 * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: x.invalid/a, env: [{name: A, value: "1"}]}]}}}}}',
      after:
        'spec: {schedule: "2 * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: x.invalid/a, env: [{name: B, value: "1"}]}]}}}}}',
      edit: { spec: { suspend: true } },
    },
    {
      ...custom,
      name: 'custom',
      before:
        '  annotations: {a: "1"}\nspec: {same: 1, changed: 1, gone: {a: 1}, list: [{name: a}, {name: b}], map: {a: 1, b: 1}}',
      after: 'spec: {same: 1, changed: 2, list: [{name: c}], map: {a: 1}, new: null}',
      edit: { spec: { same: 7, own: 1, map: { own: 1 } }, metadata: { labels: { own: '1' } } },
    },
    {
      ...custom,
      name: 'custom-same',
      before: 'spec: {list: [1, 2], a: 1}',
      after: 'spec: {list: [1, 2], a: 1}',
      edit: { spec: { list: [3], a: 2 } },
    },
  ];
}
