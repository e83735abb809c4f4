// A key that encrypts the data key of a document, as the document names it.

interface Wrapped {
  /** The data key, or a part of it, encrypted with this key. */
  readonly enc: string;
}

export interface AgeKey extends Wrapped {
  readonly type: 'age';
  readonly recipient: string;
}

export interface PgpKey extends Wrapped {
  readonly type: 'pgp';
  readonly fingerprint: string;
}

export interface AwsKmsKey extends Wrapped {
  readonly type: 'kms';
  readonly arn: string;
  /** ARN of a role to act as first; empty for none. */
  readonly role: string;
  readonly context: Readonly<Record<string, string>>;
}

export interface GcpKmsKey extends Wrapped {
  readonly type: 'gcp_kms';
  readonly resourceId: string;
}

export interface AzureKeyVaultKey extends Wrapped {
  readonly type: 'azure_kv';
  readonly vaultUrl: string;
  readonly name: string;
  readonly version: string;
}

export interface VaultKey extends Wrapped {
  readonly type: 'hc_vault';
  readonly address: string;
  readonly enginePath: string;
  readonly keyName: string;
}

/** Whose private part lies in the decryption Secret. */
export type LocalKey = AgeKey | PgpKey;
/** Whose private part a service keeps. */
export type RemoteKey = AwsKmsKey | GcpKmsKey | AzureKeyVaultKey | VaultKey;
export type MasterKey = LocalKey | RemoteKey;

export function isLocal(key: MasterKey): key is LocalKey {
  return key.type === 'age' || key.type === 'pgp';
}

/** Tells a key from all others, and the same key from itself elsewhere. */
export function keyId(key: RemoteKey): string {
  return JSON.stringify(key);
}

/** The key as messages name it. */
export function nameOf(key: MasterKey): string {
  switch (key.type) {
    case 'age':
      return key.recipient;
    case 'pgp':
      return key.fingerprint;
    case 'kms':
      return awsName(key);
    case 'gcp_kms':
      return key.resourceId;
    case 'azure_kv':
      return `${key.vaultUrl}/keys/${key.name}/${key.version}`;
    default:
      return `${key.address}/v1/${key.enginePath}/keys/${key.keyName}`;
  }
}

function awsName({ arn, role, context }: AwsKmsKey): string {
  const pairs = Object.entries(context).map(([name, value]) => `${name}:${value}`);
  const shown = pairs.length === 0 ? '' : `|${pairs.toSorted().join(',')}`;
  return `${arn}${role === '' ? '' : `+${role}`}${shown}`;
}
