// The aggregated API in the process: whom to trust, what to serve, and its registration with the aggregator.
import { ARTIFACTS_GROUP, ARTIFACTS_VERSION } from '#api/artifacts/artifact';
import { Authenticator, noAuthentication, parseAuthenticationConfig, type User } from '#apiserver/authentication';
import { Authorizer, type AccessDecision } from '#apiserver/authorization';
import { apiService } from '#apiserver/registration';
import { artifactsResource } from '#apiserver/registry/artifacts';
import { ApiServer } from '#apiserver/server';
import type { Informer } from '#kube/informer';
import type { KubeObject, ResourceRef, Unstructured } from '#kube/object';
import { configMaps, type DataObject } from '#kube/resources';
import { errorMessage } from '#lib/errors';
import { version, type ServeContext } from './context.ts';
import { untilServed } from './aggregation-wait.ts';
import { resourceOfKind } from './kinds.ts';
import { recallArtifacts } from './recall-artifacts.ts';
import { applyOwn, localServiceName, serviceName, type Serving } from './serving.ts';

const tokenReviews: ResourceRef = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  namespaced: false,
};
const accessReviews: ResourceRef = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

const reviewMs = 10_000;

/** Port of the Service that leads to the aggregated API; 443 leads to the webhooks. */
const apiServicePort = 6443;

/** Serves the group; resolves once the aggregator knows of it. Returns the server's URL. */
export async function startAggregatedApi(
  context: ServeContext,
  serving: Serving,
  signal: AbortSignal,
): Promise<string> {
  const { flags, informers, clock, log, index, store, namespace } = context;
  const authenticator = new Authenticator((token) => reviewToken(context, token), clock);
  const configuration = informers.acquire<DataObject>(configMaps, {
    namespace: 'kube-system',
    fieldSelector: 'metadata.name=extension-apiserver-authentication',
  });
  await configuration.synced(AbortSignal.any([signal, AbortSignal.timeout(30_000)]));
  const configure = (map: DataObject | undefined): void => {
    authenticator.configure(map === undefined ? noAuthentication : parseAuthenticationConfig(map.data ?? {}));
    serving.refreshClientCas();
  };
  const sources = sourceCaches(context);
  await recallArtifacts(context, sources, signal);
  const server = new ApiServer({
    group: ARTIFACTS_GROUP,
    version: ARTIFACTS_VERSION,
    resources: [
      artifactsResource({
        index,
        store,
        source: (kind, ns, name) => sources.get(kind)?.store.get(`${ns}/${name}`),
        watchSources: (changed) => {
          for (const [kind, cache] of sources) {
            const tell = ({ metadata }: KubeObject): void =>
              changed(kind, metadata.namespace ?? '', metadata.name ?? '');
            cache.addHandler({ add: tell, update: (_old, next) => tell(next) });
          }
        },
        startedAt: clock.now(),
      }),
    ],
    authenticator,
    authorizer: new Authorizer((spec) => reviewAccess(context, spec)),
    build: buildInfo(version),
    clock,
    random: Math.random,
    notReady: () => (configuration.hasSynced() ? [] : ['authentication']),
    signal,
    onError: (error) => log.error({ error: errorMessage(error) }, 'aggregated API request failed'),
  });
  // Before anybody can ask: the aggregator remembers a refusal for a while.
  configuration.addHandler({
    add: configure,
    update: (_old, next) => configure(next),
    delete: () => configure(undefined),
  });
  const listening = await serving.listen('apiserver', server.handle, () => authenticator.clientCas);
  const { port } = listening.address;
  const isLocal = flags.webhookUrl !== '';
  await serving.registerWith((caBundle) =>
    applyOwn(context, [
      ...(isLocal ? [localService(namespace, port)] : []),
      apiService({
        group: ARTIFACTS_GROUP,
        version: ARTIFACTS_VERSION,
        caBundle,
        service: { name: isLocal ? localServiceName : serviceName, namespace, port: isLocal ? port : apiServicePort },
      }),
    ]),
  );
  await untilServed(context, { group: ARTIFACTS_GROUP, version: ARTIFACTS_VERSION, signal });
  return listening.url;
}

function buildInfo(gitVersion: string): { major: string; minor: string; gitVersion: string } {
  const [major = '0', minor = '0'] = gitVersion.replace(/^v/, '').split('.');
  return { major, minor, gitVersion: `v${gitVersion.replace(/^v/, '')}` };
}

function localService(namespace: string, port: number): Unstructured {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: localServiceName, namespace },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  };
}

function sourceCaches(context: ServeContext): Map<string, Informer> {
  const kinds = ['GitRepository', 'OCIRepository', 'HelmRepository', 'HelmChart', 'Bucket', 'ExternalArtifact'];
  return new Map(
    kinds.map((kind) => [kind, context.informers.acquire(resourceOfKind('source.toolkit.fluxcd.io', kind))]),
  );
}

async function reviewToken({ client }: ServeContext, token: string): Promise<User | undefined> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } };
  const { status } = (await client.create(tokenReviews, review, { timeoutMs: reviewMs })) as KubeObject & {
    status?: {
      authenticated?: boolean;
      user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
    };
  };
  const user = status?.user;
  if (status?.authenticated !== true || user?.username === undefined) return undefined;
  return {
    name: user.username,
    groups: user.groups ?? [],
    extra: user.extra ?? {},
    ...(user.uid !== undefined && { uid: user.uid }),
  };
}

async function reviewAccess({ client }: ServeContext, spec: object): Promise<AccessDecision> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec };
  const { status } = (await client.create(accessReviews, review, { timeoutMs: reviewMs })) as KubeObject & {
    status?: { allowed?: boolean; denied?: boolean; reason?: string };
  };
  const allowed = status?.allowed === true && status.denied !== true;
  return { allowed, ...(status?.reason && { reason: status.reason }) };
}
