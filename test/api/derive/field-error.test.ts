// How field errors read.
import assert from 'node:assert/strict';
import {
  errorPerField,
  formatFieldError,
  formatWithHint,
  invalidError,
  requiredError,
  rulesNotChecked,
  tooManyError,
} from '#api/derive/field-error';

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

  it('come down to one for each field, without the note on rules', () => {
    const errors = [requiredError('spec.a'), invalidError('spec.a', 1, 'no'), rulesNotChecked, requiredError('spec.b')];
    assert.deepEqual(
      errorPerField(errors).map(({ field }) => field),
      ['spec.a', 'spec.b'],
    );
  });
});
