// Reading and writing 1,000 Deployments, against the npm library `yaml`.
import process from 'node:process';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { emitDocuments, marshalJSON, parseDocuments, sigsMarshal, sigsUnmarshal, type GoValue } from '#goyaml/index';

const COUNT = 1000;
const ROUNDS = 5;

function deployment(i: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${i}
  namespace: team-${i % 17}
  labels:
    app.kubernetes.io/name: app-${i}
    app.kubernetes.io/version: "1.${i}.0"
  annotations:
    description: "A deployment, number ${i}"
spec:
  replicas: ${i % 5}
  selector:
    matchLabels:
      app: app-${i}
  template:
    metadata:
      labels:
        app: app-${i}
    spec:
      serviceAccountName: sa-${i}
      containers:
        - name: main
          image: registry.example.com/team/app:${i}.2.3
          args: ["--port=8080", "--verbose"]
          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
          ports:
            - containerPort: 8080
              name: http
              protocol: TCP
          command:
            - /bin/sh
            - -c
            - |
              set -e
              exec /app/run --number ${i}
          resources:
            limits: {cpu: 500m, memory: 256Mi}
            requests:
              cpu: 100m
              memory: 128Mi
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
            initialDelaySeconds: 10
      volumes:
        - name: tmp
          emptyDir: {}
`;
}

/** Milliseconds of CPU, the best of some rounds after a warm-up. */
function measure(work: () => void): number {
  work();
  work();
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const started = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(started);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

const texts = Array.from({ length: COUNT }, (_, i) => deployment(i));
const stream = texts.join('---\n');
const values: GoValue[] = texts.map((text) => sigsUnmarshal(text));
const nodes = parseDocuments(stream, { comments: true });

const rows: [work: string, ours: () => void, peer: (() => void) | undefined][] = [
  [
    'text to values',
    () => texts.forEach((text) => sigsUnmarshal(text)),
    () => texts.forEach((text) => parse(text) as unknown),
  ],
  [
    'values to text',
    () => values.forEach((value) => sigsMarshal(value)),
    () => values.forEach((value) => stringify(value)),
  ],
  ['text to nodes with comments', () => parseDocuments(stream, { comments: true }), () => parseAllDocuments(stream)],
  ['nodes to text', () => emitDocuments(nodes), undefined],
  [
    'values to JSON',
    () => values.forEach((value) => marshalJSON(value)),
    () => values.forEach((value) => JSON.stringify(value)),
  ],
];

console.log(`goyaml, ${COUNT} Deployments, ${(stream.length / 1e6).toFixed(1)} MB, CPU ms (best of ${ROUNDS})`);
console.log('work                          ours     peer   peer/ours');
for (const [work, ours, peer] of rows) {
  const mine = measure(ours);
  const theirs = peer === undefined ? undefined : measure(peer);
  const ratio = theirs === undefined ? '-' : (theirs / mine).toFixed(1);
  console.log(
    `${work.padEnd(28)}${mine.toFixed(1).padStart(7)}${(theirs?.toFixed(1) ?? '-').padStart(9)}${ratio.padStart(12)}`,
  );
}
