// Indexes of chart repositories: what is made of them, and that cutting them reads the same as reading them whole.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sigsUnmarshal } from '#goyaml/index';
import { buildIndex, type BuiltIndex } from '#helm/repository/index-build';
import { IndexTable, type TableRow } from '#helm/repository/index-table';
import { tempDir } from '#test/support/temp-dir';

interface Read extends BuiltIndex {
  /** The stored JSON. */
  readonly text: string;
  readonly table: IndexTable;
}

async function read(source: string | Buffer): Promise<Read> {
  const dir = await tempDir('index');
  const file = (name: string): string => path.join(dir, name);
  await writeFile(file('index.yaml'), source);
  const [target, table, scratch] = [file('index.json'), file('index.table'), file('scratch')];
  const built = buildIndex({ source: file('index.yaml'), target, table, scratch, algorithm: 'sha256' });
  return { ...built, text: await readFile(target, 'utf8'), table: await IndexTable.open(table, built.digest) };
}

function version(text: string, more: readonly string[] = [], name = 'app'): string {
  const lines = ['apiVersion: v2', `name: ${name}`, 'urls:', `- ${name}-${text}.tgz`, `version: ${text}`, ...more];
  return lines.map((line, index) => `${index === 0 ? '  - ' : '    '}${line}\n`).join('');
}

const versionsOf = async (source: string, chart = 'app'): Promise<string[] | undefined> =>
  (await (await read(source)).table.versions(chart))?.map(([text]) => text);

describe('index of a chart repository', () => {
  it('is stored as Go writes it: fields in their order, charts by name, versions from the newest', async () => {
    const source = [
      'apiVersion: v1',
      'generated: "2024-05-01T10:00:00.123456789+02:00"',
      'entries:',
      '  zeta: []',
      '  app:',
      '  - version: 1.2.0',
      '    name: app',
      '    urls: [app-1.2.0.tgz]',
      '    digest: abc',
      '    description: a <b> & c',
      '    annotations: {z: "1", a: "2"}',
      '    maintainers:',
      '    - {name: Jane, email: ""}',
      '    apiVersion: v2',
      '    keywords: []',
      '    dependencies:',
      '    - name: dep',
      '      repository: ""',
      '      tags: [x]',
      '  - {apiVersion: v2, name: app, version: 1.10.0}',
      'annotations: {b: c}',
      '',
    ].join('\n');
    const { text, charts, versions } = await read(source);
    assert.deepEqual([charts, versions], [2, 2]);
    assert.equal(
      text,
      `{
  "apiVersion": "v1",
  "generated": "2024-05-01T10:00:00.123456789+02:00",
  "entries": {
    "app": [
      {
        "name": "app",
        "version": "1.10.0",
        "apiVersion": "v2",
        "urls": null,
        "created": "0001-01-01T00:00:00Z"
      },
      {
        "name": "app",
        "version": "1.2.0",
        "description": "a \\u003cb\\u003e \\u0026 c",
        "maintainers": [
          {
            "name": "Jane"
          }
        ],
        "apiVersion": "v2",
        "annotations": {
          "a": "2",
          "z": "1"
        },
        "dependencies": [
          {
            "name": "dep",
            "repository": "",
            "tags": [
              "x"
            ]
          }
        ],
        "urls": [
          "app-1.2.0.tgz"
        ],
        "created": "0001-01-01T00:00:00Z",
        "digest": "abc"
      }
    ],
    "zeta": []
  },
  "annotations": {
    "b": "c"
  }
}`,
    );
  });

  it('reads what it stored as the same index', async () => {
    const source = `apiVersion: v1\nentries:\n  app:\n${version('1.0.0')}${version('2.0.0-rc.1')}  b:\n${version('0.1.0', [], 'b')}`;
    const first = await read(source);
    const second = await read(first.text);
    assert.equal(second.text, first.text);
    assert.equal(second.digest, first.digest);
    assert.deepEqual(await second.table.versions('b'), await first.table.versions('b'));
  });

  describe('in any layout', () => {
    const head = 'apiVersion: v1\n';
    const layouts: Readonly<Record<string, string>> = {
      'lists indented like their key': `${head}entries:\n  app:\n${version('1.0.0')}${version('2.0.0')}`,
      'lists indented deeper': `${head}entries:\n    app:\n        - {name: app, version: 2.0.0}\n        - name: app\n          version: 1.0.0\n`,
      'the head behind the entries': `entries:\n  app:\n${version('1.0.0')}${version('2.0.0')}${head}`,
      'windows line ends': `${head}entries:\n  app:\n${version('1.0.0')}${version('2.0.0')}`.replaceAll('\n', '\r\n'),
      'comments and blank lines': `# made by hand\n---\n\n${head}entries:\n # here\n  app:\n\n${version('1.0.0', ['# inside'])}# left\n\n${version('2.0.0')}\n`,
      'quoted names': `${head}entries:\n  "app":\n${version('2.0.0')}${version('1.0.0')}  'b.c/d': []\n`,
      'dashes on lines of their own': `${head}entries:\n  app:\n  -\n    name: app\n    version: 1.0.0\n  -\n    name: app\n    version: 2.0.0\n`,
      'texts that look like structure': `${head}entries:\n  app:\n${version('1.0.0', ['description: |', '  - name: x', '', '  entries:', 'home: "a', '    b"'])}${version('2.0.0', ['description: >-', '  apiVersion: v9', '   app:'])}`,
      'quotes that go on further left': `${head}entries:\n  app:\n${version('1.0.0')}  - name: app\n    version: 2.0.0\n    description: "one\n  - two\n three"\n`,
      'versions in one line': `${head}entries:\n  app: [{name: app, version: 1.0.0}, {name: app, version: 2.0.0}]\n`,
      'everything in one line': `{apiVersion: v1, entries: {app: [{name: app, version: 1.0.0}, {name: app, version: 2.0.0}]}}\n`,
      'entries in one line': `${head}entries: {app: [{name: app, version: 1.0.0}, {name: app, version: 2.0.0}]}\n`,
      anchors: `${head}entries:\n  app:\n  - name: &name app\n    version: 1.0.0\n  - name: *name\n    version: 2.0.0\n`,
      'json in lines': JSON.stringify(
        {
          apiVersion: 'v1',
          entries: {
            app: [
              { name: 'app', version: '1.0.0' },
              { name: 'app', version: '2.0.0', description: '"]}\\' },
            ],
          },
        },
        undefined,
        1,
      ),
      'json that is dense':
        '{"entries":{"app":[{"name":"app","version":"2.0.0"},null,{"name":"app","version":"1.0.0","x":[{}]}],"b":null,"c":[]},"apiVersion":"v1","new":{"a":[1]}}',
    };
    for (const [name, source] of Object.entries(layouts)) {
      it(`has the same versions with ${name}`, async () => {
        assert.deepEqual(await versionsOf(source), ['2.0.0', '1.0.0']);
      });
    }
  });

  it('drops what Helm drops: null, no version, bad names; and keeps namesakes among dependencies', async () => {
    const source = [
      'apiVersion: v1\nentries:\n  app:\n',
      version('1.0.0'),
      '  -\n  - null\n',
      version('not-a-version'),
      version('1.1.0', ['type: plugin']),
      '  - {name: a/b, version: 1.2.0}\n',
      '  - {apiVersion: v2, version: 1.3.0}\n',
      version('1.4.0', ['dependencies: [{name: x, version: "1"}, {name: x, version: "2"}]']),
      version('1.5.0', ['dependencies: [null]']),
      '  - {name: app, version: 0.9.0}\n',
    ].join('');
    assert.deepEqual(await versionsOf(source), ['1.4.0', '1.0.0', '0.9.0']);
  });

  it('orders versions as semver does, whatever their order in the file', async () => {
    const mixed = ['1.10.0', '1.9.0', '1.10.0-rc.2', 'v2.0.0', '1.10.0-rc.10', '0.1'].map((text) => version(text));
    assert.deepEqual(await versionsOf(`apiVersion: v1\nentries:\n  app:\n${mixed.join('')}`), [
      'v2.0.0',
      '1.10.0',
      '1.10.0-rc.10',
      '1.10.0-rc.2',
      '1.9.0',
      '0.1',
    ]);
  });

  it('takes keys such as __proto__ for keys', async () => {
    const source = `apiVersion: v1\nentries:\n  __proto__:\n${version('1.0.0', ['annotations: {__proto__: x}'])}  constructor: []\n`;
    const { text, table } = await read(source);
    assert.equal((await table.versions('__proto__'))?.length, 1);
    assert.deepEqual(await table.versions('constructor'), []);
    assert.equal(await table.versions('toString'), undefined);
    assert.match(text, /"annotations": \{\s+"__proto__": "x"\s+\}/);
  });

  describe('is refused', () => {
    const cases: Readonly<Record<string, readonly [source: string | Buffer, message: RegExp]>> = {
      'when it is empty': ['', /^empty index\.yaml file$/],
      'without apiVersion': ['entries: {}\n', /^no API version specified$/],
      'when it is a web page': [
        '<!DOCTYPE html>\n<html></html>\n',
        /json: cannot unmarshal string into Go value of type repo\.IndexFile/,
      ],
      'with a field nobody knows': [
        `apiVersion: v1\nentries:\n  app:\n${version('1.0.0', ['colour: red'])}`,
        /json: unknown field "colour"$/,
      ],
      'with an unknown field at the top': [
        'apiVersion: v1\ncolour: red\nentries: {}\n',
        /json: unknown field "colour"$/,
      ],
      'with a chart that is there twice': [
        `apiVersion: v1\nentries:\n  app:\n${version('1.0.0')}  app:\n${version('2.0.0')}`,
        /key "app" already set in map/,
      ],
      'with a key that is there twice': [
        `apiVersion: v1\nentries:\n  app:\n${version('1.0.0', ['name: app'])}`,
        /key "name" already set in map/,
      ],
      'when it was cut off in a text': [
        `apiVersion: v1\nentries:\n  app:\n${version('1.0.0', ['description: "abc'])}`,
        /found unexpected end of stream/,
      ],
      'when the JSON was cut off': ['{"apiVersion":"v1","entries":{"app":[{"name":"app"', /yaml: /],
      'with a chart that is no list': ['apiVersion: v1\nentries:\n  app: yes\n', /cannot unmarshal bool into/],
      'with bytes that are no text': [Buffer.from([0x61, 0x3a, 0xff, 0xfe]), /^the text is not valid UTF-8$/],
    };
    for (const [name, [source, message]] of Object.entries(cases)) {
      it(name, async () => {
        await assert.rejects(read(source), { code: 'HELM_REPOSITORY_INDEX', message });
      });
    }
  });

  it('is read in pieces only beyond the size that fits in memory', async () => {
    const line = `  - {name: app, version: 1.0.0, description: ${'x'.repeat(1000)}}\n`;
    const cuttable = `apiVersion: v1\nentries:\n  app:\n${line.repeat(17_000)}`;
    assert.equal((await read(cuttable)).versions, 17_000);
    const bent = `${cuttable}  - name: app\n    version: 2.0.0\n    description: "a\n b"\n`;
    await assert.rejects(read(bent), { code: 'HELM_REPOSITORY_INDEX', message: /must be JSON, or YAML with one line/ });
  }).timeout(60_000);

  it('is the same cut as whole, for any mixture of what is allowed', async () => {
    let seed = 42;
    const pick = <T>(...items: readonly T[]): T => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return items[Math.floor((seed / 2_147_483_648) * items.length)]!;
    };
    for (let round = 0; round < 60; round++) {
      const charts = Array.from({ length: pick(0, 1, 2, 3) }, (_, index) => `chart${index}`);
      const lines = [pick('apiVersion: v1', 'apiVersion: "v1"'), pick('# note', '', 'generated: 2024-01-01T00:00:00Z')];
      lines.push(charts.length === 0 ? 'entries: {}' : 'entries:');
      const indent = pick('  ', '    ', ' ');
      for (const name of charts) {
        lines.push(`${indent}${pick(name, `"${name}"`)}:${pick('', ' ', ' # comment')}`);
        const dash = indent + pick('', '  ', ' ');
        for (let count = 0; count < pick(1, 2, 5); count++) {
          const number = `${pick(0, 1, 2)}.${count}.${pick(0, 7)}`;
          lines.push(`${dash}- name: ${name}`, `${dash}  version: ${pick(number, `"${number}"`)}`);
          lines.push(
            ...pick<string[]>(
              [`${dash}  description: |`, `${dash}    - a: b`, '', `${dash}    # no comment`],
              [`${dash}  description: "x`, `${dash}    y"`],
              [`${dash}  urls: [a,`, `${dash}    b]`],
              [`${dash}  urls:`, `${dash}  - a`, `${dash}  # c`, `${dash}  - b`],
              [`${dash}  description: "x`, ` - y"`],
              [],
            ),
          );
        }
      }
      const source = `${lines.join('\n')}\n`;
      const { table } = await read(source);
      const expected = (sigsUnmarshal(source) as { entries: Record<string, { version: string; urls?: string[] }[]> })
        .entries;
      for (const name of charts) {
        const rows = (await table.versions(name))?.map(([text, , , urls]: TableRow) => `${text} ${urls.join()}`);
        const wanted = expected[name]!.map(({ version, urls = [] }) => `${version} ${urls.join()}`);
        assert.deepEqual(rows?.toSorted(), wanted.toSorted(), source);
      }
    }
  });
});
