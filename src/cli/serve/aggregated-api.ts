// The aggregated API in the process: whom to trust, what to serve, and its registration with the aggregator.
import { ARTIFACTS_GROUP, ARTIFACTS_VERSION } from '#api/artifacts/artifact';
import { Authenticator, noAuthentication, parseAuthenticationConfig, type User } from '#apiserver/authentication';
import { Authorizer, type AccessDecision } from '#apiserver/authorization';
import { apiService } from '#apiserver/registration';
import { artifactsResource } from '#apiserver/registry/artifacts';
import { ApiServer } from '#apiserver/server';
import type { Informer } from '#kube/informer';
import type { KubeObject, ResourceRef, Unstructured } from '#kube/object';
import { errorMessage } from '#lib/errors';
import type { ServeContext } from './context.ts';
import { resourceOfKind } from './controllers.ts';
import { applyOwn, localServiceName, serviceName, type Serving } from './serving.ts';

const configMaps: ResourceRef = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };
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

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Serves the group; resolves once the aggregator knows of it. Returns the server's URL. */
export async function startAggregatedApi(
  context: ServeContext,
  serving: Serving,
  signal: AbortSignal,
): Promise<string> {
  const { flags, informers, clock, log, index, store, namespace } = context;
  const authenticator = new Authenticator((token) => reviewToken(context, token));
  const configuration = informers.acquire<ConfigMap>(configMaps, {
    namespace: 'kube-system',
    fieldSelector: 'metadata.name=extension-apiserver-authentication',
  });
  await configuration.synced(AbortSignal.any([signal, AbortSignal.timeout(30_000)]));
  const configure = (map: ConfigMap | undefined): void => {
    authenticator.configure(map === undefined ? noAuthentication : parseAuthenticationConfig(map.data ?? {}));
    serving.refreshClientCas();
  };
  const sources = sourceCaches(context);
  const server = new ApiServer({
    group: ARTIFACTS_GROUP,
    version: ARTIFACTS_VERSION,
    resources: [
      artifactsResource({
        index,
        store,
        source: (kind, ns, name) => sources.get(kind)?.store.get(`${ns}/${name}`),
        startedAt: clock.now(),
      }),
    ],
    authenticator,
    authorizer: new Authorizer((spec) => reviewAccess(context, spec)),
    clock,
    random: Math.random,
    notReady: () => (configuration.hasSynced() ? [] : ['authentication']),
    signal,
    onError: (error) => log.error({ error: errorMessage(error) }, 'aggregated API request failed'),
  });
  const listening = await serving.listen(
    'apiserver-addr',
    flags.apiserverAddr,
    server.handle,
    () => authenticator.clientCas,
  );
  configuration.addHandler({
    add: configure,
    update: (_old, next) => configure(next),
    delete: () => configure(undefined),
  });
  const { port } = listening.address;
  const isLocal = flags.webhookUrl !== '';
  await serving.registerWith((caBundle) =>
    applyOwn(context, [
      ...(isLocal ? [localService(namespace, port)] : []),
      apiService({
        group: ARTIFACTS_GROUP,
        version: ARTIFACTS_VERSION,
        caBundle,
        service: { name: isLocal ? localServiceName : serviceName, namespace, port: isLocal ? port : 443 },
      }),
    ]),
  );
  return listening.url;
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
  const { status } = (await client.create(tokenReviews, review)) as KubeObject & {
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
  const { status } = (await client.create(accessReviews, review)) as KubeObject & {
    status?: { allowed?: boolean; denied?: boolean; reason?: string };
  };
  const allowed = status?.allowed === true && status.denied !== true;
  return { allowed, ...(status?.reason && { reason: status.reason }) };
}
