// No cloud at all: the ServiceAccount's own token is shown to clusters that trust this cluster's issuer.
import { readFile } from 'node:fs/promises';
import { Secret } from '#lib/secret';
import { errorMessage } from '#lib/errors';
import { clusterUrl } from '../cluster-address.ts';
import { IdentityError } from '../errors.ts';
import type { Accounts } from '../identities.ts';
import { claimsOf, expiryOf, type Claims } from '../jwt.ts';
import type { Assertion, BearerToken, ClusterLogin, ClusterProvider, ClusterTarget, TokenScope } from '../provider.ts';

export interface GenericOptions {
  readonly accounts: Pick<Accounts, 'issueToken'>;
  /** Where the kubelet puts this process's own token. @default the place of every pod */
  readonly ownTokenFile?: string;
}

const podTokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const tokenName = 'service account token';

export class GenericProvider implements ClusterProvider<BearerToken> {
  readonly name = 'generic';
  readonly #options: GenericOptions;

  constructor(options: GenericOptions) {
    this.#options = options;
  }

  async ownToken({ audiences = [] }: TokenScope, signal: AbortSignal): Promise<BearerToken> {
    const { accounts, ownTokenFile = podTokenFile } = this.#options;
    const claims = claimsOf(await readToken(ownTokenFile), tokenName);
    refuseOwnAudience(claims, audiences);
    const [, , namespace, name, ...rest] = (claims.sub ?? '').split(':');
    if (namespace === undefined || name === undefined || rest.length > 0) {
      const message = `invalid subject format in service account token: ${claims.sub ?? ''}`;
      throw new IdentityError('IDENTITY_CONFIG', message);
    }
    return bearerOf(await accounts.issueToken({ namespace, name }, audiences, signal));
  }

  audiences(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  identityOf({ namespace, name }: Assertion['account']): string {
    return `system:serviceaccount:${namespace}:${name}`;
  }

  exchange({ token }: Assertion): Promise<BearerToken> {
    return Promise.resolve(bearerOf(token));
  }

  clusterScopes({ address, audiences = [] }: ClusterTarget): Promise<readonly TokenScope[]> {
    return Promise.resolve([{ audiences: audiences.length > 0 ? audiences : [requiredAddress(address)] }]);
  }

  login([bearer]: readonly BearerToken[], { address, ca }: ClusterTarget): Promise<ClusterLogin> {
    return Promise.resolve({ ...bearer!, server: clusterUrl(requiredAddress(address)), ca });
  }
}

function requiredAddress(address: string | undefined): string {
  if (address) return address;
  throw new IdentityError(
    'IDENTITY_CONFIG',
    'cluster address is required to create a REST config: set the key address',
  );
}

function bearerOf(token: Secret): BearerToken {
  return { token, expiresAt: expiryOf(token, tokenName) };
}

async function readToken(file: string): Promise<Secret> {
  try {
    return new Secret((await readFile(file, 'utf8')).trim());
  } catch (error) {
    const message = `failed to read service account token file ${file}: ${errorMessage(error)}`;
    throw new IdentityError('IDENTITY_CONFIG', message, { cause: error });
  }
}

/** A token for our own API server, sent wherever an object says, would give all our rights away. */
function refuseOwnAudience({ aud = [] }: Claims, wanted: readonly string[]): void {
  const own = typeof aud === 'string' ? [aud] : aud;
  const shared = wanted.find((audience) => own.includes(audience));
  if (shared === undefined) return;
  const message = `the audience '${shared}' is that of this cluster: name a service account, or another audience`;
  throw new IdentityError('IDENTITY_CONFIG', message);
}
