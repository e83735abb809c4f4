// Label selectors: read, matched, refused.
import assert from 'node:assert/strict';
import { matches, parseSelector, SelectorError } from '#lib/label-selector';

const labels = { app: 'web', tier: 'front', 'example.com/size': '7', empty: '' };

describe('parseSelector', () => {
  const cases: readonly [selector: string, written: string, matched: boolean][] = [
    ['', '', true],
    ['app', 'app', true],
    ['!app', '!app', false],
    ['!other', '!other', true],
    ['app=web', 'app=web', true],
    ['app == web', 'app=web', true],
    ['app=db', 'app=db', false],
    ['app!=db', 'app!=db', true],
    ['other!=db', 'other!=db', true],
    ['app in (web, db)', 'app in (web,db)', true],
    ['app in (db)', 'app=db', false],
    ['app notin (db,web)', 'app notin ( db , web )', false],
    ['other notin (x)', 'other!=x', true],
    ['empty=', 'empty=', true],
    ['empty in (,x)', 'empty in (,x)', true],
    ['example.com/size>6', 'example.com/size>6', true],
    ['example.com/size<7', 'example.com/size<7', false],
    ['app>1', 'app>1', false],
    ['app=web,tier in (front),!x', 'app=web,tier=front,!x', true],
    ['app=web,tier=back', 'app=web,tier=back', false],
    ['in=x', 'in=x', false],
    ['constructor', 'constructor', false],
  ];
  for (const [selector, written, matched] of cases) {
    it(`reads ${JSON.stringify(selector)}`, () => {
      const requirements = parseSelector(selector);
      assert.equal(matches(requirements, labels), matched);
      assert.deepEqual(requirements, parseSelector(written));
    });
  }

  for (const bad of [
    '=a',
    'a=b,',
    ',',
    'a in b',
    'a in (b',
    'a in ()x',
    'a b',
    'a=b c',
    '!a=b',
    'a>x',
    '-a',
    'a=-b',
    'A.B./c',
    'a=(b)',
    `${'x'.repeat(64)}=a`,
  ]) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      assert.throws(() => parseSelector(bad), SelectorError);
    });
  }
});
