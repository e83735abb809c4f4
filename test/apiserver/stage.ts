// The aggregated API on a real TLS server, asked as the aggregator asks it; only the cluster behind it is played.
import https from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { Authenticator, type AuthenticationConfig, type User } from '#apiserver/authentication';
import { Authorizer, type AccessDecision } from '#apiserver/authorization';
import { artifactsResource } from '#apiserver/registry/artifacts';
import { ApiServer } from '#apiserver/server';
import { ArtifactIndex } from '#artifact/index';
import type { ArtifactStore } from '#artifact/store';
import type { KubeObject } from '#kube/object';
import { createAuthority, issueCertificate, validityFrom, type KeyPair } from '#net/pki';
import { Secret } from '#lib/secret';
import { ListeningServer } from '#net/server';
import { FakeClock } from '#test/kube/fake-clock';

export const base = '/apis/artifacts.sluice.dev/v1alpha1';
const names = {
  usernameHeaders: ['X-Remote-User'],
  groupHeaders: ['X-Remote-Group'],
  uidHeaders: ['X-Remote-Uid'],
  extraHeaderPrefixes: ['X-Remote-Extra-'],
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what is in an answer is the test's to say
  readonly json: <T = Record<string, never>>() => T;
}

export interface Question {
  readonly method?: string;
  /** Names and values in turns: a name may come several times. */
  readonly headers?: readonly string[];
  /** @default the aggregator's certificate */
  readonly certificate?: KeyPair | 'none';
}

export type SubjectReview = (spec: Record<string, unknown>) => Promise<AccessDecision> | AccessDecision;

export class Stage {
  readonly clock = new FakeClock();
  readonly index = new ArtifactIndex();
  readonly content = Buffer.from('0123456789'.repeat(10));
  readonly abort = new AbortController();
  readonly sources = new Map<string, KubeObject>();
  readonly errors: unknown[] = [];
  /** Specs of all SubjectAccessReviews asked. */
  readonly accessReviews: Record<string, unknown>[] = [];
  readonly tokenReviews: string[] = [];
  notReady: string[] = [];
  reviewAccess: SubjectReview = () => ({ allowed: true });
  reviewToken: (token: string) => Promise<User | undefined> = () => Promise.resolve(undefined);
  sourceChanged: (kind: string, namespace: string, name: string) => void = () => undefined;
  proxyCa!: KeyPair;
  clientCa!: KeyPair;
  aggregator!: KeyPair;
  authenticator!: Authenticator;
  #servingCa!: KeyPair;
  #server!: ListeningServer;

  static async open(): Promise<Stage> {
    const stage = new Stage();
    const validity = validityFrom(stage.clock.now(), 3650);
    const [servingCa, proxyCa, clientCa] = await Promise.all(
      ['serving', 'front-proxy', 'clients'].map((name) => createAuthority(name, validity)),
    );
    Object.assign(stage, { proxyCa, clientCa });
    stage.#servingCa = servingCa!;
    stage.aggregator = await stage.issue(proxyCa!, 'front-proxy-client');
    stage.authenticator = new Authenticator((token) => {
      stage.tokenReviews.push(token);
      return stage.reviewToken(token);
    }, stage.clock);
    await stage.#listen();
    stage.configure();
    return stage;
  }

  issue(authority: KeyPair, commonName: string, organizations: readonly string[] = [], days = 3650): Promise<KeyPair> {
    const validity = validityFrom(this.clock.now(), days);
    return issueCertificate(authority, { commonName, organizations, usages: ['client'], validity });
  }

  configure(config: Partial<AuthenticationConfig> = {}): void {
    this.authenticator.configure({
      ...names,
      clientCa: this.clientCa.certificate,
      requestHeaderCa: this.proxyCa.certificate,
      allowedNames: ['front-proxy-client'],
      ...config,
    });
  }

  /** Stores an artifact of a GitRepository. */
  store(name: string, namespace = 'default', revision = 'main@sha1:1'): void {
    this.index.set({
      owner: { kind: 'GitRepository', namespace, name },
      artifact: {
        path: `gitrepository/${namespace}/${name}/1.tar.gz`,
        url: `http://artifacts/${name}`,
        revision,
        digest: `sha256:${name}`,
        lastUpdateTime: new Date(this.clock.now()).toISOString(),
        size: this.content.length,
      },
      files: [],
    });
  }

  remove(name: string, namespace = 'default'): void {
    this.index.remove({ kind: 'GitRepository', namespace, name });
  }

  async ask(path: string, question: Question = {}): Promise<Answer> {
    const response = await this.begin(path, question);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const text = body.toString('utf8');
    const { statusCode: status = 0, headers } = response;
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what is in an answer is the test's to say
    return { status, headers, body, text, json: <T>() => JSON.parse(text) as T };
  }

  /** As jane, by the aggregator. */
  asJane(path: string, headers: readonly string[] = [], method = 'GET'): Promise<Answer> {
    return this.ask(path, { method, headers: ['X-Remote-User', 'jane', 'X-Remote-Group', 'devs', ...headers] });
  }

  /** The response as soon as its head is there. */
  begin(
    path: string,
    { method = 'GET', headers = [], certificate = this.aggregator }: Question = {},
  ): Promise<Incoming> {
    const own = certificate === 'none' ? {} : { cert: certificate.certificate, key: certificate.privateKey };
    return new Promise((resolve, reject) => {
      const request = https.request(
        {
          host: '127.0.0.1',
          port: this.#server.address.port,
          servername: 'localhost',
          ca: this.#servingCa.certificate,
          agent: false,
          method,
          path,
          headers: ['Host', 'localhost', ...headers],
          maxHeaderSize: 1 << 20,
          ...own,
        },
        resolve,
      );
      request.once('error', reject);
      request.end();
    });
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.#server.close(100);
  }

  async #listen(): Promise<void> {
    const { abort, clock, errors, index, authenticator } = this;
    const store = {
      stat: () => Promise.resolve({ size: this.content.length }),
      read: (_path: string, range?: { start: number; end: number }) =>
        Promise.resolve(Readable.from([range ? this.content.subarray(range.start, range.end + 1) : this.content])),
    };
    const resource = artifactsResource({
      index,
      store: store as unknown as ArtifactStore,
      source: (kind, namespace, name) => this.sources.get(`${kind}/${namespace}/${name}`),
      watchSources: (changed) => (this.sourceChanged = changed),
      startedAt: clock.now(),
    });
    const server = new ApiServer({
      group: 'artifacts.sluice.dev',
      version: 'v1alpha1',
      resources: [resource],
      authenticator,
      authorizer: new Authorizer(async (spec) => {
        this.accessReviews.push(spec as Record<string, unknown>);
        return this.reviewAccess(spec as Record<string, unknown>);
      }),
      build: { major: '0', minor: '1', gitVersion: 'v0.1.0' },
      clock,
      random: () => 0,
      notReady: () => this.notReady,
      signal: abort.signal,
      onError: (error) => errors.push(error),
    });
    const leaf = await issueCertificate(this.#servingCa, {
      commonName: 'sluice',
      hosts: ['localhost'],
      usages: ['server'],
      validity: validityFrom(clock.now(), 3650),
    });
    this.#server = await ListeningServer.listen({
      handler: server.handle,
      requestClientCertificate: true,
      tls: { cert: leaf.certificate, key: new Secret(leaf.privateKey), clientCas: [] },
    });
  }
}

type Incoming = AsyncIterable<Buffer> & {
  readonly statusCode?: number | undefined;
  readonly headers: IncomingHttpHeaders;
  destroy(): void;
};
