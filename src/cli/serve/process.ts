// The serving process: starts its parts in order, ends them in the reverse one.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileServer } from '#artifact/file-server';
import { LeaderElector } from '#kube/lease';
import { ListeningServer } from '#net/server';
import { jsonLogger, type Logger } from '#runtime/log';
import type { CommandIO } from '../command.ts';
import { startAdmission } from './admission.ts';
import { startAggregatedApi } from './aggregated-api.ts';
import { openContext, type ServeContext } from './context.ts';
import { startControllers, type RunningControllers } from './controllers.ts';
import { parseAddress, type ServeFlags } from './flags.ts';
import { Serving } from './serving.ts';
import { healthHandler, type HealthChecks } from './health.ts';

export interface RunningSluice {
  readonly addresses: {
    readonly artifacts: string;
    readonly health: string;
    readonly metrics?: string;
    readonly webhooks?: string;
    readonly api?: string;
  };
  readonly context: ServeContext;
  /** Resolves when the process has to end for a reason of its own, such as lost leadership. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

export async function startSluice(flags: ServeFlags, io: Pick<CommandIO, 'env' | 'stdout'>): Promise<RunningSluice> {
  const log = jsonLogger(io.stdout, flags.logLevel);
  const { ignored } = flags.featureGates;
  if (ignored.length > 0) log.info({ gates: ignored }, 'these feature gates change nothing here');
  const context = await openContext(flags, io.env, log);
  const stops: (() => Promise<void>)[] = [() => context.close()];
  const failure = Promise.withResolvers<Error>();
  let isStopping = false;
  const stop = async (): Promise<void> => {
    // Readiness ends before anything else does, so that nobody is sent here any more.
    isStopping = true;
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    const artifacts = await listen(context, 'storage-addr', flags.storageAddr, fileServer(context.storage), stops);
    context.advertise(advertisedAddress(artifacts));
    const serving = new Serving(context);
    const checks: HealthChecks = { draining: () => isStopping, notReady: () => serving.notReady };
    const health = await listen(context, 'health-addr', flags.healthAddr, healthHandler(checks), stops);
    const metrics =
      flags.metricsAddr === ''
        ? undefined
        : await listen(context, 'metrics-addr', flags.metricsAddr, metricsHandler(context), stops);
    const extensions = await serveExtensions(context, serving, stops);
    if (flags.roles.has('controllers')) stops.push(await lead(context, (error) => failure.resolve(error)));
    log.info({ artifacts: artifacts.url, health: health.url }, 'sluice is up');
    return {
      addresses: {
        artifacts: artifacts.url,
        health: health.url,
        ...(metrics && { metrics: metrics.url }),
        ...extensions,
      },
      context,
      failed: failure.promise,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The servers the API server calls. */
async function serveExtensions(
  context: ServeContext,
  serving: Serving,
  stops: (() => Promise<void>)[],
): Promise<{ readonly webhooks?: string; readonly api?: string }> {
  const { roles } = context.flags;
  if (!roles.has('admission') && !roles.has('apiserver')) return {};
  const abort = new AbortController();
  stops.push(() => {
    abort.abort(new Error('the process is stopping'));
    return serving.close();
  });
  await serving.start();
  const webhooks = roles.has('admission') ? await startAdmission(context, serving) : undefined;
  const api = roles.has('apiserver') ? await startAggregatedApi(context, serving, abort.signal) : undefined;
  return { ...(webhooks && { webhooks }), ...(api && { api }) };
}

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void> | void;

async function listen(
  context: ServeContext,
  flag: string,
  address: string,
  handler: Handler,
  stops: (() => Promise<void>)[],
): Promise<ListeningServer> {
  const server = await ListeningServer.listen({
    ...parseAddress(flag, address),
    handler: (req, res) => {
      Promise.resolve(handler(req, res)).catch((error: Error) => fail(context.log, res, error));
    },
  });
  stops.push(() => server.close());
  return server;
}

function fail(log: Logger, res: ServerResponse, error: Error): void {
  log.error({ error: error.message, stacktrace: error.stack }, 'request failed');
  if (res.headersSent) res.destroy();
  else res.writeHead(500).end();
}

/** `host:port` for clients. A server on every address is reached by the host's name in a cluster, locally by loopback. */
function advertisedAddress(server: ListeningServer): string {
  const { address, port } = server.address;
  return `${address === '0.0.0.0' || address === '::' ? 'localhost' : address}:${port}`;
}

function metricsHandler({ metrics }: ServeContext): Handler {
  return async (req, res) => {
    if ((req.url ?? '').split('?', 1)[0] !== '/metrics') {
      res.writeHead(404).end();
      return;
    }
    res.setHeader('Content-Type', metrics.registry.contentType);
    res.end(await metrics.registry.metrics());
  };
}

/** Runs the controllers: at once, or for as long as this replica leads. Returns how to end them. */
async function lead(context: ServeContext, lost: (error: Error) => void): Promise<() => Promise<void>> {
  const { flags, client, namespace, instance, log } = context;
  const grace = flags.gracefulShutdownTimeout;
  if (!flags.enableLeaderElection) {
    const running = startControllers(context);
    return () => running.stop(grace);
  }
  const abort = new AbortController();
  let running: RunningControllers | undefined;
  const elector = new LeaderElector({
    client,
    namespace,
    name: `sluice-leader-election${shardSuffix(flags.watchLabelSelector)}`,
    identity: `${instance}_${crypto.randomUUID()}`,
    leaseDurationMs: flags.leaderElectionLeaseDuration,
    renewDeadlineMs: flags.leaderElectionRenewDeadline,
    retryPeriodMs: flags.leaderElectionRetryPeriod,
    releaseOnStop: flags.leaderElectionReleaseOnCancel,
    onStartedLeading: () => {
      log.info({}, 'successfully acquired lease');
      running = startControllers(context);
    },
    onStoppedLeading: (reason) => {
      // Another replica may act already: what is under way here must end at once, and the process with it.
      if (reason !== 'lost') return;
      const error = new Error('leader election lost');
      running?.abort(error);
      lost(error);
    },
  });
  const election = elector.run(abort.signal);
  election.catch((error: Error) => lost(error));
  return async () => {
    await running?.stop(grace);
    abort.abort(new Error('the process is stopping'));
    await election.catch(() => undefined);
  };
}

/** Replicas of different shards lead independently of each other. */
function shardSuffix(selector: string): string {
  return selector === '' ? '' : `-${Buffer.from(selector).toString('hex').slice(0, 16)}`;
}
