// Admission in the process: caches to judge by, the HTTPS server, and its registration with the API server.
import { allKinds } from '#api/scheme';
import type { Informer } from '#kube/informer';
import { errorMessage } from '#lib/errors';
import { admissionHandler } from '#webhooks/server/handler';
import { Judge } from '#webhooks/server/judge';
import { webhookConfigurations } from '#webhooks/server/registration';
import { snapshotOf } from '#webhooks/server/snapshot';
import { rules } from '#webhooks/rules';
import type { ServeContext } from './context.ts';
import { resourceOfKind } from './kinds.ts';
import { applyOwn, serviceName, type Serving } from './serving.ts';

/** Serves admission; resolves once the API server knows of it. Returns the server's URL. */
export async function startAdmission(context: ServeContext, serving: Serving): Promise<string> {
  const { flags, informers, index, log, namespace, metrics } = context;
  const caches = new Map<string, Informer>(
    allKinds.map(({ group, kind }) => [kind, informers.acquire(resourceOfKind(group, kind))]),
  );
  const judge = new Judge({
    rules,
    snapshot: snapshotOf(caches, index),
    onRuleFailure: (rule, error) => log.error({ rule, error: errorMessage(error) }, 'an admission rule failed'),
  });
  const handler = admissionHandler({ judge, observe: (review) => metrics.reviewed(review) });
  const server = await serving.listen('admission', (req, res) => {
    handler(req, res).catch((error: Error) => {
      log.error({ error: error.message, stacktrace: error.stack }, 'admission failed');
      if (res.headersSent) res.destroy();
      else res.writeHead(500).end();
    });
  });
  const url = `https://localhost:${server.address.port}`;
  const reach =
    flags.webhookUrl === ''
      ? { service: { name: serviceName, namespace, port: 443 } }
      : { url: flags.webhookUrl === 'local' ? url : flags.webhookUrl };
  await serving.registerWith((caBundle) => applyOwn(context, webhookConfigurations({ caBundle, reach })));
  return url;
}
