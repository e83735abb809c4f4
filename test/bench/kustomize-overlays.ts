// The overlays of the kustomize benchmark.

export type Files = Record<string, string>;

/** The smallest thing one would build. */
export function hello(): Files {
  return {
    'overlay/kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: p-\ncommonLabels: {app: hello}\n',
    'overlay/a.yaml': application(0),
  };
}

/** `count` resources of four kinds, a patch for each Deployment, images, labels, a namespace, a prefix. */
export function patched(count: number): Files {
  const files: Files = {};
  const resources: string[] = [];
  const patches: string[] = [];
  for (let i = 0; i < count / 4; i++) {
    files[`base/app-${i}.yaml`] = application(i);
    resources.push(`- app-${i}.yaml\n`);
    patches.push(patch(i));
  }
  files['base/kustomization.yaml'] = `resources:\n${resources.join('')}`;
  files['overlay/kustomization.yaml'] = `resources: [../base]
namespace: prod
namePrefix: p-
labels:
- {pairs: {team: x, env: prod}, includeSelectors: true}
images:
- {name: nginx, newTag: "9"}
- {name: redis, newTag: "7"}
patches:
${patches.join('')}`;
  return files;
}

/** The same resources, only read and written. */
export function plain(count: number): Files {
  const files = patched(count);
  files['overlay/kustomization.yaml'] = 'resources: [../base]\n';
  return files;
}

/** Bases upon bases, each with a resource and a prefix of its own. */
export function deepTree(depth: number): Files {
  const files: Files = { 'overlay/kustomization.yaml': 'resources: [../b0]\n' };
  for (let i = 0; i < depth; i++) {
    const below = i + 1 < depth ? `- ../b${i + 1}\n` : '';
    files[`b${i}/kustomization.yaml`] = `namePrefix: x-\nresources:\n- a.yaml\n${below}`;
    files[`b${i}/a.yaml`] = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${i}}\ndata: {a: b}\n`;
  }
  return files;
}

function application(i: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${i}
spec:
  replicas: 1
  selector: {matchLabels: {app: app-${i}}}
  template:
    metadata: {labels: {app: app-${i}}}
    spec:
      serviceAccountName: sa-${i}
      containers:
      - name: main
        image: nginx:1.${i}
        ports:
        - containerPort: 80
        env:
        - name: A
          value: "1"
        - name: B
          valueFrom:
            configMapKeyRef: {name: cm-${i}, key: b}
        volumeMounts:
        - {name: cfg, mountPath: /etc/cfg}
      volumes:
      - name: cfg
        configMap: {name: cm-${i}}
---
apiVersion: v1
kind: Service
metadata:
  name: app-${i}
spec:
  selector: {app: app-${i}}
  ports:
  - {port: 80, targetPort: 8080}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: cm-${i}
data:
  b: "2"
  c: hello
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: sa-${i}
`;
}

function patch(i: number): string {
  return `- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: app-${i}}
    spec:
      replicas: ${(i % 5) + 2}
      template:
        spec:
          containers:
          - name: main
            env: [{name: C, value: "x"}]
`;
}
