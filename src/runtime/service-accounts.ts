// ServiceAccounts as cloud identities need them: their annotations, and tokens issued for them.
import type { AccountReference, Accounts, ServiceAccount } from '#cloudauth/index';
import type { KubeClient } from '#kube/client';
import type { KubeObject } from '#kube/object';
import { serviceAccounts } from '#kube/resources';
import { isNotFound } from '#kube/status-error';
import { Secret } from '#lib/secret';
import type { NamedObjects } from './named-objects.ts';

interface TokenRequest extends KubeObject {
  readonly spec: { readonly audiences: readonly string[] };
  readonly status?: { readonly token?: string };
}

export class ServiceAccounts implements Accounts {
  readonly #client: Pick<KubeClient, 'create'>;
  readonly #objects: NamedObjects;

  constructor(client: Pick<KubeClient, 'create'>, objects: NamedObjects) {
    this.#client = client;
    this.#objects = objects;
  }

  async get({ namespace, name }: AccountReference, signal: AbortSignal): Promise<ServiceAccount | undefined> {
    try {
      const { metadata } = await this.#objects.get({ ref: serviceAccounts, namespace, name }, signal);
      return { namespace, name, uid: metadata.uid ?? '', annotations: metadata.annotations ?? {} };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async issueToken(
    { namespace, name }: AccountReference,
    audiences: readonly string[],
    signal: AbortSignal,
  ): Promise<Secret> {
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { namespace, name },
      spec: { audiences },
    };
    const { status } = await this.#client.create(serviceAccounts, request, { subresource: 'token', signal });
    return new Secret(status?.token ?? '');
  }
}
