// AWS's side of Signature Version 4: takes a request off the wire apart and signs it again, by the steps of AWS's guide.
import { createHash, createHmac } from 'node:crypto';

export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface Verdict {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  /** `20150830T123600Z` */
  readonly date: string;
  readonly sessionToken: string | undefined;
}

/** Throws unless the signature is that of the key; `secretOf` gives the secret of a key's id. */
export function verifySignature(
  request: SignedRequest,
  secretOf: (accessKeyId: string) => string | undefined,
): Verdict {
  const question = request.target.indexOf('?');
  const path = question < 0 ? request.target : request.target.slice(0, question);
  const pairs =
    question < 0
      ? []
      : request.target
          .slice(question + 1)
          .split('&')
          .filter(Boolean);
  const header = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    request.headers['authorization'] ?? '',
  );
  const fromQuery = (name: string): string | undefined =>
    pairs
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => decodeURIComponent(pair.slice(name.length + 1)))[0];
  const credential = header?.[1] ?? fromQuery('X-Amz-Credential') ?? '';
  const names = header?.[2] ?? fromQuery('X-Amz-SignedHeaders') ?? '';
  const given = header?.[3] ?? fromQuery('X-Amz-Signature') ?? '';
  const date = header === null ? (fromQuery('X-Amz-Date') ?? '') : (request.headers['x-amz-date'] ?? '');
  const [accessKeyId = '', day = '', region = '', service = ''] = credential.split('/');
  const secret = secretOf(accessKeyId);
  if (secret === undefined) throw new Error(`unknown key ${accessKeyId}`);
  if (!date.startsWith(day) || day === '') throw new Error('the date is not that of the scope');

  const query = pairs
    .filter((pair) => !pair.startsWith('X-Amz-Signature='))
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .toSorted();
  const lines = [request.method, path.split('/').map(strictly).join('/'), query.join('&')];
  for (const name of names.split(';')) {
    lines.push(`${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`);
  }
  lines.push('', names, createHash('sha256').update(request.body).digest('hex'));
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${createHash('sha256').update(lines.join('\n')).digest('hex')}`;
  let key: string | Buffer = `AWS4${secret}`;
  for (const part of [day, region, service, 'aws4_request', text])
    key = createHmac('sha256', key).update(part).digest();
  if (key.toString('hex') !== given) throw new Error(`SignatureDoesNotMatch\n${lines.join('\n')}`);
  const sessionToken = header === null ? fromQuery('X-Amz-Security-Token') : request.headers['x-amz-security-token'];
  return { accessKeyId, region, service, signedHeaders: names.split(';'), date, sessionToken };
}

export interface GitPassword {
  readonly host: string;
  /** Of the repository. */
  readonly path: string;
  /** `user:password`. */
  readonly basic: string;
}

/** The same for CodeCommit, which is shown a signature as a password. */
export function verifyGitPassword(
  { host, path, basic }: GitPassword,
  secretOf: (accessKeyId: string) => string | undefined,
): Pick<Verdict, 'accessKeyId' | 'region' | 'date' | 'sessionToken'> {
  const [, accessKeyId = '', sessionToken, date = '', given = ''] =
    /^([^%:]+)(?:%([^:]+))?:(\d{8}T\d{6}Z)([0-9a-f]{64})$/.exec(basic) ?? [];
  const secret = secretOf(accessKeyId);
  const region = host.split('.')[1] ?? '';
  if (secret === undefined) throw new Error(`unknown key ${accessKeyId}`);
  const canonical = ['GIT', path, '', `host:${host}`, '', 'host', ''].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const scope = [date.slice(0, 8), region, 'codecommit', 'aws4_request'];
  const text = `AWS4-HMAC-SHA256\n${date.replace('Z', '')}\n${scope.join('/')}\n${digest}`;
  let key: string | Buffer = `AWS4${secret}`;
  for (const part of [...scope, text]) key = createHmac('sha256', key).update(part).digest();
  if (key.toString('hex') !== given) throw new Error(`SignatureDoesNotMatch\n${canonical}`);
  return { accessKeyId, region, date, sessionToken };
}

function strictly(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
