// What is told about fields that no kind declares.
import assert from 'node:assert/strict';
import { prune } from '#api/derive/prune';
import { unknownFieldTexts } from '#api/derive/unknown-fields';
import { objectSchema } from '#api/kind';
import { kindNamed } from '../kinds.ts';

function told(kind: string, spec: unknown): readonly string[] {
  const { definition, version } = kindNamed(kind);
  const schema = objectSchema(definition, version);
  const { unknownFields } = prune({ spec }, schema);
  return unknownFieldTexts(schema, unknownFields).map(({ message, hint }) => `${message}: ${hint}`);
}

describe('unknown fields', () => {
  it('come with the field that was probably meant', () => {
    assert.deepEqual(
      told('GitRepository', { intervall: '5m', ref: { Branch: 'main' }, include: [{ frompath: 'a' }] }),
      [
        'unknown field "spec.intervall": write interval',
        'unknown field "spec.ref.Branch": write branch',
        'unknown field "spec.include[0].frompath": write fromPath',
      ],
    );
  });

  it('come without a guess when none is near', () => {
    assert.deepEqual(told('GitRepository', { replicas: 1, ref: { x: 1 } }), [
      'unknown field "spec.replicas": remove it, or put it where it belongs',
      'unknown field "spec.ref.x": remove it, or put it where it belongs',
    ]);
  });

  it('are found inside maps and take names such as constructor for ordinary ones', () => {
    assert.deepEqual(told('ImagePolicy', { constructor: 1, policy: { semver: { rnage: '1.x' } } }), [
      'unknown field "spec.constructor": remove it, or put it where it belongs',
      'unknown field "spec.policy.semver.rnage": write range',
    ]);
  });
});
