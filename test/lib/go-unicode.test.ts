// Upper and lower case rune by rune, as Go's unicode package maps it.
import assert from 'node:assert/strict';
import { isSpace, runeToTitle, toLower, toUpper } from '#lib/go-unicode';

describe('case of runes', () => {
  it('maps one rune to one rune', () => {
    assert.equal(toUpper('straße ﬁ ŉ ᾳ ᾀ ΐ ǆ é'), 'STRAßE ﬁ ŉ ᾼ ᾈ ΐ Ǆ É');
    assert.equal(toLower('İ ΑΣ Ǆ É'), 'i ασ ǆ é');
    assert.equal(runeToTitle('ǆ'), 'ǅ');
    assert.equal(runeToTitle('x'), 'X');
  });

  it('replaces bytes that are not UTF-8', () => {
    assert.equal(toUpper('a\udc80'), 'A\ufffd');
  });

  it('knows white space as Unicode has it', () => {
    assert.ok([' ', '\u0085', '\u00a0', '\u2028', '\u3000'].every(isSpace));
    assert.ok(!['\ufeff', '\u200b', 'x'].some(isSpace));
  });
});
