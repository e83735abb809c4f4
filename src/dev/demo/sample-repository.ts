// The repository `make run` delivers: a small web application as a folder of manifests with a kustomization.yaml.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';

const app = { app: 'hello' };

const manifests: Readonly<Record<string, object>> = {
  'deploy/kustomization.yaml': {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'sample',
    resources: ['namespace.yaml', 'settings.yaml', 'deployment.yaml', 'service.yaml'],
    labels: [{ pairs: { 'app.kubernetes.io/part-of': 'sample' } }],
    images: [{ name: 'hello', newName: 'ghcr.io/example/hello', newTag: '1.0.0' }],
  },
  'deploy/namespace.yaml': { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sample' } },
  'deploy/settings.yaml': {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'hello-settings' },
    data: { greeting: 'hello from Git' },
  },
  'deploy/deployment.yaml': {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'hello' },
    spec: {
      replicas: 2,
      selector: { matchLabels: app },
      template: {
        metadata: { labels: app },
        spec: {
          containers: [
            {
              name: 'hello',
              image: 'hello',
              envFrom: [{ configMapRef: { name: 'hello-settings' } }],
              ports: [{ containerPort: 8080 }],
            },
          ],
        },
      },
    },
  },
  'deploy/service.yaml': {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hello' },
    spec: { selector: app, ports: [{ port: 80, targetPort: 8080 }] },
  },
};

/** Makes the bare repository `root`/sample.git, with one commit on main, unless it is there. */
export async function createSampleRepository(root: string): Promise<void> {
  const final = path.join(root, 'sample.git');
  if (existsSync(final)) return;
  const dir = `${final}.new`;
  await rm(dir, { recursive: true, force: true });
  await git(['init', '--quiet', '--bare', '--initial-branch=main', dir]);
  await git(['-C', dir, 'config', 'http.receivepack', 'true']);
  const commit = [
    'commit refs/heads/main',
    'committer Sluice <sluice@example.com> 1700000000 +0000',
    data('A small web application'),
    ...Object.entries(manifests).flatMap(([file, manifest]) => [`M 100644 inline ${file}`, data(stringify(manifest))]),
    '',
  ];
  await git(['-C', dir, 'fast-import', '--quiet'], commit.join('\n'));
  await rename(dir, final);
}

function data(content: string): string {
  return `data ${Buffer.byteLength(content)}\n${content}`;
}

async function git(args: readonly string[], input = ''): Promise<void> {
  const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const child = spawn('git', [...args], { env, stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [status, complaint] = await Promise.all([ended, text(child.stderr)]);
  if (status !== 0) throw new Error(`git ${args.join(' ')} ended with ${status}: ${complaint.trim()}`);
}
