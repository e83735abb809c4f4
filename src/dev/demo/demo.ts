// `make run`: a control plane, Sluice beside it, and a first delivery from a Git repository served here.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { kustomization } from '#api/kustomize/kustomization';
import { gitRepository } from '#api/source/gitrepository';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import type { KubeObject, ResourceRef, Unstructured } from '#kube/object';
import { resourceOf } from '#kube/resources';
import { errorMessage } from '#lib/errors';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { serveGit } from '../git-http-backend.ts';
import { packageRoot } from '../package-root.ts';
import { freePorts } from '../ports.ts';
import { apply, conditionOf, installKinds, isReady, untilObject } from './cluster.ts';
import { createSampleRepository } from './sample-repository.ts';
import { startSluiceProcess } from './sluice-process.ts';
import { printedTable } from './table.ts';

export interface DemoOptions {
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How this program is started, without a subcommand. */
  readonly program: readonly string[];
  readonly print: (line: string) => void;
  /** Ends the demonstration, at whatever point it is. */
  readonly signal: AbortSignal;
}

const readyLimitMs = 60_000;
const namespace = 'default';
const gitRepositories = resourceOf(gitRepository);
const kustomizations = resourceOf(kustomization);

const artifacts: ResourceRef = {
  group: 'artifacts.sluice.dev',
  version: 'v1alpha1',
  plural: 'artifacts',
  namespaced: true,
};

/** Runs until the signal; rejects when a part of it fails. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { dir, env, print, signal } = options;
  const stops: (() => Promise<unknown>)[] = [];
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  try {
    const plane = await startControlPlane({ dir, env, signal, progress: print, onCrash: failure.reject });
    stops.push(() => plane.stop());
    print(`control plane   ${plane.admin.server}`);
    const client = new KubeClient(await loadConfig({ env, kubeconfig: plane.kubeconfigPath }));
    stops.push(() => client.close());
    print(`kinds           ${await installKinds(client, path.join(packageRoot(), 'crds'))} installed`);
    const git = await startGitServer(path.join(dir, 'git'));
    stops.push(git.stop);
    print(`sample          ${git.url}`);
    const sluice = await startSluiceProcess({ ...options, kubeconfig: plane.kubeconfigPath });
    stops.push(() => sluice.stop());
    print(`sluice          log in ${sluice.logFile}`);
    await Promise.race([deliver(client, git.url, print), sluice.failed, failure.promise, aborted(signal)]);
    await Promise.race([untilArtifactsAreServed(client), sluice.failed, failure.promise, aborted(signal)]);
    await explain({ plane, client, gitUrl: git.url, print });
    await Promise.race([sluice.failed, failure.promise, aborted(signal)]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

async function startGitServer(root: string): Promise<{ url: string; stop: () => Promise<void> }> {
  await mkdir(root, { recursive: true });
  await createSampleRepository(root);
  const server = http.createServer((request, response) => serveGit(request, response, { root }));
  // The same port as last time, so that what was cloned from here can still push.
  const portFile = path.join(root, 'port');
  const before = Number.parseInt(await readFile(portFile, 'utf8').catch(() => ''), 10);
  const [port = 0] = await freePorts(1, before > 0 && before < 65_536 ? [before] : []);
  await writeFile(portFile, String(port));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/sample.git`, stop };
}

async function deliver(client: KubeClient, url: string, print: DemoOptions['print']): Promise<void> {
  const begun = performance.now();
  const source = { kind: 'GitRepository', name: 'sample' };
  const parts: [ResourceRef, KubeObject][] = [
    [gitRepositories, object(gitRepositories, 'GitRepository', { url, interval: '1m', ref: { branch: 'main' } })],
    [
      kustomizations,
      object(kustomizations, 'Kustomization', { interval: '10m', path: './deploy', prune: true, sourceRef: source }),
    ],
  ];
  print('\n$ kubectl apply -f sample.yaml');
  for (const [ref, each] of parts) {
    await apply(client, { ref, object: each });
    print(`${ref.plural.replace(/ies$/, 'y').replace(/s$/, '')}.${ref.group}/sample serverside-applied`);
  }
  for (const [ref, each] of parts) {
    const key = { namespace, name: 'sample' };
    const ready = await untilObject(client, { ref, key, test: isReady, timeoutMs: readyLimitMs });
    print(`${each.kind} sample is Ready: ${conditionOf(ready, 'Ready')?.message}`);
  }
  print(`(${Math.round(performance.now() - begun)} ms from the first apply to Ready)`);
}

function object(ref: ResourceRef, kind: string, spec: object): Unstructured {
  return { apiVersion: `${ref.group}/${ref.version}`, kind, metadata: { namespace, name: 'sample' }, spec };
}

/** The API server looks at an aggregated API every few seconds, and answers 503 for it until it has. */
async function untilArtifactsAreServed(client: KubeClient): Promise<void> {
  const ref = { group: 'apiregistration.k8s.io', version: 'v1', plural: 'apiservices', namespaced: false };
  const key = { name: `${artifacts.version}.${artifacts.group}` };
  await untilObject(client, { ref, key, test: isAvailable, timeoutMs: readyLimitMs });
}

function isAvailable(service: Unstructured): boolean {
  return conditionOf(service, 'Available')?.status === 'True';
}

interface Explanation {
  readonly plane: ControlPlane;
  readonly client: KubeClient;
  readonly gitUrl: string;
  readonly print: DemoOptions['print'];
}

async function explain({ plane, client, gitUrl, print }: Explanation): Promise<void> {
  print(`\nPoint kubectl at it:\n  export KUBECONFIG='${plane.kubeconfigPath}'`);
  print('\nand look around:');
  for (const { group, version, plural } of [gitRepositories, kustomizations, artifacts]) {
    print(`$ kubectl get ${plural}`);
    print(await printedTable(client, `/apis/${group}/${version}/namespaces/${namespace}/${plural}`));
  }
  print('  kubectl get artifacts -A -o wide');
  print('  kubectl -n sample get all,configmaps');
  print(`\nChange something; it is there within a minute:\n  git clone ${gitUrl} && cd sample && … && git push`);
  print('\nA wrong manifest (the interval has no unit):');
  const wrong = object(gitRepositories, 'GitRepository', { url: gitUrl, interval: '10' });
  print(`  echo '${JSON.stringify(wrong)}' | kubectl apply -f -`);
  print(`and its answer:\n${(await answerTo(client, wrong)).replace(/^/gm, '  ')}`);
  print('\nCtrl-C ends everything; the data stays for the next `make run`.');
}

async function answerTo(client: KubeClient, wrong: Unstructured): Promise<string> {
  try {
    await apply(client, { ref: gitRepositories, object: wrong, dryRun: true });
    return 'accepted';
  } catch (error) {
    return errorMessage(error);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
