// Secrets that sources refer to: read, decoded, and never printed.
import type { KubeClient } from '#kube/client';
import { secrets, type DataObject } from '#kube/resources';
import { errorMessage } from '#lib/errors';
import { Secret } from '#lib/secret';

/** The decoded data of a Kubernetes Secret. */
export class SecretData {
  readonly #data: ReadonlyMap<string, Buffer>;

  constructor(data: ReadonlyMap<string, Buffer>) {
    this.#data = data;
  }

  keys(): string[] {
    return [...this.#data.keys()].toSorted();
  }

  /** A value as text; undefined when the key is not there. */
  text(key: string): Secret | undefined {
    const value = this.#data.get(key);
    return value === undefined ? undefined : new Secret(value.toString('utf8'));
  }

  /** A value that is no secret, such as a certificate or a user's name. */
  open(key: string): string | undefined {
    return this.#data.get(key)?.toString('utf8');
  }
}

/** Reads a Secret. The error names it, and says what the API server said. */
export async function readSecret(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<SecretData> {
  let object: DataObject;
  try {
    object = await client.get<DataObject>(secrets, { namespace, name }, { signal });
  } catch (error) {
    throw new Error(`failed to get secret '${namespace}/${name}': ${errorMessage(error)}`, { cause: error });
  }
  const entries = Object.entries(object.data ?? {});
  return new SecretData(new Map(entries.map(([key, value]) => [key, Buffer.from(value, 'base64')])));
}
