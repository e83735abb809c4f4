// Versions, constraints, durations and regular expressions against recorded results of the Go libraries.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  formatDuration,
  HOUR,
  MILLISECOND,
  MINUTE,
  parseDuration,
  roundDuration,
  truncateDuration,
} from '#lib/go-duration';
import { GoRegexp, quoteMeta, RegexpError } from '#lib/go-regexp';
import {
  compareVersions,
  maxSatisfying,
  parseConstraint,
  parseStrictVersion,
  parseVersion,
  satisfies,
  tryParseConstraint,
  tryParseVersion,
} from '#lib/masterminds-semver';

interface Recorded {
  readonly kind: 'version' | 'strict' | 'cmp' | 'constraint' | 'duration' | 'regexp';
  readonly args: readonly string[];
  readonly limit?: number;
  readonly want: unknown;
}

const file = new URL('../golden/helm-functions/lib-patterns.json', import.meta.url);
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded[];

function versionResult(text: string): unknown[] {
  const version = parseVersion(text);
  const next = [version.incPatch(), version.incMinor(), version.incMajor()];
  return [null, version.toString(), ...next.map(({ original }) => original)];
}

function constraintResult(text: string, versions: readonly string[]): unknown[] {
  const constraint = parseConstraint(text);
  const verdicts = versions.map((version) => {
    const parsed = parseVersion(version);
    const { satisfied, reasons } = constraint.validate(parsed);
    return [constraint.check(parsed), satisfied, reasons];
  });
  return [null, constraint.toString(), ...verdicts];
}

function durationResult(text: string): unknown[] {
  const duration = parseDuration(text);
  const steps = [roundDuration(duration, MINUTE), roundDuration(duration, 7n * MILLISECOND)];
  return [
    null,
    duration.toString(),
    ...[duration, ...steps, truncateDuration(duration, HOUR)].map((value) => formatDuration(value)),
  ];
}

function regexpResult([pattern = '', text = '', template = '']: readonly string[], limit: number): unknown[] {
  const re = new GoRegexp(pattern);
  const found = [re.findAll(text), re.findAll(text, limit), re.findAllSubmatch(text)].map((list) => list ?? null);
  const replaced = [re.replaceAll(text, template), re.replaceAllLiteral(text, template)];
  const split = [re.split(text, limit), re.split(text)].map((list) => list ?? null);
  return [null, re.match(text), re.find(text), ...found, ...replaced, ...split];
}

function result({ kind, args, limit = -1 }: Recorded): unknown {
  const [text = '', ...rest] = args;
  try {
    switch (kind) {
      case 'version':
        return versionResult(text);
      case 'strict':
        return [null, parseStrictVersion(text).toString()];
      case 'cmp': {
        const [a, b] = [tryParseVersion(text), tryParseVersion(rest[0] ?? '')];
        return a === undefined || b === undefined ? null : compareVersions(a, b);
      }
      case 'constraint':
        return constraintResult(text, rest);
      case 'duration':
        return durationResult(text);
      case 'regexp':
        return regexpResult(args, limit);
    }
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

describe('versions, durations and patterns against Go', () => {
  for (const kind of ['version', 'strict', 'cmp', 'constraint', 'duration', 'regexp'] as const) {
    it(`agrees on ${kind}`, () => {
      const cases = recorded.filter((one) => one.kind === kind);
      assert.ok(cases.length > 100);
      for (const one of cases) assert.deepEqual(result(one), one.want, JSON.stringify(one.args));
    });
  }
});

describe('Masterminds constraints', () => {
  it('picks the highest version that satisfies', () => {
    const versions = ['1.0.0', '1.9.0', '1.10.0-rc.1', '2.0.0', '1.9.0+b'].map((text) => parseVersion(text));
    assert.equal(maxSatisfying(versions, parseConstraint('^1.0'))?.toString(), '1.9.0');
    assert.equal(maxSatisfying(versions, parseConstraint('^1.0-0'))?.toString(), '1.10.0-rc.1');
    assert.equal(maxSatisfying(versions, parseConstraint('>3')), undefined);
  });

  it('tells bad texts from bad matches', () => {
    assert.ok(satisfies('v1.22.3-gke.100', '>=1.21-0'));
    assert.ok(!satisfies('v1.22.3-gke.100', '>=1.21'));
    assert.equal(tryParseConstraint('nonsense'), undefined);
    assert.equal(tryParseVersion('1.2.3.4'), undefined);
    assert.throws(() => parseVersion('99999999999999999999.0.0'), /value out of range$/);
  });

  it('reads hostile texts in linear time', () => {
    const started = process.cpuUsage();
    for (const text of [`1${' '.repeat(50_000)}!`, '1 '.repeat(50_000) + '!', `1 - ${'1.'.repeat(50_000)}`]) {
      assert.equal(tryParseConstraint(text), undefined);
    }
    assert.ok(process.cpuUsage(started).user < 5_000_000);
  });
});

describe('Go regular expressions', () => {
  it('finds groups by name', () => {
    const found = new GoRegexp('(?P<key>\\w+)=(?<value>\\w*)').findNamed('x a=1');
    assert.deepEqual(
      found,
      new Map([
        ['key', 'a'],
        ['value', '1'],
      ]),
    );
    assert.equal(new GoRegexp('(?P<n>a)').findNamed('b'), undefined);
  });

  it('lets groups share a name: the first that matched counts', () => {
    const re = new GoRegexp('\\((?P<n>a)\\)|[(](?P<n>b)\\)');
    assert.equal(re.replaceAll('(a)(b)', '<$n>'), '<a><b>');
  });

  it('replaces by function and gives offsets', () => {
    const re = new GoRegexp('[0-9]+');
    assert.equal(
      re.replaceAllWith('a1b22', (digits) => `${digits.length}`),
      'a1b2',
    );
    assert.deepEqual(re.findAllIndex('a1b22'), [
      [1, 2],
      [3, 5],
    ]);
  });

  it("reports a bad pattern in both of Go's forms", () => {
    assert.throws(
      () => new GoRegexp('a(`'),
      (error) => {
        assert.ok(error instanceof RegexpError);
        assert.equal(error.message, 'error parsing regexp: missing closing ): `a(``');
        assert.equal(error.panicText, 'regexp: Compile("a(`"): error parsing regexp: missing closing ): `a(``');
        return true;
      },
    );
    assert.throws(() => new GoRegexp('a\udc80'), /invalid UTF-8/);
  });

  it('refuses patterns that would take gigabytes, before compiling them', () => {
    const started = process.cpuUsage();
    for (const pattern of [
      'x{1000}'.repeat(1000),
      '(((a{10}){10}){10}){10}|'.repeat(20),
      '(?:\\pL{1000})'.repeat(200),
      '[[:'.repeat(20_000),
    ]) {
      assert.throws(() => new GoRegexp(pattern), /^RegexpError: error parsing regexp: expression too large: `/);
    }
    assert.ok(process.cpuUsage(started).user < 5_000_000);
    assert.ok(new GoRegexp('^(?:[a-z0-9]{1,63}[.]){0,10}[a-z]{2,63}$').match('a.b.com'));
    assert.ok(new GoRegexp('\\Qx{1000}{1000}\\E[{900}]').match('x{1000}{1000}9'));
  });

  it('quotes what is special', () => {
    const text = '\\.+*?()|[]{}^$ é-#';
    assert.equal(new GoRegexp(`^${quoteMeta(text)}$`).match(text), true);
  });
});
