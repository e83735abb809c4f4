// A certificate authority of our own for webhooks and the aggregated API, kept in a Secret and renewed in time.
import type { KubeClient } from '#kube/client';
import type { KubeObject, ResourceRef } from '#kube/object';
import { isAlreadyExists, isConflict, isNotFound } from '#kube/status-error';
import type { Clock } from '#lib/clock';
import { Secret } from '#lib/secret';
import { expiry, validityFrom, type KeyPair, type LeafRequest, type Validity } from '#net/certificate';

const secrets: ResourceRef = { group: '', version: 'v1', plural: 'secrets', namespaced: true };
const authorityDays = 365;
const leafDays = 7;
const hour = 3_600_000;
const day = 24 * hour;

interface AuthoritySecret extends KubeObject {
  data?: Record<string, string>;
}

/** What clients must trust and what the server shows. */
export interface ServingMaterial {
  /** PEM: the authority in use, and its predecessor as long as that one's certificates may be around. */
  readonly bundle: string;
  readonly cert: string;
  readonly key: Secret;
}

export interface AuthorityOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  readonly clock: Clock;
  readonly namespace: string;
  /** Name of the Secret. */
  readonly name: string;
  /** Names and addresses the serving certificate is for. */
  readonly hosts: readonly string[];
  readonly maker: CertificateMaker;
}

/** Makes keys and certificates. */
export interface CertificateMaker {
  readonly authority: (commonName: string, validity: Validity) => Promise<KeyPair>;
  readonly leaf: (authority: KeyPair, request: LeafRequest) => Promise<KeyPair>;
}

interface Authority {
  readonly current: KeyPair;
  readonly bundle: string;
}

/**
 * Every replica signs its own serving certificate with the shared authority. A new authority joins the bundle before
 * anything is signed with it by another replica, and the old one stays in it until it expires.
 */
export class CertificateAuthority {
  readonly #options: AuthorityOptions;
  #material: ServingMaterial | undefined;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(options: AuthorityOptions) {
    this.#options = options;
  }

  /** The material to serve with now; looks after it from then on and tells of every change. */
  async start(
    onChange: (material: ServingMaterial) => Promise<void>,
    onError: (error: unknown) => void,
  ): Promise<ServingMaterial> {
    const first = await this.refresh();
    let inUse = first;
    const again = (): void => {
      if (this.#isStopped) return;
      this.#cancel = this.#options.clock.after(hour, () => {
        this.refresh()
          .then(async (material) => {
            if (material === inUse) return;
            // Until it was taken into use by everybody it is told again, each time.
            await onChange(material);
            inUse = material;
          })
          .catch(onError)
          .finally(again);
      });
    };
    again();
    return first;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** Renews what is past two thirds of its life; otherwise gives what there is. */
  async refresh(): Promise<ServingMaterial> {
    const authority = await this.#authority();
    const known = this.#material;
    const now = this.#options.clock.now();
    const fresh = known !== undefined && expiry(known.cert).getTime() - now > (leafDays * day) / 3;
    if (fresh && known.bundle === authority.bundle) return known;
    const leaf = await this.#options.maker.leaf(authority.current, {
      commonName: 'sluice',
      hosts: this.#options.hosts,
      usages: ['server'],
      validity: validityFrom(now, leafDays),
    });
    this.#material = {
      bundle: authority.bundle,
      cert: `${leaf.certificate}\n${authority.current.certificate}`,
      key: new Secret(leaf.privateKey),
    };
    return this.#material;
  }

  /** The shared authority: read, made, or replaced. Another replica may do so at the same time: the first one wins. */
  async #authority(): Promise<Authority> {
    const { client, clock, namespace, name } = this.#options;
    for (;;) {
      const stored = await this.#read();
      const parsed = stored === undefined ? undefined : parseAuthority(stored);
      const now = clock.now();
      const due =
        parsed === undefined || expiry(parsed.current.certificate).getTime() - now < (authorityDays * day) / 3;
      if (!due) return parsed;
      const current = await this.#options.maker.authority('sluice-ca', validityFrom(now, authorityDays));
      const keep = parsed !== undefined && expiry(parsed.current.certificate).getTime() > now;
      const bundle = keep ? `${current.certificate}\n${parsed.current.certificate}` : current.certificate;
      const data = {
        'ca.crt': Buffer.from(bundle).toString('base64'),
        'tls.crt': Buffer.from(current.certificate).toString('base64'),
        'tls.key': Buffer.from(current.privateKey).toString('base64'),
      };
      const object = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { namespace, name }, data };
      try {
        if (stored === undefined) await client.create(secrets, object);
        else {
          const { resourceVersion = '' } = stored.metadata;
          await client.update(secrets, { ...object, metadata: { ...object.metadata, resourceVersion } });
        }
        return { current, bundle };
      } catch (error) {
        if (!isAlreadyExists(error) && !isConflict(error)) throw error;
      }
    }
  }

  async #read(): Promise<AuthoritySecret | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      return await client.get<AuthoritySecret>(secrets, { namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function parseAuthority({ data = {} }: AuthoritySecret): Authority | undefined {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  const certificate = text('tls.crt');
  const privateKey = text('tls.key');
  const bundle = text('ca.crt');
  if (certificate === '' || privateKey === '' || bundle === '') return undefined;
  return { current: { certificate, privateKey }, bundle };
}
