// The HTTPS servers the API server calls: their certificates, addresses, and registration.
import type { KubeObject } from '#kube/object';
import type { RequestListener } from 'node:http';
import { errorMessage } from '#lib/errors';
import type { KeyPair } from '#net/certificate';
import type { PkiInput } from '#net/pki-job';
import { ListeningServer } from '#net/server';
import { CertificateAuthority, type ServingMaterial } from '#webhooks/certs/authority';
import { WorkerPool } from '#workers/pool';
import type { ServeContext } from './context.ts';
import { parseAddress, type Role } from './flags.ts';

export const serviceName = 'sluice';
/** Stands for a process outside the cluster: the aggregator only reaches Services. */
export const localServiceName = 'sluice-local';
const fieldManager = 'sluice';
/** How long every API server may take to notice what it was told to trust. */
const propagationMs = 30_000;

export type ServingRole = Extract<Role, 'admission' | 'apiserver'>;
const servingRoles: readonly ServingRole[] = ['admission', 'apiserver'];

/** The authority of this installation, for every server of the process. */
export class Serving {
  readonly #context: ServeContext;
  readonly #authority: CertificateAuthority;
  readonly #servers: { readonly server: ListeningServer; readonly clientCas: () => readonly string[] }[] = [];
  readonly #registrations: ((bundle: string) => Promise<void>)[] = [];
  /** Servers that this replica is to have and that do not listen yet. */
  readonly #awaited: Set<ServingRole>;
  #material: ServingMaterial | undefined;

  constructor(context: ServeContext) {
    this.#context = context;
    this.#awaited = new Set(servingRoles.filter((role) => context.flags.roles.has(role)));
    const { client, clock, namespace } = context;
    this.#authority = new CertificateAuthority({
      client,
      clock,
      namespace,
      name: 'sluice-ca',
      hosts: [
        'localhost',
        '127.0.0.1',
        ...[serviceName, localServiceName].flatMap((name) => serviceHosts(name, namespace)),
      ],
      maker: {
        authority: (commonName, validity) => makeCertificate({ make: 'authority', commonName, validity }),
        leaf: (authority, request) => makeCertificate({ make: 'leaf', authority, request }),
      },
    });
  }

  async start(): Promise<void> {
    const { clock, log } = this.#context;
    this.#material = await this.#authority.start(
      async (material) => {
        // Clients must trust the new authority before anything shows its certificates.
        const isNewAuthority = material.bundle !== this.#current().bundle;
        await this.#register(material.bundle);
        if (isNewAuthority) await new Promise<void>((resolve) => clock.after(propagationMs, resolve));
        this.#material = material;
        for (const { server, clientCas } of this.#servers)
          server.setCertificate({ ...material, clientCas: clientCas() });
      },
      (error) => log.error({ error: errorMessage(error) }, 'cannot renew the serving certificate'),
    );
  }

  /** What is not ready yet: a Service should not lead here before. */
  get notReady(): readonly string[] {
    return [...this.#awaited];
  }

  /** Opens the HTTPS server of a role; it is kept in fresh certificates. */
  async listen(
    role: ServingRole,
    handler: RequestListener,
    clientCas: () => readonly string[] = () => [],
  ): Promise<ListeningServer> {
    const { flags } = this.#context;
    const [flag, address] =
      role === 'admission' ? ['webhook-addr', flags.webhookAddr] : ['apiserver-addr', flags.apiserverAddr];
    const server = await ListeningServer.listen({
      ...parseAddress(flag, address),
      handler,
      tls: { ...this.#current(), clientCas: clientCas() },
      requestClientCertificate: true,
      onConnectionError: (error) => this.#context.log.debug({ flag, error: error.message }, 'connection failed'),
    });
    this.#servers.push({ server, clientCas });
    this.#awaited.delete(role);
    return server;
  }

  /** Takes new client authorities into use. */
  refreshClientCas(): void {
    for (const { server, clientCas } of this.#servers)
      server.setCertificate({ ...this.#current(), clientCas: clientCas() });
  }

  /** Makes the cluster know of us now, and again whenever the authority changes. */
  async registerWith(registration: (bundle: string) => Promise<void>): Promise<void> {
    this.#registrations.push(registration);
    await registration(this.#current().bundle);
  }

  async close(): Promise<void> {
    this.#authority.stop();
    await Promise.all(this.#servers.map(({ server }) => server.close()));
  }

  #current(): ServingMaterial {
    if (this.#material === undefined) throw new Error('the serving certificate is not there yet');
    return this.#material;
  }

  async #register(bundle: string): Promise<void> {
    for (const registration of this.#registrations) await registration(bundle);
  }
}

/** Applies objects that are ours alone, such as registrations. */
export async function applyOwn({ client, discovery }: ServeContext, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    await client.apply(await discovery.resourceOf(object), object, { fieldManager, force: true });
  }
}

function serviceHosts(name: string, namespace: string): string[] {
  return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
}

const pkiJob = new URL(import.meta.resolve('#net/pki-job'));

/** In a thread of its own that ends at once: the library would otherwise stay with a worker of the pool. */
async function makeCertificate(input: PkiInput): Promise<KeyPair> {
  const pool = new WorkerPool({ threads: 1 });
  try {
    return await pool.run<KeyPair>(pkiJob, input);
  } finally {
    await pool.close();
  }
}
