// Judging whole objects: order, what keeps rules from being judged, and hostile input.
import assert from 'node:assert/strict';
import { formatFieldError } from '#api/derive/field-error';
import { maxSchemaErrors } from '#api/derive/schema-check';
import { ObjectValidator } from '#api/derive/validate';
import { kindNamed } from '../kinds.ts';

function validatorOf(kind: string, version?: string): ObjectValidator {
  const named = kindNamed(kind, version);
  return new ObjectValidator(named.definition, named.version);
}

function judge(kind: string, spec: unknown): readonly string[] {
  return validatorOf(kind)
    .judge({ metadata: { name: 'a' }, spec })
    .errors.map(formatFieldError);
}

const NOT_CHECKED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

describe('judging an object', () => {
  it('orders errors by field, items by place, whatever the order they were written in', () => {
    const wrong = { url: 1, interval: 'x', include: [{ repository: {} }, {}], verify: { mode: 'x' }, suspend: 1 };
    const fields = judge('GitRepository', wrong).map((text) => text.slice(0, text.indexOf(': ')));
    assert.deepEqual(fields, [
      'spec.include[0].repository.name',
      'spec.include[1].repository',
      'spec.interval',
      'spec.suspend',
      'spec.url',
      'spec.verify.mode',
      'spec.verify.secretRef',
      '<nil>',
    ]);
    const reversed = Object.fromEntries(Object.entries(wrong).toReversed());
    assert.deepEqual(judge('GitRepository', reversed), judge('GitRepository', wrong));
  });

  it('judges rules beside a pattern that does not match', () => {
    assert.deepEqual(judge('Bucket', { interval: 'x', bucketName: 'b', endpoint: 'e', serviceAccountName: 's' }), [
      String.raw`spec.interval: Invalid value: "x": spec.interval in body should match '^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$'`,
      "spec: Invalid value: ServiceAccountName is not supported for the 'generic' Bucket provider",
    ]);
  });

  it('does not judge rules beside a missing field, and says so', () => {
    assert.deepEqual(judge('Bucket', { interval: '5m', bucketName: 'b', serviceAccountName: 's' }), [
      'spec.endpoint: Required value',
      NOT_CHECKED,
    ]);
  });

  it('accepts an object without a spec, as the API server does', () => {
    assert.deepEqual(validatorOf('GitRepository').judge({ metadata: { name: 'a' } }).errors, []);
  });

  it('returns the object as it would be stored, and leaves its argument alone', () => {
    const given = { metadata: { name: 'a' }, spec: { interval: '5m', url: 'https://a', unheard: 1 } };
    const judged = validatorOf('GitRepository').judge(given);
    assert.deepEqual(judged.object['spec'], { interval: '5m', url: 'https://a', timeout: '60s' });
    assert.deepEqual(judged.unknownFields, ['spec.unheard']);
    assert.deepEqual(given.spec, { interval: '5m', url: 'https://a', unheard: 1 });
  });

  it('judges every part of a list of a thousand, and stops at the limit', () => {
    const artifact = { name: 'a', copy: [{ from: '@a/', to: '@artifact/' }] };
    const sources = [{ alias: 'a', kind: 'Bucket', name: 'a' }];
    assert.deepEqual(
      judge('ArtifactGenerator', { sources, artifacts: Array.from({ length: 1000 }, () => artifact) }),
      [],
    );
    assert.deepEqual(judge('ArtifactGenerator', { sources, artifacts: Array.from({ length: 1001 }, () => artifact) }), [
      'spec.artifacts: Too many: 1001: must have at most 1000 items',
      NOT_CHECKED,
    ]);
  });

  it('walks a hundred thousand mistakes without gathering them all', () => {
    const started = process.cpuUsage();
    const include = Array.from({ length: 100_000 }, () => ({}));
    const errors = judge('GitRepository', { include, sparseCheckout: include, interval: '5m' });
    assert.equal(errors.length, maxSchemaErrors + 1);
    assert.equal(errors[0], 'spec.include[0].repository: Required value');
    const { user, system } = process.cpuUsage(started);
    assert.ok(user + system < 3_000_000, `${(user + system) / 1000} ms`);
  });

  it('takes time in proportion to a long text, whatever the pattern', () => {
    const long = 1_000_000;
    const texts = [
      '1'.repeat(long),
      'a'.repeat(long),
      '1m'.repeat(long / 2) + 'x',
      'a.'.repeat(long / 2),
      '-'.repeat(long),
    ];
    const reference = { kind: 'Secret', name: 'a' };
    const started = process.cpuUsage();
    for (const text of texts) {
      judge('GitRepository', { interval: text, url: text, timeout: text });
      judge('HelmRelease', { interval: text, valuesFrom: [{ ...reference, targetPath: text, valuesKey: text }] });
      judge('ArtifactGenerator', {
        artifacts: [{ name: text }],
        sources: [{ alias: text, name: text, namespace: text }],
      });
      const status = {
        conditions: [{ type: text, reason: text, lastTransitionTime: text }],
        artifact: { digest: text },
      };
      validatorOf('GitRepository').judge({ metadata: {}, status });
    }
    const { user, system } = process.cpuUsage(started);
    assert.ok(user + system < 10_000_000, `${(user + system) / 1000} ms`);
  });

  it('takes keys such as __proto__ and constructor for ordinary ones', () => {
    const spec = JSON.parse(
      '{"interval":"5m","prune":true,"sourceRef":{"kind":"Bucket","name":"a"},"postBuild":{"substitute":{"__proto__":1,"constructor":{},"a/b~c":2}}}',
    ) as unknown;
    assert.deepEqual(judge('Kustomization', spec), [
      'spec.postBuild.substitute.__proto__: Invalid value: "integer": spec.postBuild.substitute.__proto__ in body must be of type string: "integer"',
      'spec.postBuild.substitute.constructor: Invalid value: "object": spec.postBuild.substitute.constructor in body must be of type string: "object"',
      'spec.postBuild.substitute.a/b~c: Invalid value: "integer": spec.postBuild.substitute.a/b~c in body must be of type string: "integer"',
      NOT_CHECKED,
    ]);
  });
});
