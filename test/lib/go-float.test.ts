// Texts of floating-point numbers, against those of Go.
import assert from 'node:assert/strict';
import { formatFloat, formatShortest, parseFloatGo } from '#lib/go-float';
import { recordedStrconv } from './go-strconv.ts';

describe('go-float', () => {
  it('formats as FormatFloat does, in every format, precision and size', () => {
    const { floats } = recordedStrconv();
    assert.ok(floats.length > 1000);
    for (const { V, F, P, B, O } of floats) assert.equal(formatFloat(Number(V), F, P, B), O, `${V} ${F} ${P} ${B}`);
  });

  it('reads what ParseFloat reads and refuses the rest', () => {
    for (const { S, O, Bad } of recordedStrconv().parse) {
      const value = parseFloatGo(S);
      if (Bad) assert.equal(value, undefined, S);
      else assert.equal(formatFloat(value ?? NaN, 'g'), O, S);
    }
  });

  it('prints values as %v does', () => {
    const expected: [number, string][] = [
      [100000, '100000'],
      [999999, '999999'],
      [1000000, '1e+06'],
      [1234567, '1.234567e+06'],
      [12345678.9, '1.23456789e+07'],
      [0.0001, '0.0001'],
      [0.00001, '1e-05'],
      [-0, '-0'],
      [1e21, '1e+21'],
      [NaN, 'NaN'],
      [-Infinity, '-Inf'],
    ];
    for (const [value, text] of expected) assert.equal(formatShortest(value), text);
  });
});
