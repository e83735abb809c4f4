// Who may say who somebody is: the aggregator's certificate, a client's own, a token.
import assert from 'node:assert/strict';
import { parseAuthenticationConfig } from '#apiserver/authentication';
import { base, Stage } from './stage.ts';

const list = `${base}/namespaces/default/artifacts`;

describe('authentication', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
  });
  afterEach(() => stage.close());

  /** Whom the authorizer was asked about last. */
  const identity = (): unknown => {
    const { user, groups, uid, extra } = stage.accessReviews.at(-1) ?? {};
    return { user, groups, ...(uid !== undefined && { uid }), ...(extra !== undefined && { extra }) };
  };

  it('believes the aggregator, and keeps a group with a comma whole', async () => {
    const headers = ['X-Remote-User', 'jane', 'X-Remote-Uid', '7', 'X-Remote-Group', 'a', 'X-Remote-Group', 'b, c'];
    headers.push('X-Remote-Extra-Scopes', 'x', 'X-Remote-Extra-Scopes', 'y', 'X-Remote-Extra-acme.org%2fProject', 'p');
    assert.equal((await stage.ask(list, { headers })).status, 200);
    assert.deepEqual(identity(), {
      user: 'jane',
      uid: '7',
      groups: ['a', 'b, c', 'system:authenticated'],
      extra: { scopes: ['x', 'y'], 'acme.org/project': ['p'] },
    });
  });

  it('reads 3000 groups', async () => {
    const groups = Array.from({ length: 3000 }, (_, i) => `group-${i}`);
    const headers = ['X-Remote-User', 'jane', ...groups.flatMap((group) => ['X-Remote-Group', group])];
    assert.equal((await stage.ask(list, { headers })).status, 200);
    assert.deepEqual(stage.accessReviews.at(-1)?.['groups'], [...groups, 'system:authenticated']);
  });

  it('gives the group-less users of the aggregator the group of all users', async () => {
    await stage.ask(base, { headers: ['X-Remote-User', 'system:aggregator'] });
    assert.deepEqual(identity(), { user: 'system:aggregator', groups: ['system:authenticated'] });
  });

  it('takes nobody else at his word', async () => {
    const headers = ['X-Remote-User', 'admin', 'X-Remote-Group', 'system:masters'];
    const jane = await stage.issue(stage.clientCa, 'jane', ['devs', 'ops']);
    assert.equal((await stage.ask(list, { headers, certificate: jane })).status, 200);
    const { user, groups } = stage.accessReviews.at(-1) ?? {};
    assert.deepEqual({ user, groups }, { user: 'jane', groups: ['devs', 'ops', 'system:authenticated'] });
    await stage.ask(list, { headers, certificate: 'none' });
    assert.deepEqual(identity(), { user: 'system:anonymous', groups: ['system:unauthenticated'] });
    const impostor = await stage.issue(stage.clientCa, 'front-proxy-client');
    await stage.ask(list, { headers, certificate: impostor });
    assert.equal(stage.accessReviews.at(-1)?.['user'], 'front-proxy-client');
  });

  it('refuses certificates of the proxy authority with another name, of nobody, and of the past', async () => {
    const headers = ['X-Remote-User', 'admin'];
    const other = await stage.issue(stage.proxyCa, 'somebody-else');
    assert.equal((await stage.ask(list, { headers, certificate: other })).status, 401);
    const elsewhere = await Stage.open();
    await elsewhere.close();
    const stranger = elsewhere.aggregator;
    const refused = await stage.ask(list, { headers, certificate: stranger });
    assert.equal(refused.status, 401);
    assert.deepEqual(refused.json(), {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    });
    const brief = await stage.issue(stage.proxyCa, 'front-proxy-client', [], 1);
    stage.clock.advance(2 * 86_400_000);
    assert.equal((await stage.ask(list, { headers, certificate: brief })).status, 401);
    assert.equal(stage.accessReviews.length, 0);
  });

  it('allows any name when none is listed', async () => {
    stage.configure({ allowedNames: [] });
    const other = await stage.issue(stage.proxyCa, 'somebody-else');
    assert.equal((await stage.ask(list, { headers: ['X-Remote-User', 'jane'], certificate: other })).status, 200);
  });

  it('follows a rotation of the authority at once', async () => {
    const headers = ['X-Remote-User', 'jane'];
    const elsewhere = await Stage.open();
    await elsewhere.close();
    const { proxyCa } = elsewhere;
    stage.configure({ requestHeaderCa: `${stage.proxyCa.certificate}\n${proxyCa.certificate}` });
    const renewed = await stage.issue(proxyCa, 'front-proxy-client');
    assert.equal((await stage.ask(list, { headers, certificate: renewed })).status, 200);
    assert.equal((await stage.ask(list, { headers })).status, 200);
    stage.configure({ requestHeaderCa: proxyCa.certificate });
    assert.equal((await stage.ask(list, { headers })).status, 401);
  });

  it('believes no headers when nothing is configured', async () => {
    stage.authenticator.configure(parseAuthenticationConfig({}));
    assert.equal((await stage.ask(list, { headers: ['X-Remote-User', 'jane'] })).status, 401);
  });

  it('asks about a token once in ten seconds, and refuses what is nobody’s', async () => {
    stage.reviewToken = (token) =>
      Promise.resolve(token === 'good' ? { name: 'robot', groups: ['bots'], extra: {} } : undefined);
    const ask = (token: string): Promise<number> =>
      stage
        .ask(list, { headers: ['Authorization', `Bearer ${token}`], certificate: 'none' })
        .then(({ status }) => status);
    assert.deepEqual(await Promise.all([ask('good'), ask('good'), ask('bad')]), [200, 200, 401]);
    assert.deepEqual(stage.tokenReviews.toSorted(), ['bad', 'good']);
    assert.equal(stage.accessReviews.at(-1)?.['user'], 'robot');
  });

  it('does not take a review that failed for an answer', async () => {
    stage.reviewToken = () => Promise.reject(new Error('no connection'));
    const headers = ['Authorization', 'Bearer good'];
    assert.equal((await stage.ask(list, { headers, certificate: 'none' })).status, 500);
    stage.reviewToken = () => Promise.resolve({ name: 'robot', groups: [], extra: {} });
    assert.equal((await stage.ask(list, { headers, certificate: 'none' })).status, 200);
  });
});

describe('authorization', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
    stage.store('podinfo');
  });
  afterEach(() => stage.close());

  const asked = (): unknown =>
    stage.accessReviews.at(-1)?.['resourceAttributes'] ?? stage.accessReviews.at(-1)?.['nonResourceAttributes'];
  const resource = { group: 'artifacts.sluice.dev', version: 'v1alpha1', resource: 'artifacts' };

  it('asks for what is requested', async () => {
    const rows: [string, object, string?][] = [
      [list, { verb: 'list', namespace: 'default', ...resource }],
      [`${base}/artifacts?watch=1&timeoutSeconds=1`, { verb: 'watch', ...resource }],
      [
        `${list}/gitrepository-podinfo`,
        { verb: 'get', namespace: 'default', name: 'gitrepository-podinfo', ...resource },
      ],
      [
        `${list}/gitrepository-podinfo`,
        { verb: 'get', namespace: 'default', name: 'gitrepository-podinfo', ...resource },
        'HEAD',
      ],
      [
        `${list}/gitrepository-podinfo/content`,
        { verb: 'get', namespace: 'default', name: 'gitrepository-podinfo', subresource: 'content', ...resource },
      ],
      [`${list}/x`, { verb: 'delete', namespace: 'default', name: 'x', ...resource }, 'DELETE'],
      ['/openapi/v3', { verb: 'get', path: '/openapi/v3' }],
    ];
    for (const [path, attributes, method = 'GET'] of rows) {
      const response = await stage.begin(path, { method, headers: ['X-Remote-User', 'jane'] });
      response.destroy();
      assert.deepEqual(asked(), attributes, path);
    }
  });

  it('tells what is selected, and takes a selected name for the name', async () => {
    const fields = encodeURIComponent('metadata.name=x,spec.source.kind!=Bucket');
    await stage.asJane(`${list}?fieldSelector=${fields}&labelSelector=${encodeURIComponent('a=b,!c')}`);
    assert.deepEqual(asked(), {
      verb: 'list',
      namespace: 'default',
      name: 'x',
      fieldSelector: {
        requirements: [
          { key: 'metadata.name', operator: 'In', values: ['x'] },
          { key: 'spec.source.kind', operator: 'NotIn', values: ['Bucket'] },
        ],
      },
      labelSelector: {
        requirements: [
          { key: 'a', operator: 'In', values: ['b'] },
          { key: 'c', operator: 'DoesNotExist' },
        ],
      },
      ...resource,
    });
  });

  it('asks once for equal questions, and again after ten seconds at the latest', async () => {
    await Promise.all([stage.asJane(list), stage.asJane(list), stage.asJane(list)]);
    assert.equal(stage.accessReviews.length, 1);
    await stage.asJane(`${base}/artifacts`);
    assert.equal(stage.accessReviews.length, 2);
  });

  it('refuses in the API server’s words', async () => {
    stage.reviewAccess = () => ({ allowed: false, reason: 'no RBAC policy matched' });
    const { status, json } = await stage.asJane(`${list}/gitrepository-podinfo/content`);
    assert.equal(status, 403);
    const { message, reason } = json<{ message: string; reason: string }>();
    assert.equal(reason, 'Forbidden');
    assert.equal(
      message,
      'artifacts.artifacts.sluice.dev "gitrepository-podinfo" is forbidden: User "jane" cannot get resource "artifacts/content" in API group "artifacts.sluice.dev" in the namespace "default": no RBAC policy matched',
    );
    assert.match(
      (await stage.asJane('/openapi/v3')).text,
      /forbidden: User \\"jane\\" cannot get path \\"\/openapi\/v3\\"/,
    );
  });

  it('never takes a failure for a yes', async () => {
    stage.reviewAccess = () => Promise.reject(new Error('no connection'));
    const { status, json } = await stage.asJane(list);
    assert.equal(status, 500);
    assert.equal(json<{ reason: string }>().reason, 'InternalError');
    assert.equal(stage.errors.length, 1);
  });

  it('asks nobody about masters and about health', async () => {
    await stage.ask(list, { headers: ['X-Remote-User', 'root', 'X-Remote-Group', 'system:masters'] });
    await stage.ask('/livez', { certificate: 'none' });
    assert.deepEqual(stage.accessReviews, []);
  });
});
