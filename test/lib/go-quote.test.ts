// Quoted strings and runes, against strconv.
import assert from 'node:assert/strict';
import { canBackquote, quote, quoteRune, unquote } from '#lib/go-quote';
import { fromBytes, toBytes } from '#lib/go-string';
import { isLetterOrDigit, isPrint } from '#lib/go-printable';
import { recordedStrconv } from './go-strconv.ts';

function* runes(): Generator<number> {
  for (let rune = 0; rune <= 0x10ffff; rune++) if (rune < 0xd800 || rune > 0xdfff) yield rune;
}

/** Compares a predicate with the code points where Go's changes. */
function differences(changes: readonly number[], holds: (rune: number) => boolean): string[] {
  const found: string[] = [];
  let expected = false;
  let next = 0;
  for (const rune of runes()) {
    while (next < changes.length && (changes[next] ?? 0) <= rune) {
      expected = !expected;
      next++;
    }
    if (holds(rune) !== expected) found.push(rune.toString(16));
  }
  return found;
}

describe('go-quote', () => {
  it('quotes as strconv.Quote, QuoteToASCII and CanBackquote', () => {
    for (const { B, Q, A, Back } of recordedStrconv().quote) {
      const text = fromBytes(Buffer.from(B, 'base64'));
      assert.equal(quote(text), Q);
      assert.equal(quote(text, { ascii: true }), A);
      assert.equal(canBackquote(text), Back, Q);
    }
  });

  it('unquotes as strconv.Unquote', () => {
    for (const { S, O, Bad } of recordedStrconv().unquote) {
      const text = unquote(S);
      if (Bad) assert.equal(text, undefined, S);
      else assert.equal(Buffer.from(toBytes(text ?? 'missing')).toString('base64'), O, S);
    }
  });

  it('quotes runes', () => {
    assert.equal(quoteRune(0x61), "'a'");
    assert.equal(quoteRune(0x27), String.raw`'\''`);
    assert.equal(quoteRune(0x22), `'"'`);
    assert.equal(quoteRune(0xe9, { ascii: true }), String.raw`'\u00e9'`);
    assert.equal(quoteRune(0xd800), "'\ufffd'");
  });

  it('knows which code points are printable, letters and digits in Go', () => {
    const { print, alnum } = recordedStrconv();
    assert.deepEqual(differences(print, isPrint), []);
    assert.deepEqual(
      differences(alnum, (rune) => rune === 0x5f || isLetterOrDigit(rune)),
      [],
    );
  });
});
