// The keys a Kustomization decrypts with: those its decryption Secret holds, and services that keep theirs to themselves.
import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import type { Kustomization } from '#api/kustomize/kustomization';
import type { KubeClient } from '#kube/client';
import type { KubeObject } from '#kube/object';
import { secrets } from '#kube/resources';
import { isNotFound } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import { Secret } from '#lib/secret';
import type { KeyFile, RemoteAnswer, RemoteKey } from '#sops/index';
import { keyId, type KeyServices, type ServiceKeys, type VaultLogins } from '#sops/services/index';

export interface DecryptionKeys {
  readonly files: Secret<readonly KeyFile[]>;
  /** Where the files came from, for messages. */
  readonly where: string;
  /** Changes with every key. */
  readonly digest: string;
  /** The data key, or a part of it. Throws when the service does not give it away. */
  readonly ask: (key: RemoteKey, signal: AbortSignal) => Promise<Uint8Array>;
}

export interface DecryptionOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly services: KeyServices;
  /** Age keys of Kustomizations that name no Secret. */
  readonly ageSecret: { readonly namespace: string; readonly name: string } | undefined;
  /** Whose cloud identity asks services, where a Kustomization names none; empty: this process's own. */
  readonly defaultServiceAccount: string;
  /** Undefined where no ServiceAccount logs in to any Vault. */
  readonly vaultLogins: VaultLogins | undefined;
}

interface KeySecret extends KubeObject {
  /** base64 */
  readonly data?: Readonly<Record<string, string>> | null;
}

interface Reference {
  readonly namespace: string;
  readonly name: string;
  /** As messages call it. */
  readonly kind: string;
  readonly ageOnly: boolean;
}

/** Questions to services at once. */
const concurrency = 8;
/** ms all questions of a build may take. */
const patienceMs = 60_000;
/** Undefined when nothing is to be decrypted. Throws what Flux says of a Secret that is missing or of no use. */
export async function decryptionKeys(
  { metadata, spec }: Pick<Kustomization, 'metadata' | 'spec'>,
  options: DecryptionOptions,
  signal: AbortSignal,
): Promise<DecryptionKeys | undefined> {
  const { decryption } = spec;
  if (decryption === undefined) return undefined;
  const namespace = metadata.namespace ?? '';
  const reference = referenceOf(namespace, decryption.secretRef?.name, options);
  const entries = reference === undefined ? [] : await entriesOf(reference, options, signal);
  const where = reference === undefined ? '' : `sops ${reference.kind} '${reference.namespace}/${reference.name}'`;
  const name = decryption.serviceAccountName || options.defaultServiceAccount;
  const account = name === '' ? undefined : { namespace, name, isDefault: !decryption.serviceAccountName };
  const service: ServiceKeys = options.services.open({ entries, where, account, vaultLogins: options.vaultLogins });
  return {
    files: new Secret(entries.flatMap(([name, content]) => keyFile(name, content.reveal().toString('utf8')))),
    where,
    digest: digestOf(entries),
    ask: (key, signal) => service.decrypt(key, signal),
  };
}

function referenceOf(
  namespace: string,
  name: string | undefined,
  { ageSecret }: DecryptionOptions,
): Reference | undefined {
  if (name !== undefined) return { namespace, name, kind: 'decryption Secret', ageOnly: false };
  return ageSecret && { ...ageSecret, kind: 'SOPS age decryption Secret', ageOnly: true };
}

async function entriesOf(
  { namespace, name, kind, ageOnly }: Reference,
  { client }: DecryptionOptions,
  signal: AbortSignal,
): Promise<(readonly [string, Secret<Buffer>])[]> {
  let secret: KeySecret;
  try {
    secret = await client.get<KeySecret>(secrets, { namespace, name }, { signal });
  } catch (error) {
    if (isNotFound(error)) throw error;
    throw new Error(`cannot get sops ${kind} '${namespace}/${name}': ${errorMessage(error)}`, { cause: error });
  }
  return Object.entries(secret.data ?? {})
    .filter(([entry]) => !ageOnly || entry.endsWith('.agekey'))
    .map(([entry, value]) => [entry, new Secret(Buffer.from(value, 'base64'))] as const);
}

function keyFile(name: string, content: string): KeyFile[] {
  if (name.endsWith('.agekey')) return [{ name, type: 'age', content }];
  return name.endsWith('.asc') ? [{ name, type: 'pgp', content }] : [];
}

function digestOf(entries: readonly (readonly [string, Secret<Buffer>])[]): string {
  const hash = createHash('sha256');
  for (const [name, content] of entries) hash.update(`${name} ${content.reveal().toString('base64')} `);
  return hash.digest('base64');
}

/** Adds what the services say of the keys: of each list the first one that is given away is enough. */
export async function askServices(
  { ask }: Pick<DecryptionKeys, 'ask'>,
  wanted: readonly (readonly RemoteKey[])[],
  { answers, signal }: { readonly answers: Map<string, RemoteAnswer>; readonly signal: AbortSignal },
): Promise<void> {
  const limit = pLimit(concurrency);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const lists = new Map(wanted.map((keys) => [keys.map(keyId).join(' '), keys]));
  await limit.map([...lists.values()], async (keys) => {
    for (const key of keys) {
      const answer = await answerTo(key);
      answers.set(keyId(key), answer);
      if ('part' in answer) return;
    }
  });

  async function answerTo(key: RemoteKey): Promise<RemoteAnswer> {
    try {
      return { part: await ask(key, deadline) };
    } catch (error) {
      signal.throwIfAborted();
      return { error: deadline.aborted ? 'no answer in time' : errorMessage(error) };
    }
  }
}
