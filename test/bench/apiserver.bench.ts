// What the aggregated API costs with 1,000 artifacts: lists in each representation, one object, discovery, a watch event.
import { loadavg } from 'node:os';
import { base, Stage } from '../apiserver/stage.ts';

const count = 1000;
const stage = await Stage.open();
for (let i = 0; i < count; i++) stage.store(`app-${i}`, `team-${i % 20}`, `main@sha1:${'a'.repeat(40)}`);

const table = ['Accept', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'];
const metadata = ['Accept', 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'];
const gzip = ['Accept-Encoding', 'gzip'];
const questions: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'list of 1,000': [`${base}/artifacts`, []],
  'list of 1,000, gzip': [`${base}/artifacts`, gzip],
  'table of 1,000': [`${base}/artifacts`, table],
  'metadata of 1,000': [`${base}/artifacts`, metadata],
  'a page of 50 (of one namespace)': [`${base}/namespaces/team-3/artifacts?limit=50`, []],
  'by a field': [`${base}/artifacts?fieldSelector=spec.source.name%3Dapp-7`, []],
  'one object': [`${base}/namespaces/team-7/artifacts/gitrepository-app-7`, []],
  discovery: ['/apis', ['Accept', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList']],
};

console.log(`load ${loadavg()[0]?.toFixed(1)}; each request with its own TLS handshake; the last row is that alone`);
console.log('                                     p50 ms   p99 ms      KiB');
const health = '/livez';
for (const [name, [path, headers]] of [...Object.entries(questions), ['handshake (/livez)', [health, []]] as const]) {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < 60; i++) {
    const begun = performance.now();
    const { status, body } = await stage.asJane(path, headers);
    if (status !== 200) throw new Error(`${name}: ${status}`);
    bytes = body.length;
    if (i >= 10) times.push(performance.now() - begun);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const [p50, p99] = [sorted[25], sorted.at(-1)].map((ms = 0) => ms.toFixed(2).padStart(8));
  console.log(`${name.padEnd(34)} ${p50} ${p99} ${(bytes / 1024).toFixed(1).padStart(8)}`);
}

const watchers = await Promise.all(
  Array.from({ length: 50 }, () =>
    stage.begin(`${base}/artifacts?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`, {
      headers: ['X-Remote-User', 'jane'],
    }),
  ),
);
const changes = 500;
const before = process.cpuUsage();
for (let i = 0; i < changes; i++) stage.store(`app-${i}`, `team-${i % 20}`, 'main@sha1:2');
const { user, system } = process.cpuUsage(before);
console.log(`\nan event to 50 watchers: ${((user + system) / changes).toFixed(0)} microseconds of CPU`);
for (const watcher of watchers) watcher.destroy();
await stage.close();
