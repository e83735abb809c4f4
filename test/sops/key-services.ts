// Key services on loopback, under their real names: they give a data key away only to those who prove who they are.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { verifySignature, type Verdict } from '#test/support/aws-signature';
import { loopbackServer, type LoopbackServer } from '#test/support/loopback-server';
import { interceptTls, type Interception } from '#test/support/tls-interception';

interface Call {
  readonly host: string;
  readonly path: string;
  readonly request: IncomingMessage;
  readonly body: string;
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const hosts = [
  '*.eu-west-1.amazonaws.com',
  'cloudkms.googleapis.com',
  'oauth2.googleapis.com',
  'login.microsoftonline.com',
  'shop.vault.azure.net',
];

export class TestKeyServices {
  readonly proxyUrl: string;
  readonly vaultUrl: string;
  /** `METHOD host/path` of every request, in order. */
  readonly requests: string[] = [];
  /** What every one of them keeps. */
  dataKey = randomBytes(32);
  /** Secrets of AWS keys by id; a role's is made when somebody acts as it. */
  readonly awsSecrets = new Map<string, string>([['AKIAGIVEN', 'given/secret+']]);
  /** The encryption context AWS wants. */
  awsContext: Readonly<Record<string, string>> = {};
  /** Assertions and secrets that were shown to Google and Entra, as forms. */
  readonly forms: URLSearchParams[] = [];
  /** ARNs and the like of keys nobody may use. */
  readonly forbidden = new Set<string>();
  readonly #internet: Interception;
  readonly #vault: LoopbackServer;

  private constructor(internet: Interception, vault: LoopbackServer) {
    this.#internet = internet;
    this.#vault = vault;
    this.proxyUrl = internet.proxyUrl;
    this.vaultUrl = vault.url;
  }

  static async start(): Promise<TestKeyServices> {
    let services: TestKeyServices | undefined;
    const internet = await interceptTls(hosts, (request, response, body) => services!.#handle(request, response, body));
    const vault = await loopbackServer((request, response) => void services!.#read(request, response));
    return (services = new TestKeyServices(internet, vault));
  }

  async stop(): Promise<void> {
    await this.#internet.stop();
    await this.#vault.stop();
  }

  async #read(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString('utf8');
    this.#handle(request, response, body);
  }

  #handle(request: IncomingMessage, response: ServerResponse, body: string): void {
    const host = request.headers.host ?? '';
    const path = request.url ?? '';
    this.requests.push(`${request.method ?? ''} ${host}${path}`);
    try {
      const answer = this.#route({ host, path, request, body });
      response.writeHead(200).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    } catch (error) {
      const { message } = error as Error;
      const status = error instanceof Refusal ? error.status : 500;
      const text = host.startsWith('127.') ? { errors: [message] } : { __type: 'Refused', Message: message };
      response.writeHead(status).end(JSON.stringify(text));
    }
  }

  #route(call: Call): unknown {
    switch (call.host) {
      case 'kms.eu-west-1.amazonaws.com':
        return this.#awsKms(call);
      case 'sts.eu-west-1.amazonaws.com':
        return this.#awsSts(call);
      case 'oauth2.googleapis.com':
      case 'login.microsoftonline.com':
        this.forms.push(new URLSearchParams(call.body));
        return { access_token: `token-of-${call.host}`, expires_in: 3600 };
      case 'cloudkms.googleapis.com':
        return { plaintext: this.#opened(call, 'ciphertext', 'oauth2.googleapis.com') };
      case 'shop.vault.azure.net':
        return { value: this.#opened(call, 'value', 'login.microsoftonline.com').replace(/=+$/, '') };
      default:
        // Where the real sops is sent by its environment.
        return call.request.headers['x-amz-target'] === undefined ? this.#transit(call) : this.#awsKms(call);
    }
  }

  #awsVerdict({ request, path, body }: Call, service: string): Verdict {
    const headers = request.headers as Record<string, string>;
    const verdict = verifySignature({ method: 'POST', target: path, headers, body }, (id) => this.awsSecrets.get(id));
    if (verdict.service !== service || verdict.region !== 'eu-west-1') throw new Refusal(403, 'wrong scope');
    return verdict;
  }

  #awsKms(call: Call): unknown {
    this.#awsVerdict(call, 'kms');
    const { KeyId, CiphertextBlob, EncryptionContext, Plaintext } = JSON.parse(call.body) as Record<string, unknown>;
    const target = call.request.headers['x-amz-target'];
    if (target === 'TrentService.Encrypt') {
      this.dataKey = Buffer.from(String(Plaintext), 'base64');
      return { CiphertextBlob: wrapped };
    }
    if (target !== 'TrentService.Decrypt') throw new Refusal(400, 'unknown operation');
    if (this.forbidden.has(String(KeyId))) throw new Refusal(400, `no kms:Decrypt on ${String(KeyId)}`);
    if (JSON.stringify(EncryptionContext) !== JSON.stringify(this.awsContext)) throw new Refusal(400, 'wrong context');
    if (CiphertextBlob !== wrapped) throw new Refusal(400, 'not wrapped by this key');
    return { Plaintext: this.dataKey.toString('base64') };
  }

  /** For a web identity, which is not signed; and for a role, which is. */
  #awsSts(call: Call): string {
    const form = new URLSearchParams(call.body);
    const action = form.get('Action');
    if (action !== 'AssumeRoleWithWebIdentity') this.#awsVerdict(call, 'sts');
    this.awsSecrets.set(`ASIA${action}`, 'session/secret');
    return `<R><AccessKeyId>ASIA${action}</AccessKeyId><SecretAccessKey>session/secret</SecretAccessKey><SessionToken>s</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></R>`;
  }

  #opened({ request, body, path }: Call, field: string, issuer: string): string {
    if (request.headers.authorization !== `Bearer token-of-${issuer}`) throw new Refusal(401, 'no such token');
    if (this.forbidden.has(path)) throw new Refusal(403, `nobody may use ${path}`);
    if ((JSON.parse(body) as Record<string, unknown>)[field] !== wrapped)
      throw new Refusal(400, 'not wrapped by this key');
    return this.dataKey.toString('base64');
  }

  #vaultLogin({ body }: Call): unknown {
    const { role, jwt } = JSON.parse(body) as { role: string; jwt: string };
    const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')) as object;
    const { sub, aud } = claims as { sub: string; aud: readonly string[] };
    const isIt = sub === `system:serviceaccount:${role.replace('_', ':')}` && aud.join(' ') === this.vaultUrl;
    if (!isIt) throw new Refusal(403, 'permission denied');
    return { auth: { client_token: 'vault-token' } };
  }

  #transit(call: Call): unknown {
    const { request, path, body } = call;
    if (path === '/v1/auth/kubernetes/login') return this.#vaultLogin(call);
    if (request.headers['x-vault-token'] !== 'vault-token') throw new Refusal(403, 'permission denied');
    const { ciphertext, plaintext } = JSON.parse(body) as Record<string, unknown>;
    if (path === '/v1/sops/transit/encrypt/shop') {
      this.dataKey = Buffer.from(String(plaintext), 'base64');
      return { data: { ciphertext: wrapped } };
    }
    if (path !== '/v1/sops/transit/decrypt/shop') throw new Refusal(404, `no handler for ${path}`);
    if (ciphertext !== wrapped) throw new Refusal(400, 'invalid ciphertext');
    return { data: { plaintext: this.dataKey.toString('base64') } };
  }
}

/** What the services think the data key looks like when it is encrypted. */
export const wrapped = 'd3JhcHBlZA==';
