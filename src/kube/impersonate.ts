// Acting as somebody else: the identity, and the headers that carry it.

export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The user a service account is to the API server. The server adds its groups itself. */
export function serviceAccountIdentity(namespace: string, name: string): Impersonation {
  return { user: `system:serviceaccount:${namespace}:${name}` };
}

/** Headers in undici's flat form, so that several groups become several lines. */
export function impersonationHeaders(identity: Impersonation | undefined): string[] {
  if (identity === undefined) return [];
  const headers = ['Impersonate-User', identity.user];
  if (identity.uid !== undefined) headers.push('Impersonate-Uid', identity.uid);
  for (const group of identity.groups ?? []) headers.push('Impersonate-Group', group);
  for (const [name, values] of Object.entries(identity.extra ?? {})) {
    for (const value of values) headers.push(`Impersonate-Extra-${encodeExtraKey(name)}`, value);
  }
  return headers;
}

/** Extra keys may hold what header names may not (a slash, for one): those bytes are percent-encoded. */
function encodeExtraKey(key: string): string {
  let out = '';
  for (const byte of Buffer.from(key, 'utf8')) {
    const char = String.fromCharCode(byte);
    // "%" itself is encoded too, so that decoding gives back the key.
    out += /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
