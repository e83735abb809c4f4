// How field errors read.
import assert from 'node:assert/strict';
import {
  errorPerField,
  formatFieldError,
  formatWithHint,
  invalidError,
  invalidMessage,
  requiredError,
  rulesNotChecked,
  tooManyError,
  typeError,
} from '#api/derive/field-error';

const subject = { kind: 'Bucket', group: 'source.toolkit.fluxcd.io', name: 'a' };

function shown(value: unknown): string {
  return formatFieldError(invalidError('spec.a', value, 'no'));
}

describe('field errors', () => {
  it('show strings as Go quotes them', () => {
    assert.equal(shown('a"b\\c'), String.raw`spec.a: Invalid value: "a\"b\\c": no`);
    assert.equal(shown('é\n\u0001<>&\u2028😀'), String.raw`spec.a: Invalid value: "é\n\x01<>&\u2028😀": no`);
    assert.equal(shown('\ud800'), 'spec.a: Invalid value: "\ufffd": no');
    assert.equal(shown({ a: [1] }), 'spec.a: Invalid value: {"a":[1]}: no');
  });

  it('carry the next step apart from the text', () => {
    const error = { ...requiredError('spec.url'), hint: 'add it' };
    assert.equal(formatFieldError(error), 'spec.url: Required value');
    assert.equal(formatWithHint(error), 'spec.url: Required value — add it');
    assert.equal(formatWithHint(requiredError('spec.url')), 'spec.url: Required value');
  });

  it('count one item and several', () => {
    assert.equal(formatFieldError(tooManyError('spec.a', 2, 1)), 'spec.a: Too many: 2: must have at most 1 item');
    assert.equal(formatFieldError(tooManyError('spec.a', 9, 3)), 'spec.a: Too many: 9: must have at most 3 items');
  });

  it('join into the refusal of an object, each text once', () => {
    const first = requiredError('spec.url');
    const refused = 'Bucket.source.toolkit.fluxcd.io "a" is invalid: ';
    assert.equal(invalidMessage(subject, [first, first]), `${refused}spec.url: Required value`);
    assert.equal(
      invalidMessage(subject, [first, typeError('spec.a', 'string', 'integer')]),
      `${refused}[spec.url: Required value, spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"]`,
    );
  });

  it('come down to one for each field, without the note on rules', () => {
    const errors = [requiredError('spec.a'), invalidError('spec.a', 1, 'no'), rulesNotChecked, requiredError('spec.b')];
    assert.deepEqual(
      errorPerField(errors).map(({ field }) => field),
      ['spec.a', 'spec.b'],
    );
  });
});
