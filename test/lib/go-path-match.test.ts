// Go's path.Match, by the cases of its contract.
import assert from 'node:assert/strict';
import { goPathMatch } from '#lib/go-path-match';

const matching: readonly (readonly [string, string])[] = [
  ['', ''],
  ['abc', 'abc'],
  ['*', ''],
  ['*', 'abc'],
  ['*c', 'abc'],
  ['a*', 'a'],
  ['a*/b', 'abc/b'],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f'],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f'],
  ['a*b?c*x', 'abxbbxdbxebxczzx'],
  ['ab[c]', 'abc'],
  ['ab[b-d]', 'abc'],
  ['ab[^e-g]', 'abc'],
  ['a\\*b', 'a*b'],
  ['a?b', 'a☺b'],
  ['[a-ζ]*', 'α'],
  ['[\\]a]', ']'],
  ['[\\-]', '-'],
  ['[x\\-]', 'x'],
  ['[x\\-]', '-'],
  ['*x', 'xxx'],
  ['a[^a]b', 'a☺b'],
];
const failing: readonly (readonly [string, string])[] = [
  ['abc', 'abd'],
  ['', 'a'],
  ['a*', 'ab/c'],
  ['a*/b', 'a/c/b'],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f'],
  ['a*b?c*x', 'abxbbxdbxebxczzy'],
  ['ab[e-g]', 'abc'],
  ['ab[^c]', 'abc'],
  ['ab[^b-d]', 'abc'],
  ['a\\*b', 'ab'],
  ['a?b', 'a/b'],
  ['a*b', 'a/b'],
  ['*', 'a/b'],
  ['[x\\-]', 'z'],
  ['[\\-x]', 'a'],
  // Malformed patterns.
  ['[]a]', ']'],
  ['[-]', '-'],
  ['[x-]', 'x'],
  ['[-x]', 'x'],
  ['[a-b-c]', 'a'],
  ['[', 'a'],
  ['[^', 'a'],
  ['[^bc', 'a'],
  ['a[', 'ab'],
  ['\\', 'a'],
];

describe('goPathMatch', () => {
  for (const [pattern, name] of matching) {
    it(`${pattern} matches ${name}`, () => assert.equal(goPathMatch(pattern, name), true));
  }
  for (const [pattern, name] of failing) {
    it(`${pattern} does not match ${name}`, () => assert.equal(goPathMatch(pattern, name), false));
  }
  it('takes no longer than its input deserves', () => {
    const started = process.cpuUsage();
    assert.equal(goPathMatch(`${'a*'.repeat(2000)}b`, 'a'.repeat(20_000)), false);
    assert.ok(process.cpuUsage(started).user < 5_000_000);
  });
});
