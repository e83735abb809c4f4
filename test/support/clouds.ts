// The parts of AWS, Azure and Google that identities go through, under their own host names. They believe nothing:
// tokens are verified by the issuer's keys, requests by their signatures, and everything by whom a policy trusts.
import { createPublicKey, randomBytes, verify } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { verifyGitPassword, verifySignature } from './aws-signature.ts';
import { interceptTls, type Interception } from './tls-interception.ts';

/** Whose tokens are believed: a JSON web key set, as an API server publishes it. */
export interface Issuer {
  readonly keys: readonly { readonly kid: string }[];
}

/** A cluster as its cloud knows it. */
export interface CloudCluster {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
}

interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly exp: number;
}

const hosts = [
  '*.eu-west-1.amazonaws.com',
  'login.microsoftonline.com',
  'management.azure.com',
  'sts.googleapis.com',
  'iamcredentials.googleapis.com',
  'container.googleapis.com',
  'oauth2.googleapis.com',
  'dev.azure.com',
];

/** An answer that is not the one hoped for. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class Clouds {
  readonly proxyUrl: string;
  /** `METHOD host/path` of every request. */
  readonly requests: string[] = [];
  /** Subjects (`system:serviceaccount:…`) by what they may be: a role, `tenant/client`, or a Google account. */
  readonly trust = new Map<string, string>();
  /** By ARN, resource ID or name. */
  readonly clusters = new Map<string, CloudCluster>();
  /** Address of the repository that stands for every one of Azure DevOps and CodeCommit. */
  repository: string | undefined;
  /** Seconds tokens are good for. */
  lifeSeconds = 3600;
  /** When set, every request is answered so. */
  fault: { readonly status: number; readonly body: string } | undefined;
  readonly #interception: Interception;
  readonly #issuer: () => Promise<Issuer>;
  /** Keys by id: secret, session token and role. */
  readonly #awsKeys = new Map<string, { secret: string; session: string; role: string }>();
  /** Bearer tokens: who, and for what. */
  readonly #bearers = new Map<string, { who: string; scope: string }>();

  private constructor(interception: Interception, issuer: () => Promise<Issuer>) {
    this.#interception = interception;
    this.proxyUrl = interception.proxyUrl;
    this.#issuer = issuer;
  }

  static async start(issuer: () => Promise<Issuer>): Promise<Clouds> {
    let clouds: Clouds | undefined;
    const interception = await interceptTls(hosts, (request, response, body) =>
      clouds!.#handle(request, response, body),
    );
    return (clouds = new Clouds(interception, issuer));
  }

  stop(): Promise<void> {
    return this.#interception.stop();
  }

  /** Every secret that was given out. */
  get secrets(): string[] {
    return [
      ...this.#bearers.keys(),
      ...[...this.#awsKeys.values()].flatMap(({ secret, session }) => [secret, session]),
    ];
  }

  /** Who a token shown to a cluster belongs to; undefined when it is not one of ours. */
  clusterUser(token: string, clusterName: string): string | undefined {
    if (token.startsWith('k8s-aws-v1.')) return this.#eksUser(token, clusterName);
    const bearer = this.#bearers.get(token);
    const isAks = bearer?.scope === '6dae42f8-4368-4678-94ff-3960e28e3630/.default';
    return isAks || bearer?.scope.includes('https://www.googleapis.com/auth/cloud-platform') === true
      ? bearer?.who
      : undefined;
  }

  /** As aws-iam-authenticator judges a token: a signed URL that asks STS who signed it, for this cluster. */
  #eksUser(token: string, clusterName: string): string {
    const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString('utf8'));
    const headers = { host: url.host, 'x-k8s-aws-id': clusterName };
    const verdict = verifySignature(
      { method: 'GET', target: `${url.pathname}${url.search}`, headers, body: '' },
      (id) => this.#awsKeys.get(id)?.secret,
    );
    const key = this.#awsKeys.get(verdict.accessKeyId);
    const expires = Number(url.searchParams.get('X-Amz-Expires'));
    if (url.protocol !== 'https:' || url.pathname !== '/' || !/^sts\.[a-z0-9-]+\.amazonaws\.com$/.test(url.host)) {
      throw new Error('not an URL of STS');
    }
    if (url.searchParams.get('Action') !== 'GetCallerIdentity' || !(expires > 0 && expires <= 900)) {
      throw new Error('not a question of who one is');
    }
    if (!verdict.signedHeaders.includes('x-k8s-aws-id') || verdict.service !== 'sts')
      throw new Error('no cluster signed');
    if (key === undefined || verdict.sessionToken !== key.session) throw new Error('not the session of that key');
    return key.role;
  }

  async #handle(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const host = request.headers.host ?? '';
    const path = (request.url ?? '').replace(/\?.*/, '');
    this.requests.push(`${request.method ?? ''} ${host}${path}`);
    if (this.fault !== undefined) {
      response.writeHead(this.fault.status).end(this.fault.body);
      return;
    }
    if (host === 'dev.azure.com' || host.startsWith('git-codecommit.')) {
      await this.#git(request, response, body);
      return;
    }
    try {
      const answer = await this.#route({ host, path, request, body, form: new URLSearchParams(body) });
      response.writeHead(200).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 400;
      const { message } = error as Error;
      const xml = `<ErrorResponse><Error><Code>Refused</Code><Message>${message}</Message></Error></ErrorResponse>`;
      const json = JSON.stringify({ error: 'invalid_grant', error_description: message });
      response.writeHead(status).end(host.startsWith('sts.eu') ? xml : json);
    }
  }

  /** Lets in who may read, and answers with what the repository's own server says. */
  async #git(
    { headers, method = '', url = '' }: IncomingMessage,
    response: ServerResponse,
    body: string,
  ): Promise<void> {
    const [, path = '', rest = ''] = /^(.*)(\/info\/refs\?.*|\/git-upload-pack)$/.exec(url) ?? [];
    if (!this.#mayRead(headers.host ?? '', path, headers.authorization ?? '')) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const passed = ['git-protocol', 'content-type', 'accept'].map((name) => [name, String(headers[name] ?? '')]);
    const request = { method, headers: passed as [string, string][], ...(method === 'POST' && { body }) };
    const answer = await fetch(`${this.repository ?? ''}${rest}`, request);
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  #mayRead(host: string, path: string, authorization: string): boolean {
    const [scheme, content = ''] = authorization.split(' ');
    if (host === 'dev.azure.com') {
      const scope = scheme === 'Bearer' ? this.#bearers.get(content)?.scope : undefined;
      return scope === '499b84ac-1321-427f-aa17-267ca6975798/.default';
    }
    const basic = Buffer.from(content, 'base64').toString('utf8');
    try {
      const verdict = verifyGitPassword({ host, path, basic }, (id) => this.#awsKeys.get(id)?.secret);
      const at = Date.parse(verdict.date.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'));
      const isFresh = Math.abs(Date.now() - at) < 900_000;
      return isFresh && verdict.sessionToken === this.#awsKeys.get(verdict.accessKeyId)?.session;
    } catch {
      return false;
    }
  }

  #route(call: Call): unknown {
    const { host, path } = call;
    if (host === 'sts.eu-west-1.amazonaws.com') return this.#assumeRole(call);
    if (host === 'eks.eu-west-1.amazonaws.com') return this.#describeEks(call);
    if (host === 'login.microsoftonline.com') return this.#entra(call);
    if (host === 'management.azure.com') return this.#aks(call);
    if (host === 'sts.googleapis.com' && path === '/v1/token') return this.#googleSts(call);
    if (host === 'iamcredentials.googleapis.com') return this.#googleImpersonation(call);
    if (host === 'container.googleapis.com') return this.#gke(call);
    throw new Refusal(404, `nothing at ${host}${path}`);
  }

  async #assumeRole({ form }: Call): Promise<string> {
    const role = form.get('RoleArn') ?? '';
    const claims = await this.#claims(form.get('WebIdentityToken') ?? '', 'sts.amazonaws.com');
    if (form.get('Action') !== 'AssumeRoleWithWebIdentity' || form.get('Version') !== '2011-06-15') {
      throw new Refusal(400, 'unknown action');
    }
    if (!/^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? '')) throw new Refusal(400, 'bad session name');
    if (this.trust.get(claims.sub) !== role)
      throw new Refusal(403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
    const id = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
    const key = { secret: `${secret()}/+`, session: `${secret()}/+==`, role };
    this.#awsKeys.set(id, key);
    const expiration = new Date(Date.now() + this.lifeSeconds * 1000).toISOString();
    return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${key.secret}</SecretAccessKey><SessionToken>${key.session}</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
  }

  #describeEks({ request, path, body }: Call): unknown {
    const verdict = verifySignature(
      {
        method: request.method ?? '',
        target: request.url ?? '',
        headers: request.headers as Record<string, string>,
        body,
      },
      (id) => this.#awsKeys.get(id)?.secret,
    );
    const session = this.#awsKeys.get(verdict.accessKeyId)?.session;
    if (verdict.service !== 'eks' || verdict.sessionToken !== session) throw new Refusal(403, 'wrong scope');
    const name = decodeURIComponent(path.replace('/clusters/', ''));
    const { server, ca } = this.#cluster(`arn:aws:eks:eu-west-1:123456789012:cluster/${name}`);
    return { cluster: { name, endpoint: server, certificateAuthority: { data: base64(ca) } } };
  }

  async #entra({ path, form }: Call): Promise<unknown> {
    const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(path)?.[1] ?? '';
    const claims = await this.#claims(form.get('client_assertion') ?? '', 'api://AzureADTokenExchange');
    const client = `${tenant}/${form.get('client_id') ?? ''}`;
    const isJwt = form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    if (form.get('grant_type') !== 'client_credentials' || !isJwt) throw new Refusal(400, 'unsupported grant');
    if (this.trust.get(claims.sub) !== client)
      throw new Refusal(401, 'AADSTS70021: No matching federated identity record');
    return { token_type: 'Bearer', ...this.#bearer(client, form.get('scope') ?? '') };
  }

  #aks({ request, path }: Call): unknown {
    this.#requireBearer(request, 'https://management.core.windows.net//.default');
    if (!/[?&]api-version=\d{4}-\d\d-\d\d$/.test(request.url ?? '')) throw new Refusal(400, 'no api-version');
    const resource = path.replace(/\/listClusterUserCredential$/, '');
    const { server, ca } = this.#cluster(resource);
    if (resource === path) return { properties: { aadProfile: { managed: true } } };
    if (request.method !== 'POST') throw new Refusal(405, 'POST only');
    const kubeconfig = (name: string, address: string): object => ({
      name,
      value: base64(
        JSON.stringify({
          'current-context': name,
          contexts: [{ name, context: { cluster: name } }],
          clusters: [{ name, cluster: { server: address, 'certificate-authority-data': base64(ca) } }],
        }),
      ),
    });
    return { kubeconfigs: [kubeconfig('other', 'https://other.example:443'), kubeconfig('main', server)].toReversed() };
  }

  async #googleSts({ form }: Call): Promise<unknown> {
    const audience = form.get('audience') ?? '';
    const claims = await this.#claims(form.get('subject_token') ?? '', audience);
    const isExchange = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange';
    if (!isExchange || form.get('subject_token_type') !== 'urn:ietf:params:oauth:token-type:jwt') {
      throw new Refusal(400, 'unsupported grant');
    }
    return { issued_token_type: 'access_token', ...this.#bearer(claims.sub, form.get('scope') ?? '') };
  }

  #googleImpersonation({ request, path, body }: Call): unknown {
    const { who } = this.#requireBearer(request, 'https://www.googleapis.com/auth/cloud-platform');
    const email = decodeURIComponent(/serviceAccounts\/([^:]+):generateAccessToken$/.exec(path)?.[1] ?? '');
    if (this.trust.get(who) !== email) throw new Refusal(403, `Permission 'iam.serviceAccounts.getAccessToken' denied`);
    const { scope } = JSON.parse(body) as { scope: string[] };
    const { access_token } = this.#bearer(email, scope.join(' '));
    return { accessToken: access_token, expireTime: new Date(Date.now() + this.lifeSeconds * 1000).toISOString() };
  }

  #gke({ request, path }: Call): unknown {
    this.#requireBearer(
      request,
      'https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email',
    );
    const { server, ca } = this.#cluster(path.replace('/v1/', ''));
    return { endpoint: server.replace('https://', ''), masterAuth: { clusterCaCertificate: base64(ca) } };
  }

  #cluster(id: string): CloudCluster {
    const cluster = this.clusters.get(id);
    if (cluster === undefined) throw new Refusal(404, `No cluster found for name: ${id}`);
    return cluster;
  }

  #bearer(who: string, scope: string): { access_token: string; expires_in: number } {
    const token = secret();
    this.#bearers.set(token, { who, scope });
    return { access_token: token, expires_in: this.lifeSeconds };
  }

  #requireBearer(request: IncomingMessage, scope: string): { who: string } {
    const bearer = this.#bearers.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    if (bearer?.scope !== scope) throw new Refusal(401, `no token for ${scope}`);
    return bearer;
  }

  async #claims(token: string, audience: string): Promise<Claims> {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8') || '{}') as { kid?: string };
    const key = (await this.#issuer()).keys.find((candidate) => candidate.kid === kid);
    if (key === undefined) throw new Refusal(401, 'no key for the token');
    const isValid = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: createPublicKey({ key: key as never, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims;
    if (!isValid) throw new Refusal(401, 'the token is not signed by its issuer');
    if (![claims.aud].flat().includes(audience)) throw new Refusal(401, `the token is for ${String(claims.aud)}`);
    if (claims.exp * 1000 < Date.now()) throw new Refusal(401, 'the token has expired');
    return claims;
  }
}

interface Call {
  readonly host: string;
  readonly path: string;
  readonly request: IncomingMessage;
  readonly body: string;
  readonly form: URLSearchParams;
}

function secret(): string {
  return randomBytes(24).toString('hex');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
