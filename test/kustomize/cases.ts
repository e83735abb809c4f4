// Overlays for the features of kustomize, one by one; what the real program answers is recorded in test/golden/kustomize.

/** Files by path; `overlay` is built when there is one, else the root. */
export type Files = Readonly<Record<string, string>>;

const deployment = (name: string, extra = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
      - name: main
        image: nginx:1.0
        ports:
        - containerPort: 80
        args: ["$(HOST)", "port=$(PORT)", "$$(HOST)", "$(NONE)", "$(open"]
${extra}`;

const service = (name: string, extra = ''): string => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  ports:
  - port: 8080
${extra}`;

const configMap = (name: string, data = 'a: b'): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data:
  ${data}
`;

export const cases: Readonly<Record<string, Files>> = {
  vars: {
    'kustomization.yaml': `resources: [d.yaml, s.yaml]
namePrefix: p-
vars:
- name: HOST
  objref: {apiVersion: v1, kind: Service, name: svc}
- name: PORT
  objref: {apiVersion: v1, kind: Service, name: svc}
  fieldref: {fieldPath: "spec.ports[0].port"}
- name: UNUSED
  objref: {apiVersion: v1, kind: Service, name: svc}
`,
    'd.yaml': deployment('d'),
    's.yaml': service('svc'),
  },
  'vars keep types': {
    'kustomization.yaml': `resources: [s.yaml, cr.yaml]
configurations: [config.yaml]
vars:
- {name: PORT, objref: {apiVersion: v1, kind: Service, name: svc}, fieldref: {fieldPath: "spec.ports[0].port"}}
- {name: FLOAT, objref: {apiVersion: e/v1, kind: CR, name: cr}, fieldref: {fieldPath: spec.float}}
- {name: BOOL, objref: {apiVersion: e/v1, kind: CR, name: cr}, fieldref: {fieldPath: spec.bool}}
`,
    'config.yaml':
      'varReference:\n- {path: spec/values, kind: CR}\n- {path: spec/one, kind: CR}\n- {path: spec/map, kind: CR}\n',
    's.yaml': service('svc'),
    'cr.yaml':
      'apiVersion: e/v1\nkind: CR\nmetadata: {name: cr}\nspec:\n  float: 1.5\n  bool: true\n  one: $(PORT)\n  values: ["$(PORT)", "$(FLOAT)", "$(BOOL)", "x $(PORT) $(FLOAT) $(BOOL)"]\n  map: {a: $(PORT), b: 3}\n',
  },
  'configurations and crds': {
    'kustomization.yaml':
      'resources: [cr.yaml, cm.yaml]\nnamePrefix: p-\ncommonLabels: {l: v}\ncommonAnnotations: {note: v}\nconfigurations: [config.yaml]\ncrds: [crd.json]\nimages: [{name: img, newTag: "2"}]\nreplicas: [{name: cr, count: 3}]\n',
    'config.yaml': `nameReference:
- kind: ConfigMap
  version: v1
  fieldSpecs: [{kind: CR, path: spec/config/name}, {kind: CR, path: spec/list/names}]
commonLabels: [{kind: CR, path: spec/labels, create: true}]
commonAnnotations: [{kind: CR, path: spec/notes, create: true}]
images: [{kind: CR, path: spec/image}]
replicas: [{kind: CR, path: spec/size, create: true}]
namespace: [{kind: CR, path: spec/ns, create: true}]
`,
    'crd.json':
      '{"x.v1.CR": {"Schema": {"properties": {"apiVersion": {}, "kind": {}, "metadata": {}, "spec": {"$ref": "x.v1.Spec"}}}}, "x.v1.Spec": {"Schema": {"properties": {"ref": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap", "$ref": "none"}, "sel": {"x-kubernetes-label-selector": ""}, "note": {"x-kubernetes-annotation": ""}}}}}',
    'cr.yaml':
      'apiVersion: e/v1\nkind: CR\nmetadata: {name: cr}\nspec: {config: {name: cm}, list: [{names: [cm, other]}], image: img:1, ref: {name: cm}, sel: {a: b}, note: {}}\n',
    'cm.yaml': configMap('cm'),
  },
  'custom openapi': {
    'kustomization.yaml': `resources: [cr.yaml, d.yaml]
openapi: {path: schema.json}
patches:
- patch: |
    apiVersion: e/v1
    kind: CR
    metadata: {name: cr}
    spec: {items: [{id: a, v: 9}, {id: c, v: 3}]}
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: d}
    spec: {template: {spec: {containers: [{name: other}]}}}
`,
    'schema.json':
      '{"definitions": {"v1.CR": {"type": "object", "x-kubernetes-group-version-kind": [{"group": "e", "version": "v1", "kind": "CR"}], "properties": {"spec": {"type": "object", "properties": {"items": {"type": "array", "x-kubernetes-patch-merge-key": "id", "x-kubernetes-patch-strategy": "merge", "items": {"type": "object"}}}}}}}}',
    'cr.yaml':
      'apiVersion: e/v1\nkind: CR\nmetadata: {name: cr}\nspec: {items: [{id: a, v: 1, w: 0}, {id: b, v: 2}]}\n',
    'd.yaml': deployment('d'),
  },
  'generators from files': {
    'kustomization.yaml': `configMapGenerator:
- name: files
  files: [a.txt, key=b.txt, bin.dat]
  envs: [e.env]
  env: f.env
  literals: ["q='quoted'", 'w="x"', "e=", "eq=a=b"]
- name: plain
  namespace: other
  options: {disableNameSuffixHash: true, immutable: true, labels: {a: "1"}, annotations: {b: "true"}}
secretGenerator:
- name: tls
  type: kubernetes.io/tls
  files: [tls.crt=a.txt, tls.key=b.txt]
generatorOptions: {labels: {all: "yes"}}
`,
    'a.txt': 'line one\n\ttabbed\nlast',
    'b.txt': '',
    'bin.dat': 'text with é and 😀\r\n',
    'e.env': '# comment\n  KEY=value \nEMPTY\nQ="quoted"\r\n\nA=b # c\n',
    'f.env': '\uFEFFBOM=1\n',
  },
  'merge and replace of generated objects': {
    'base/kustomization.yaml':
      'namePrefix: b-\nconfigMapGenerator:\n- {name: m, literals: [a=1, b=2]}\n- {name: r, literals: [a=1]}\nresources: [plain.yaml]\n',
    'base/plain.yaml': configMap('plain'),
    'overlay/kustomization.yaml':
      'resources: [../base]\nconfigMapGenerator:\n- {name: m, behavior: merge, literals: [b=3, c=4], options: {labels: {x: "q"}}}\n- {name: r, behavior: replace, literals: [z=1]}\n- {name: plain, behavior: merge, literals: [n=1]}\n',
  },
  'plugins from files': {
    'kustomization.yaml':
      'resources: [d.yaml]\ngenerators: [gen.yaml]\ntransformers:\n- t.yaml\n- |\n  apiVersion: builtin\n  kind: LabelTransformer\n  metadata: {name: inline}\n  labels: {in: line}\n  fieldSpecs: [{path: metadata/labels, create: true}]\n',
    'gen.yaml':
      'apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: made}\nliterals: [a=b]\n---\napiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: sec, namespace: n}\nliterals: [a=b]\n---\napiVersion: builtin\nkind: IAMPolicyGenerator\nmetadata: {name: iam}\ncloud: gke\nkubernetesService: {name: ksa, namespace: n}\nserviceAccount: {name: gsa, projectId: proj}\n',
    't.yaml':
      'apiVersion: builtin\nkind: PrefixSuffixTransformer\nmetadata: {name: x}\nprefix: a-\nsuffix: -b\nfieldSpecs: [{path: metadata/name}]\n---\napiVersion: builtin\nkind: NamespaceTransformer\nmetadata: {name: x, namespace: moved}\nunsetOnly: true\nfieldSpecs: [{path: metadata/namespace, create: true}]\n---\napiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: x}\nannotations: {k: v}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n---\napiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: x}\nimageTag: {name: nginx, newTag: "7"}\nfieldSpecs: [{path: spec/none}]\n---\napiVersion: builtin\nkind: ReplicaCountTransformer\nmetadata: {name: x}\nreplica: {name: d, count: 4}\nfieldSpecs: [{path: spec/replicas, create: true, kind: Deployment}]\n---\napiVersion: builtin\nkind: ValueAddTransformer\nmetadata: {name: x}\nvalue: added\ntargets:\n- {selector: {kind: Deployment}, fieldPath: metadata/annotations/path, filePathPosition: 1}\n---\napiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\ntarget: {kind: Deployment}\npatch: "- {op: add, path: /spec/paused, value: true}"\n---\napiVersion: builtin\nkind: ReplacementTransformer\nmetadata: {name: x}\nreplacements:\n- source: {kind: Deployment, fieldPath: metadata.name}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.from], options: {create: true}}]\n---\napiVersion: builtin\nkind: HashTransformer\nmetadata: {name: x}\n',
    'd.yaml': deployment('d'),
  },
  'old patch fields': {
    'kustomization.yaml': `resources: [d.yaml, s.yaml]
patchesStrategicMerge:
- p.yaml
- |-
  apiVersion: v1
  kind: Service
  metadata: {name: s}
  $patch: delete
patchesJson6902:
- target: {version: v1, kind: Deployment, name: d, group: apps}
  path: j.json
- target: {kind: Deployment, name: d}
  patch: '[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "x<y>&z"}]'
imageTags: [{name: x, newTag: 'y'}]
`,
    'p.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\n  labels: {a: "1"}\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        env: [{name: A, value: "1"}]\n',
    'j.json':
      '[{"op": "add", "path": "/spec/replicas", "value": 2}, {"op": "test", "path": "/kind", "value": "Deployment"}]',
    'd.yaml': deployment('d'),
    's.yaml': service('s'),
  },
  'patch directives': {
    'kustomization.yaml': `resources: [d.yaml]
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: d}
    spec:
      template:
        spec:
          containers:
          - name: main
            ports:
            - $patch: replace
            - containerPort: 1
          - {name: gone, $patch: delete}
          - {name: new, image: i, $patch: merge}
          volumes:
          - name: v
            emptyDir: {$patch: delete}
            configMap: {name: c, $patch: replace}
          nodeSelector: {$patch: replace, only: this}
          affinity: null
`,
    'd.yaml': deployment(
      'd',
      '      - {name: gone, image: g}\n      volumes: [{name: v, emptyDir: {}}]\n      nodeSelector: {a: b}\n      affinity: {x: y}\n      empty:\n      kept: null\n',
    ),
  },
  'ports with several keys': {
    'kustomization.yaml': `resources: [s.yaml, d.yaml]
patches:
- patch: |
    apiVersion: v1
    kind: Service
    metadata: {name: s}
    spec:
      ports:
      - {port: 53, protocol: UDP, name: udp}
      - {port: 80, name: http}
      - {port: 99, name: new}
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: d}
    spec: {template: {spec: {containers: [{name: main, ports: [{containerPort: 80, hostPort: 1}, {containerPort: 80, protocol: UDP}]}]}}}
`,
    's.yaml':
      'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports:\n  - {port: 80, protocol: TCP}\n  - {port: 53, protocol: TCP}\n  - {port: 53, protocol: UDP}\n  - {port: 80, protocol: TCP, nodePort: 3}\n',
    'd.yaml': deployment('d'),
  },
  'lists of scalars and odd elements': {
    'kustomization.yaml': `resources: [p.yaml, ws.yaml]
patches:
- patch: |
    apiVersion: v1
    kind: Pod
    metadata: {name: p, finalizers: [new, one]}
    spec:
      containers: [{image: noname}, {name: b, image: y}]
      hostAliases: [{ip: 1.1.1.1, hostnames: [x]}]
      topologySpreadConstraints: [{topologyKey: k, whenUnsatisfiable: DoNotSchedule, maxSkew: 2}]
- target: {kind: MutatingWebhookConfiguration}
  patch: |
    apiVersion: x/v1
    kind: MutatingWebhookConfiguration
    metadata: {name: ignored, labels: {gone: null}}
    webhooks: [{name: a, timeoutSeconds: 1}]
`,
    'p.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p, finalizers: [one, two]}\nspec:\n  containers: [{name: a, image: x}, {image: other}, {name: b}]\n  hostAliases: [{ip: 2.2.2.2}, {ip: 1.1.1.1, hostnames: [y]}]\n  topologySpreadConstraints: [{topologyKey: k, whenUnsatisfiable: ScheduleAnyway}, {topologyKey: k, whenUnsatisfiable: DoNotSchedule}]\n',
    'ws.yaml':
      'apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: w, labels: {gone: soon}}\nwebhooks: [{name: b}, {name: a, sideEffects: None}]\n',
  },
  'renaming and retyping patches': {
    'kustomization.yaml': `resources: [d.yaml, hpa.yaml]
namePrefix: p-
patches:
- target: {kind: Deployment}
  options: {allowNameChange: true, allowKindChange: true}
  patch: |
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: renamed}
`,
    'd.yaml': deployment('d'),
    'hpa.yaml':
      'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {scaleTargetRef: {kind: Deployment, name: d}}\n',
  },
  'components in order': {
    'base/kustomization.yaml': 'resources: [d.yaml]\nnamePrefix: base-\n',
    'base/d.yaml': deployment('d'),
    'one/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: one-\nresources: [cm.yaml]\npatches: [{target: {name: gen}, patch: "- {op: add, path: /data/two, value: b}"}]\n',
    'one/cm.yaml': configMap('from-one'),
    'two/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -two\nlabels: [{pairs: {t: w}, includeSelectors: true}]\n',
    'overlay/kustomization.yaml':
      'resources: [../base]\ncomponents: [../one, ../two]\nnamePrefix: top-\nconfigMapGenerator: [{name: gen, literals: [a=b]}]\n',
  },
  'replacement options': {
    'kustomization.yaml': `resources: [d.yaml, s.yaml, cm.yaml]
replacements:
- source: {kind: Service, fieldPath: "spec.ports.[port=8080].port"}
  targets:
  - select: {kind: Deployment}
    fieldPaths: ["spec.template.spec.containers.[name=main].ports.0.containerPort", "metadata.annotations.[a.b/c]"]
    options: {create: true}
- source: {kind: ConfigMap, name: cm, fieldPath: data.url, options: {delimiter: "/", index: 2}}
  targets:
  - select: {name: d}
    fieldPaths: ["spec.template.spec.containers.*.image"]
    options: {delimiter: ":", index: 99}
  - select: {kind: Service}
    fieldPaths: [metadata.labels.host]
    options: {create: true}
  - select: {kind: ConfigMap}
    reject: [{labelSelector: skip=yes}]
    fieldPaths: [data.copy]
    options: {delimiter: ".", index: -1, create: true}
- path: more.yaml
`,
    'more.yaml': `- source: {kind: Deployment, fieldPath: spec.template.spec.containers}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.list], options: {create: true}}]
- sourceValue: "12"
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.number, data.text]}]
`,
    'd.yaml': deployment('d'),
    's.yaml': service('s'),
    'cm.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {url: "https://host.x/path", number: 1, text: "q"}\n',
  },
  'namespaces and subjects': {
    'kustomization.yaml': 'resources: [all.yaml]\nnamespace: moved\nnamePrefix: p-\n',
    'all.yaml': `apiVersion: v1
kind: ServiceAccount
metadata: {name: sa, namespace: own}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: crb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cr}
subjects:
- {kind: ServiceAccount, name: sa, namespace: own}
- {kind: ServiceAccount, name: default, namespace: x}
- {kind: ServiceAccount, name: other, namespace: y}
- {kind: User, name: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: cr, namespace: dropped}
---
apiVersion: v1
kind: Namespace
metadata: {name: ns}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: w}
webhooks: [{name: a, clientConfig: {service: {name: svc, namespace: own}}}]
---
apiVersion: v1
kind: Service
metadata: {name: svc, namespace: own}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.x}
spec: {service: {name: svc}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: c.x}
spec: {conversion: {webhook: {clientConfig: {service: {name: svc, namespace: a}}}}}
---
apiVersion: e/v1
kind: Custom
metadata: {name: c}
`,
  },
  'build metadata': {
    'base/kustomization.yaml': 'resources: [d.yaml]\nnamePrefix: b-\n',
    'base/d.yaml': deployment('d'),
    'overlay/kustomization.yaml':
      'resources: [../base, s.yaml]\nbuildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\nnameSuffix: -s\nconfigMapGenerator: [{name: g, literals: [a=b]}]\nimages: [{name: a, newTag: b}, {name: nginx, newTag: c}]\ntransformers: [t.yaml]\nlabels: [{pairs: {a: b}}]\n',
    'overlay/s.yaml': service('s'),
    'overlay/t.yaml':
      'apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: x}\nannotations: {k: v}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n',
  },
  'sort options': {
    'kustomization.yaml':
      'resources: [all.yaml]\nsortOptions:\n  order: legacy\n  legacySortOptions: {orderFirst: [Service, ConfigMap], orderLast: [Deployment]}\n',
    'all.yaml': [
      deployment('d'),
      configMap('b'),
      configMap('a'),
      service('s'),
      'apiVersion: e/v1\nkind: X\nmetadata: {name: x}\n',
    ].join('---\n'),
  },
  'scalars of all kinds': {
    'kustomization.yaml': 'resources: [cr.yaml]\nlabels: [{pairs: {number: "1", word: "on"}}]\n',
    'cr.yaml': `apiVersion: e/v1
kind: CR
metadata:
  name: "123"
  annotations: {a: 1, b: true, c: null, d: 2020-01-01}
spec:
  - [1, 1.0, 1e3, 1e21, 1.5e-9, 0644, 0o17, 0x1F, 0b11, 1_000, +1, -0, .5, 5., 1e+2, 123456789012345678901234567890]
  - [yes, no, on, off, y, n, Y, N, true, True, TRUE, false, null, ~, NULL, Null]
  - ["yes", "1", "1.0", "null", "~", "", " ", "0644", "1e3", "2020-01-01", "12:30:45", "=", "<<", "0x1F", ".5", ".inf"]
  - [2020-01-01, 2020-1-2, 2020-01-01T10:11:12Z, 2020-01-01 10:11:12.5, 2020-01-01t10:11:12+02:00, 12:30:45, 190:20:30]
  - ["#x", "x #y", "x: y", "x:", ":x", "- x", "-", "? x", "?x", "@x", "\`x", "%x", "!x", "&x", "*x", "|x", ">x", "'x", '"x', "{x", "[x", "x]", "a,b"]
  - ["tab\\t", "nl\\n", "a\\nb", "a\\n\\nb\\n", "a \\nb", " a\\nb", "\\n", "\\ta\\nb", "é", "😀", "\\u00a0", "\\u2028", "\\x01", "\\ufeffx", "trail "]
  - |
    literal
      indented

    end
  - |+
    keep

  - >-
    folded text
    goes on

    here
      more
    less
  - "long long long long long long long long long long long long long long long long long long long long long long"
  - {b10: 1, b9: 2, B: 3, a-b: 4, ab: 5, _x: 6, "1": 7, 10x: 8, "": 9, yes: 10, "x y": 11}
`,
  },
  'anchors and merge keys': {
    'kustomization.yaml': 'resources: [a.yaml]\n',
    'a.yaml': `apiVersion: v1
kind: ConfigMap
metadata: &meta
  name: a
  labels: &labels {l: &v "1", m: *v}
data:
  <<: *labels
  l: own
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: b
x-base: &one {p: "1", q: "1"}
x-more: &two {q: "2", r: "2"}
data:
  <<: [*one, *two]
  s: "3"
`,
  },
  'lists of objects': {
    'kustomization.yaml': 'resources: [l.yaml, m.yaml]\nnamePrefix: p-\n',
    'l.yaml':
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {n: "1"}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n',
    'm.yaml':
      'apiVersion: v1\nkind: ConfigMapList\nmetadata: {resourceVersion: "1"}\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {big: 123456789012345678, f: 1.0, t: 2020-01-01}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n---\napiVersion: e/v1\nkind: NotAList\nmetadata: {name: e}\n',
  },
  'local configuration': {
    'kustomization.yaml':
      'resources: [a.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: src, fieldPath: data.a}\n  targets: [{select: {name: dst}, fieldPaths: [data.a]}]\n',
    'a.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: src, annotations: {config.kubernetes.io/local-config: "true"}}\ndata: {a: here}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: dst, annotations: {config.kubernetes.io/local-config: "false"}}\ndata: {a: there}\n',
  },
  'image corners': {
    'kustomization.yaml': `resources: [p.yaml]
images:
- {name: a, newName: reg:5000/a, newTag: v1}
- {name: b, digest: sha256:123}
- {name: c, newTag: v3, digest: sha256:abc}
- {name: d, tagSuffix: -x}
- {name: "reg.io/.*", newTag: all}
- {name: e.f, newTag: dot}
`,
    'p.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n' +
      ['a', 'a:1', 'a@sha256:1', 'b:2', 'b', 'c:1', 'd:1', 'd', 'reg.io/x/y:1', 'e.f:1', 'exf:1', 'ab:1']
        .map((image, i) => `  - {name: c${i}, image: "${image}"}\n`)
        .join('') +
      '  ephemeralContainers: [{name: e, image: a:1}]\n',
  },
  'diamond of bases': {
    'base/kustomization.yaml': 'resources: [cm.yaml]\n',
    'base/cm.yaml': configMap('cm'),
    'a/kustomization.yaml': 'resources: [../base]\nnamePrefix: a-\n',
    'b/kustomization.yaml': 'resources: [../base]\nnamePrefix: b-\n',
    'overlay/kustomization.yaml': 'resources: [../a, ../b]\nnamePrefix: top-\n',
  },
  'error: unknown field': { 'kustomization.yaml': 'resources: []\nspec: {}\n' },
  'error: wrong types': { 'kustomization.yaml': 'resources: x.yaml\nimages: [{name: a, newTag: 1.2}]\n' },
  'error: fields of embedded structs': { 'kustomization.yaml': 'secretGenerator: [{literals: [1]}]\n' },
  'error: a selector of a wrong type': { 'kustomization.yaml': 'patches: [{target: {kind: 3}}]\n' },
  'error: a replacement of a wrong type': { 'kustomization.yaml': 'replacements: [{source: {options: {index: x}}}]\n' },
  'error: a kind of a wrong type': { 'kustomization.yaml': 'kind: 3\n' },
  'error: half a replica': { 'kustomization.yaml': 'replicas: [{count: 1.5}]\n' },
  'error: a list for a file': { 'kustomization.yaml': '- a\n' },
  'error: number for a label': { 'kustomization.yaml': 'commonLabels: {a: 1}\n' },
  'error: cycle': {
    'a/kustomization.yaml': 'resources: [../overlay]\n',
    'overlay/kustomization.yaml': 'resources: [../a]\n',
  },
  'error: twice the same': {
    'kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
    'a.yaml': configMap('x'),
    'b.yaml': configMap('x'),
  },
  'error: outside of the root': { 'x.yaml': configMap('x'), 'overlay/kustomization.yaml': 'resources: [../x.yaml]\n' },
  'error: json patch': {
    'kustomization.yaml':
      'resources: [a.yaml]\npatches: [{target: {kind: ConfigMap}, patch: "- {op: remove, path: /data/none}"}]\n',
    'a.yaml': configMap('x'),
  },
  'error: replicas of nothing': {
    'kustomization.yaml': 'resources: [a.yaml]\nreplicas: [{name: none, count: 1}]\n',
    'a.yaml': configMap('x'),
  },
  'error: literal without a value': { 'kustomization.yaml': 'configMapGenerator: [{name: x, literals: [nothing]}]\n' },
  'error: repeated key': { 'kustomization.yaml': 'configMapGenerator: [{name: x, literals: [a=1, a=2]}]\n' },
  'error: replacement without field': {
    'kustomization.yaml':
      'resources: [a.yaml]\nreplacements: [{source: {kind: ConfigMap}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.none]}]}]\n',
    'a.yaml': configMap('x'),
  },
  'error: patch of both kinds': {
    'kustomization.yaml': 'resources: [a.yaml]\npatches: [{path: a.yaml, patch: "x: y"}]\n',
    'a.yaml': configMap('x'),
  },
  'error: conflicting configuration': {
    'kustomization.yaml': 'configurations: [c.yaml]\nresources: [a.yaml]\n',
    'c.yaml': 'namePrefix: [{path: metadata/name, create: true}]\n',
    'a.yaml': configMap('x'),
  },
  'error: sort order': {
    'kustomization.yaml': 'resources: [a.yaml]\nsortOptions: {order: up}\n',
    'a.yaml': configMap('x'),
  },
  'error: charts are off': { 'kustomization.yaml': 'helmCharts: [{name: c, releaseName: r}]\n' },
};
