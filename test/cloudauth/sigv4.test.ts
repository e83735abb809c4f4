// Signatures for AWS: its published test suite, what its own Python library signs, and a verifier of another hand.
import assert from 'node:assert/strict';
import { codeCommitLogin, gitRegion } from '#cloudauth/aws/codecommit';
import { presignedUrl, signedHeaders, type SigningScope } from '#cloudauth/aws/sigv4';
import { Secret } from '#lib/secret';
import { verifyGitPassword, verifySignature } from '#test/support/aws-signature';

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

function scope(service: string, region: string, at: string, sessionToken?: string): SigningScope {
  const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: new Secret(secretAccessKey),
    expiresAt: Number.POSITIVE_INFINITY,
    ...(sessionToken !== undefined && { sessionToken: new Secret(sessionToken) }),
  };
  return { credentials, service, region, at: Date.parse(at) };
}

function secretOf(): string {
  return secretAccessKey;
}

function signatureOf(text: string): string {
  return /Signature=([0-9a-f]{64})/.exec(text)?.[1] ?? '';
}

describe('signatures for AWS', () => {
  const suiteToken = '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267';
  const suite: readonly (readonly [string, string, Record<string, string>, string | undefined, string])[] = [
    ['get-vanilla', '/', {}, undefined, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-with-session-token',
      '/',
      {},
      suiteToken,
      '07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8',
    ],
    [
      'get-header-value-trim',
      '/',
      { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' },
      undefined,
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    [
      'get-vanilla-query-order-key-case',
      '/?Param2=value2&Param1=value1',
      {},
      undefined,
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ];
  for (const [name, target, headers, token, expected] of suite) {
    it(`are those of AWS's test suite: ${name}`, () => {
      const request = { method: 'GET', url: `https://example.amazonaws.com${target}`, headers };
      const signed = signedHeaders(request, scope('service', 'us-east-1', '2015-08-30T12:36:00Z', token));
      assert.equal(signatureOf(signed['authorization'] ?? ''), expected);
    });
  }

  it("are those of AWS's test suite in a URL", () => {
    const request = { method: 'GET', url: 'https://example.amazonaws.com/' };
    const url = presignedUrl(request, scope('service', 'us-east-1', '2015-08-30T12:36:00Z'), 3600);
    assert.equal(signatureOf(url), 'e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d');
  });

  // Told by botocore 1.43.11, with the same keys and time.
  it('are those of botocore: a path with an escape, a token, a body, repeated and odd parameters', () => {
    const at = '2026-11-23T09:05:06Z';
    const eks = { method: 'GET', url: 'https://eks.eu-west-1.amazonaws.com/clusters/prod%20one' };
    const described = signedHeaders(eks, scope('eks', 'eu-west-1', at, 'session/token+='));
    assert.equal(described['x-amz-date'], '20261123T090506Z');
    assert.equal(
      described['authorization'],
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-west-1/eks/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=2e4e0235a3dc4c81a5c26cd3d5bf25cac8d0c80cb117d4e27fd7467d492e0b7d',
    );
    const iam = {
      method: 'POST',
      url: 'https://iam.amazonaws.com/?b=2&a=%20x%2Fy&a=1',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'x-odd': '  a   b ' },
      body: 'Action=ListUsers&Version=2010-05-08',
    };
    assert.equal(
      signatureOf(signedHeaders(iam, scope('iam', 'us-east-1', at, 'session/token+='))['authorization'] ?? ''),
      '3b76dc06938270e62a30a5fdee57f4968994145f9bfd8f63ab26b83ef913155d',
    );
  });

  it('are those of botocore in the URL that EKS takes for a token', () => {
    const request = {
      method: 'GET',
      url: 'https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15',
      headers: { 'x-k8s-aws-id': 'prod one' },
    };
    const url = presignedUrl(request, scope('sts', 'eu-west-1', '2026-11-23T09:05:06Z', 'session/token+='), 900);
    assert.equal(signatureOf(url), 'eda6ee84eea480d3ff1685c1cd67d2dffc00555c3fc9cc62cabff3d92986bfdd');
    const parameters = new URL(url).searchParams;
    assert.equal(parameters.get('X-Amz-SignedHeaders'), 'host;x-k8s-aws-id');
    assert.equal(parameters.get('X-Amz-Expires'), '900');
  });

  // Told by git-remote-codecommit 1.17 with botocore 1.44.5, with the same keys and time.
  const repositories: readonly (readonly [string, string, string])[] = [
    [
      'https://git-codecommit.us-east-1.amazonaws.com/v1/repos/my-repo',
      'us-east-1',
      'e13e377dd3e1b558218c9a1e11bed3517827bece33eb7b894d55cafaa76b7f5a',
    ],
    [
      'https://git-codecommit-fips.eu-west-1.amazonaws.com/v1/repos/a.b_c-D',
      'eu-west-1',
      'f7ec89a3e6ea6ddd936ad2573740f381245d93767865e6d5f4be945684e2adf8',
    ],
    [
      'https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/x',
      'cn-north-1',
      'a2b80e7a1887fc5a8d6c1e522561b49edbf8c2b5361765011d4e3812751bee9e',
    ],
  ];
  for (const [address, region, signature] of repositories) {
    it(`are those of AWS's own Git helper as a password: ${address}`, () => {
      const url = new URL(address);
      const { credentials, at } = scope('codecommit', region, '2026-01-02T03:04:05Z', 'ses/sion+==');
      assert.equal(gitRegion(url), region);
      const login = codeCommitLogin(credentials, url, at);
      assert.ok('basic' in login);
      assert.equal(login.basic.username, 'AKIDEXAMPLE%ses/sion+==');
      assert.equal(login.basic.password.reveal(), `20260102T030405Z${signature}`);
      const given = { host: url.host, path: url.pathname, basic: `AKIDEXAMPLE%x:${login.basic.password.reveal()}` };
      assert.equal(verifyGitPassword(given, secretOf).region, region);
      assert.throws(() => verifyGitPassword({ ...given, path: '/v1/repos/other' }, secretOf), /SignatureDoesNotMatch/);
    });
  }

  it('are a password without a session too, and for CodeCommit alone', () => {
    const url = new URL(repositories[0]![0]);
    const { credentials, at } = scope('codecommit', 'us-east-1', '2026-01-02T03:04:05Z');
    const login = codeCommitLogin(credentials, url, at);
    assert.equal('basic' in login ? login.basic.username : '', 'AKIDEXAMPLE');
    for (const [address, message] of [
      ['https://github.com/org/repo.git', 'invalid AWS CodeCommit Git URL: github.com'],
      [
        'https://git-codecommit.a.evil.amazonaws.com/x',
        'invalid AWS CodeCommit Git URL: git-codecommit.a.evil.amazonaws.com',
      ],
      [
        'https://git-codecommit.a.amazonaws.com.evil/x',
        'invalid AWS CodeCommit Git URL: git-codecommit.a.amazonaws.com.evil',
      ],
      [
        'http://git-codecommit.us-east-1.amazonaws.com/v1/repos/x',
        'AWS CodeCommit authentication requires an HTTPS Git URL',
      ],
    ] as const) {
      assert.throws(() => gitRegion(new URL(address)), { message });
    }
  });

  it('are accepted by the verifier the tests use, and not when anything is changed', () => {
    const url = 'https://eks.eu-west-1.amazonaws.com/clusters/a%20b?x=1&y=%2F';
    const headers = signedHeaders({ method: 'GET', url }, scope('eks', 'eu-west-1', '2026-11-23T09:05:06Z', 's/+='));
    const request = {
      method: 'GET',
      target: '/clusters/a%20b?x=1&y=%2F',
      headers: { ...headers, host: 'eks.eu-west-1.amazonaws.com' } as Record<string, string>,
      body: '',
    };
    assert.equal(verifySignature(request, secretOf).service, 'eks');
    const changed = [
      { ...request, method: 'DELETE' },
      { ...request, target: '/clusters/a%20c?x=1&y=%2F' },
      { ...request, target: '/clusters/a%20b?x=2&y=%2F' },
      { ...request, body: 'x' },
      { ...request, headers: { ...request.headers, 'x-amz-security-token': 'other' } },
    ];
    for (const other of changed) assert.throws(() => verifySignature(other, secretOf), /SignatureDoesNotMatch/);
    assert.throws(() => verifySignature(request, () => 'another secret'), /SignatureDoesNotMatch/);
  });
});
