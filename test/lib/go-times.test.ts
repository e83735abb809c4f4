// Times, zones and URLs against recorded results of Go's time and net/url packages.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { GoTime } from '#lib/go-time';
import { parseTime } from '#lib/go-time-parse';
import { formatUrl, hostnameOf, parseUrl } from '#lib/go-url';
import { fixedZone, loadZone, UTC } from '#lib/go-zone';

interface Recorded {
  readonly kind: 'time' | 'url';
  readonly args: readonly string[];
  readonly want: unknown;
}

const file = new URL('../golden/helm-functions/lib-times.json', import.meta.url);
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded[];
const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';

function timeResult([layout = '', text = '', zone = '', shown = '']: readonly string[]): unknown[] {
  const time = parseTime(layout, text, loadZone(zone) ?? UTC);
  return [
    null,
    time.toString(),
    time.unix,
    time.nanosecond,
    time.format(shown),
    time.yearDay,
    time.weekday,
    time.addDate(1, -1, 40).format(RFC3339_NANO),
  ];
}

function urlResult(text: string): unknown[] {
  const url = parseUrl(text);
  return [
    null,
    url.scheme,
    url.opaque,
    url.userinfo ?? null,
    url.host,
    hostnameOf(url.host),
    url.path,
    url.rawPath,
    url.query,
    url.forceQuery,
    url.fragment,
    url.rawFragment,
    url.omitHost,
    formatUrl(url),
  ].map((part) => (typeof part === 'string' ? part.toWellFormed() : part));
}

function result({ kind, args }: Recorded): unknown {
  try {
    return kind === 'time' ? timeResult(args) : urlResult(args[0] ?? '');
  } catch (error) {
    return [error instanceof Error ? error.message.toWellFormed() : String(error)];
  }
}

describe('times and URLs against Go', () => {
  for (const kind of ['time', 'url'] as const) {
    it(`agrees on ${kind}`, () => {
      const cases = recorded.filter((one) => one.kind === kind);
      assert.ok(cases.length > 100);
      for (const one of cases) assert.deepEqual(result(one), one.want, JSON.stringify(one.args));
    });
  }
});

describe('Go times', () => {
  it('knows the abbreviations of the zone data', () => {
    const summer = Date.UTC(2024, 6, 1) / 1000;
    const shown = ['Europe/Paris', 'America/Havana', 'Asia/Dubai', 'Asia/Tel_Aviv', 'Pacific/Guam', 'Etc/GMT+5'].map(
      (name) => new GoTime(summer, 0, loadZone(name) ?? UTC).format('MST -0700'),
    );
    assert.deepEqual(shown, ['CEST +0200', 'CDT -0400', '+04 +0400', 'IDT +0300', 'ChST +1000', '-05 -0500']);
  });

  it('loads zones by their exact names only', () => {
    for (const name of ['europe/paris', '+05:00', '../UTC', 'Nowhere/Bad', '/etc/localtime', 'Europe/Paris/']) {
      assert.equal(loadZone(name), undefined, name);
    }
    assert.equal(loadZone(''), UTC);
  });

  it('adds and compares exactly', () => {
    const start = new GoTime(0, 999_999_999, fixedZone('X', 3600));
    const later = start.add(2n);
    assert.equal(later.format(RFC3339_NANO), '1970-01-01T01:00:01.000000001+01:00');
    assert.equal(later.compare(start), 1);
    assert.equal(start.add(-2_000_000_000n).unix, -2);
    assert.equal(later.unixNano - start.unixNano, 2n);
  });
});
