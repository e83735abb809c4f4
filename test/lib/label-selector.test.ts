// Selectors in both spellings: read, matched, written, refused.
import assert from 'node:assert/strict';
import { formatSelector, fromLabelSelector, matches, parseSelector, SelectorError } from '#lib/label-selector';

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
    ['app in (web, db)', 'app in (db,web)', true],
    ['app in (db)', 'app=db', false],
    ['app notin (db,web)', 'app notin (db,web)', false],
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
      assert.equal(formatSelector(requirements), written);
      assert.equal(matches(requirements, labels), matched);
      assert.deepEqual(formatSelector(parseSelector(written)), written);
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

describe('fromLabelSelector', () => {
  it('joins labels and expressions, sorted by key', () => {
    const requirements = fromLabelSelector({
      matchLabels: { tier: 'front' },
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['web', 'api'] },
        { key: 'x', operator: 'DoesNotExist' },
        { key: 'tier', operator: 'Exists' },
      ],
    });
    assert.equal(formatSelector(requirements), 'app in (api,web),tier=front,tier,!x');
    assert.equal(matches(requirements, labels), true);
    assert.equal(matches(requirements, { ...labels, x: '' }), false);
  });

  it('selects everything when empty, and nothing without labels otherwise', () => {
    assert.equal(matches(fromLabelSelector({}), undefined), true);
    assert.equal(matches(fromLabelSelector({ matchLabels: { a: 'b' } }), undefined), false);
  });

  it('refuses what the API would', () => {
    assert.throws(
      () => fromLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Near' }] }),
      /"Near" is not a valid label selector operator/,
    );
    assert.throws(
      () => fromLabelSelector({ matchExpressions: [{ key: 'a', operator: 'toString' }] }),
      /not a valid label selector operator/,
    );
    assert.throws(() => fromLabelSelector({ matchExpressions: [{ key: 'a', operator: 'In' }] }), /can't be empty/);
    assert.throws(
      () => fromLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] }),
      /must be empty/,
    );
    assert.throws(() => fromLabelSelector({ matchLabels: { 'a b': 'c' } }), SelectorError);
  });
});
