// The aggregated API over HTTP: authenticate, find out what is asked, authorize, answer.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '#lib/clock';
import { errorMessage } from '#lib/errors';
import type { Authenticator, User } from './authentication.ts';
import type { Attributes, Authorizer } from './authorization.ts';
import { aggregatedContentType, discoveryDocuments, type DiscoveryDocuments } from './discovery.ts';
import { listBody, objectBody, selectionOf, type Selection } from './list.ts';
import { acceptsAggregatedDiscovery, negotiate } from './negotiate.ts';
import { openApiDocuments, type OpenApiDocuments } from './openapi.ts';
import { isTruthy, parseRequest, type RequestInfo } from './request.ts';
import type { ServedResource } from './resource.ts';
import { fieldAttribute, labelAttribute, selectedName } from './selectors.ts';
import { sendDocument, sendJson, setImmutable } from './respond.ts';
import { ApiError, badRequest, methodNotAllowed, noSuchPath, notFound, statusOf } from './status.ts';
import { serveWatch } from './watch.ts';

export interface ApiServerOptions {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ServedResource[];
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  /** What `/version` answers. */
  readonly build: { readonly major: string; readonly minor: string; readonly gitVersion: string };
  readonly clock: Clock;
  readonly random: () => number;
  /** Names of what is not ready yet. */
  readonly notReady: () => readonly string[];
  /** Ends all watches. */
  readonly signal: AbortSignal;
  /** Told of failures of our own. */
  readonly onError: (error: unknown) => void;
}

type PathRequest = Extract<RequestInfo, { kind: 'path' }>;
type ResourceRequest = Extract<RequestInfo, { kind: 'resource' }>;

const healthPath = /^\/(livez|readyz|healthz)(?:\/([^/]*))?\/?$/;
const maxInFlight = 200;

/** The request handler of the aggregated API. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #discovery: DiscoveryDocuments;
  readonly #openApi: OpenApiDocuments;
  #inFlight = 0;

  constructor(options: ApiServerOptions) {
    const { group, version, resources } = options;
    this.#options = options;
    this.#discovery = discoveryDocuments(group, version, resources);
    this.#openApi = openApiDocuments(group, version, resources);
  }

  readonly handle = (req: IncomingMessage, res: ServerResponse): void => {
    const audit = req.headers['audit-id'];
    res.setHeader('Audit-Id', typeof audit === 'string' ? audit : randomUUID());
    res.setHeader('X-Content-Type-Options', 'nosniff');
    this.#serve(req, res).catch((error: unknown) => this.#fail(res, error));
  };

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const info = parseRequest(req.url ?? '/');
    if (info === undefined) throw badRequest('the path cannot be decoded');
    if (info.kind === 'path' && this.#serveHealth(info, res)) return;
    const user = await this.#options.authenticator.authenticate(req);
    const method = req.method ?? 'GET';
    if (info.kind === 'path') {
      await this.#options.authorizer.authorize(user, { verb: method.toLowerCase(), path: info.path });
      if (method !== 'GET' && method !== 'HEAD') throw noSuchPath();
      await this.#serveDocument(info, req, res);
      return;
    }
    await this.#serveResource(info, { user, req, res });
  }

  /** Whether the path was one of health; nobody has to say who they are for it. */
  #serveHealth({ path, query }: PathRequest, res: ServerResponse): boolean {
    const [, check, single] = healthPath.exec(path) ?? [];
    if (check === undefined) return false;
    const failing = check === 'readyz' ? this.#failing() : [];
    const checks = [...new Set(['ping', ...failing])].filter((name) => !query.getAll('exclude').includes(name));
    if (single && !checks.includes(single)) {
      res.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
      return true;
    }
    const looked = single ? [single] : checks;
    const isHealthy = looked.every((name) => !failing.includes(name));
    const lines = looked.map((name) =>
      failing.includes(name) ? `[-]${name} failed: reason withheld` : `[+]${name} ok`,
    );
    const told = `${lines.join('\n')}\n${check} check ${isHealthy ? 'passed' : 'failed'}\n`;
    const text = isHealthy && !query.has('verbose') ? 'ok' : told;
    res.writeHead(isHealthy ? 200 : 500, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
    return true;
  }

  #failing(): readonly string[] {
    const { notReady, signal } = this.#options;
    return [...notReady(), ...(signal.aborted ? ['shutdown'] : [])];
  }

  async #serveDocument(info: PathRequest, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { group, version } = this.#options;
    switch (`/${info.segments.join('/')}`) {
      case '/apis': {
        res.setHeader('Vary', 'Accept');
        const aggregated = acceptsAggregatedDiscovery(req.headers.accept);
        const { apiGroupList } = this.#discovery;
        return aggregated
          ? sendDocument(req, res, this.#discovery.aggregated, aggregatedContentType)
          : sendDocument(req, res, apiGroupList);
      }
      case `/apis/${group}`:
        return sendDocument(req, res, this.#discovery.apiGroup);
      case `/apis/${group}/${version}`:
        return sendDocument(req, res, this.#discovery.apiResourceList);
      case '/openapi/v2':
        return sendDocument(req, res, this.#openApi.v2);
      case '/openapi/v3':
        return sendDocument(req, res, this.#openApi.root);
      case `/openapi/v3/apis/${group}/${version}`:
        setImmutable(res, this.#openApi.groupVersion, info.query.get('hash'));
        return sendDocument(req, res, this.#openApi.groupVersion);
      case '/version':
        return sendJson(req, res, this.#options.build);
      default:
        throw noSuchPath();
    }
  }

  async #serveResource(
    info: ResourceRequest,
    { user, req, res }: { readonly user: User; readonly req: IncomingMessage; readonly res: ServerResponse },
  ): Promise<void> {
    const { group, version, resources, authorizer } = this.#options;
    const resource = resources.find(({ plural }) => plural === info.resource);
    if (info.group !== group || info.version !== version || resource === undefined) throw noSuchPath();
    // One object is only found in its namespace.
    if (info.name !== undefined && info.namespace === undefined) throw noSuchPath();
    const watching = info.name === undefined && isTruthy(info.query.get('watch'));
    const verb = verbOf(req.method ?? 'GET', info.name !== undefined, watching);
    const selection = info.name === undefined ? selectionOf(resource, info.namespace, info.query) : undefined;
    const name = info.name ?? (selection && selectedName(selection.fields));
    await authorizer.authorize(user, { ...attributesOf(info, resource, verb, name), ...selectedAttributes(selection) });
    if (verb !== 'get' && verb !== 'list' && verb !== 'watch') throw methodNotAllowed(resource, verb);
    const missing = this.#options.notReady();
    if (missing.length > 0) {
      res.setHeader('Retry-After', '1');
      throw new ApiError(503, 'ServiceUnavailable', `not ready yet: ${missing.join(', ')}`);
    }
    if (info.name !== undefined) {
      await this.#limited(res, () => this.#serveObject(info, resource, req, res));
      return;
    }
    const representation = negotiate(req.headers.accept);
    const shared = { resource, log: resource.log, selection: selection!, query: info.query, representation };
    const { clock, random, signal } = this.#options;
    if (!watching) return sendJson(req, res, listBody({ ...shared, now: clock.now() }));
    if (req.method === 'HEAD') throw methodNotAllowed(resource, 'watch by HEAD');
    serveWatch({ ...shared, clock, random, res, signal });
  }

  async #serveObject(
    info: ResourceRequest,
    resource: ServedResource,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    const { name = '', namespace, subresource } = info;
    const object = namespace === undefined ? undefined : resource.log.get(namespace, name);
    const below = subresource === undefined ? undefined : resource.subresources.find((sub) => sub.name === subresource);
    if (subresource !== undefined && below === undefined) throw noSuchPath();
    if (object === undefined) throw notFound(resource, name);
    if (below !== undefined) {
      await below.serve(object, req, res, info.rest);
      return;
    }
    const representation = negotiate(req.headers.accept);
    const now = this.#options.clock.now();
    await sendJson(req, res, objectBody(resource, object, { query: info.query, representation, now }));
  }

  /** A bound for what takes time; watches and discovery do not count. */
  async #limited(res: ServerResponse, work: () => Promise<void>): Promise<void> {
    if (this.#inFlight >= maxInFlight) {
      res.setHeader('Retry-After', '1');
      throw new ApiError(429, 'TooManyRequests', 'too many requests, please try again later', {
        details: { retryAfterSeconds: 1 },
      });
    }
    this.#inFlight++;
    try {
      await work();
    } finally {
      this.#inFlight--;
    }
  }

  #fail(res: ServerResponse, error: unknown): void {
    const known = error instanceof ApiError;
    if (!known) this.#options.onError(error);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const status = known
      ? error
      : new ApiError(500, 'InternalError', `Internal error occurred: ${errorMessage(error)}`);
    res.writeHead(status.code, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(statusOf(status))}\n`);
  }
}

function verbOf(method: string, hasName: boolean, watching: boolean): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return hasName ? 'get' : watching ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

function attributesOf(
  info: ResourceRequest,
  resource: ServedResource,
  verb: string,
  name: string | undefined,
): Attributes {
  const { namespace, subresource } = info;
  return {
    verb,
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    ...(subresource !== undefined && { subresource }),
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
  };
}

/** Authorizers may grant what a selector leaves of a collection. */
function selectedAttributes(selection: Selection | undefined): Partial<Attributes> {
  const fieldSelector = selection && fieldAttribute(selection.fields);
  const labelSelector = selection && labelAttribute(selection.labels);
  return { ...(fieldSelector && { fieldSelector }), ...(labelSelector && { labelSelector }) };
}
