// OpenSSH's known_hosts: which keys a host may show. Hashed names, wildcards, ports and @revoked. sshd(8).
import { createHmac } from 'node:crypto';
import { goPathMatch } from '#lib/go-path-match';

interface KnownKey {
  readonly marker?: 'revoked' | 'cert-authority';
  readonly matches: (host: string, port: number) => boolean;
  readonly type: string;
  readonly key: Buffer;
}

/** What the file says about a key; only `trusted` is good. */
export type HostVerdict = 'trusted' | 'unknown' | 'mismatch' | 'revoked';

/** Names of signatures we accept, by the type of the key; SHA-1 signatures of RSA keys are not among them. */
const signatureAlgorithms: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};
const maxLines = 10_000;

export class KnownHosts {
  readonly #keys: readonly KnownKey[];

  private constructor(keys: readonly KnownKey[]) {
    this.#keys = keys;
  }

  /** Reads a file. Lines that are not of this format are passed over, as OpenSSH does. */
  static parse(text: string): KnownHosts {
    const lines = text.split('\n', maxLines).map((line) => line.trim());
    return new KnownHosts(lines.map(parseLine).filter((key) => key !== undefined));
  }

  get size(): number {
    return this.#keys.length;
  }

  check(host: string, port: number, key: Buffer): HostVerdict {
    let verdict: HostVerdict = 'unknown';
    for (const known of this.#keys) {
      if (!known.matches(host, port)) continue;
      const same = known.key.equals(key);
      if (known.marker === 'revoked') {
        if (same) return 'revoked';
      } else if (known.marker === undefined) {
        if (same) verdict = 'trusted';
        else if (verdict === 'unknown') verdict = 'mismatch';
      }
    }
    return verdict;
  }

  /**
   * Signature algorithms to offer for a host: those of its known keys, so that a server with several keys shows the
   * one that can be checked; all when the host is unknown.
   */
  algorithmsFor(host: string, port: number): string[] {
    const known = this.#keys.filter((key) => key.marker === undefined && key.matches(host, port));
    const named = known.flatMap(({ type }) => signatureAlgorithms[type] ?? []);
    return [...new Set(named.length > 0 ? named : Object.values(signatureAlgorithms).flat())];
  }
}

function parseLine(line: string): KnownKey | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const words = line.split(/\s+/);
  let marker: KnownKey['marker'];
  if (words[0]!.startsWith('@')) {
    const word = words.shift()!.slice(1);
    if (word !== 'revoked' && word !== 'cert-authority') return undefined;
    marker = word;
  }
  const [hosts, type, encoded] = words;
  if (hosts === undefined || type === undefined || encoded === undefined) return undefined;
  const key = Buffer.from(encoded, 'base64');
  if (!startsWithType(key, type)) return undefined;
  return { ...(marker !== undefined && { marker }), matches: hostMatcher(hosts), type, key };
}

function startsWithType(key: Buffer, type: string): boolean {
  return key.length > 4 + type.length && key.toString('latin1', 4, 4 + key.readUInt32BE(0)) === type;
}

function hostMatcher(field: string): (host: string, port: number) => boolean {
  if (field.startsWith('|1|')) {
    const [, , salt = '', digest = ''] = field.split('|');
    const expected = Buffer.from(digest, 'base64');
    const key = Buffer.from(salt, 'base64');
    return (host, port) => createHmac('sha1', key).update(spelled(host, port)).digest().equals(expected);
  }
  const patterns = field.split(',').map(parsePattern);
  return (host, port) => {
    const hits = patterns.filter((pattern) => pattern.port === port && goPathMatch(pattern.glob, host.toLowerCase()));
    return hits.length > 0 && !hits.some(({ negated }) => negated);
  };
}

interface HostPattern {
  readonly negated: boolean;
  readonly glob: string;
  readonly port: number;
}

function parsePattern(text: string): HostPattern {
  const negated = text.startsWith('!');
  const name = negated ? text.slice(1) : text;
  const bracketed = /^\[([^\]]*)\]:(\d+)$/.exec(name);
  // Brackets and backslashes mean nothing here.
  const glob = (bracketed?.[1] ?? name).toLowerCase().replaceAll(/[\\[\]]/g, String.raw`\$&`);
  return { negated, glob, port: bracketed === null ? 22 : Number(bracketed[2]) };
}

function spelled(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}
