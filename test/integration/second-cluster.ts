// A second API server that lets in whom the first one's issuer and the clouds of the test vouch for.
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import type { ControlPlaneOptions } from '#dev/control-plane';
import { Clouds, type Issuer } from '#test/support/clouds';
import type { TestCluster } from '#test/support/controlplane';
import { loopbackServer, type LoopbackServer } from '#test/support/loopback-server';
import { tempDir } from '#test/support/temp-dir';

/** The audience the second cluster expects of tokens of the first. */
export const remoteAudience = 'second-cluster';

export class Federation {
  readonly clouds: Clouds;
  readonly extraArgs: ControlPlaneOptions['extraArgs'];
  readonly #reviewer: LoopbackServer;

  private constructor(clouds: Clouds, reviewer: LoopbackServer, extraArgs: ControlPlaneOptions['extraArgs']) {
    this.clouds = clouds;
    this.#reviewer = reviewer;
    this.extraArgs = extraArgs;
  }

  /** `hub` is the cluster whose ServiceAccounts get in; `eksName` what AWS calls the second one. */
  static async start(hub: TestCluster, eksName: string): Promise<Federation> {
    // The keys of an API server are public where somebody is to trust them.
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'issuer-discovery-for-tests' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'system:service-account-issuer-discovery',
      },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:unauthenticated' }],
    };
    await hub.kubectl.apply(binding, ['--server-side']);
    const clouds = await Clouds.start(
      async () => JSON.parse(await hub.kubectl.ok(['get', '--raw', '/openid/v1/jwks'])) as Issuer,
    );
    const reviewer = await loopbackServer((request, response) => void review(clouds, eksName, request, response));
    const dir = await tempDir('federation');
    const webhook = await written(dir, 'webhook.json', {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'clouds', cluster: { server: `${reviewer.url}/review` } }],
      users: [{ name: 'api-server', user: {} }],
      contexts: [{ name: 'default', context: { cluster: 'clouds', user: 'api-server' } }],
      'current-context': 'default',
    });
    const authentication = await written(dir, 'authentication.json', {
      apiVersion: 'apiserver.config.k8s.io/v1beta1',
      kind: 'AuthenticationConfiguration',
      jwt: [
        {
          issuer: {
            url: 'https://kubernetes.default.svc',
            discoveryURL: `${hub.admin.server}/.well-known/openid-configuration`,
            certificateAuthority: hub.admin.ca,
            audiences: [remoteAudience],
            audienceMatchPolicy: 'MatchAny',
          },
          claimMappings: { username: { claim: 'sub', prefix: 'hub:' } },
        },
      ],
    });
    const extraArgs = {
      'kube-apiserver': [
        '--service-account-issuer=https://second.example',
        `--authentication-config=${authentication}`,
        `--authentication-token-webhook-config-file=${webhook}`,
        '--authentication-token-webhook-version=v1',
        '--authentication-token-webhook-cache-ttl=0s',
      ],
    };
    return new Federation(clouds, reviewer, extraArgs);
  }

  async stop(): Promise<void> {
    await this.#reviewer.stop();
    await this.clouds.stop();
  }
}

async function written(dir: string, name: string, content: object): Promise<string> {
  const file = path.join(dir, name);
  await writeFile(file, JSON.stringify(content));
  return file;
}

interface TokenReview {
  readonly spec: { readonly token: string };
}

async function review(
  clouds: Clouds,
  eksName: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { spec } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as TokenReview;
  let username: string | undefined;
  try {
    username = clouds.clusterUser(spec.token, eksName);
  } catch {
    username = undefined;
  }
  const status =
    username === undefined ? { authenticated: false } : { authenticated: true, user: { username, groups: [] } };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }));
}
