// Hostile input: refused with a clear error, within limits of memory, depth and time.
import assert from 'node:assert/strict';
import {
  decodeV2,
  decodeV3,
  emitNode,
  encodeV2,
  marshalJSON,
  parseDocuments,
  parseFirst,
  sigsUnmarshal,
  YamlError,
  type GoValue,
} from '#goyaml/index';

function message(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof YamlError, String(error));
    return error.message;
  }
  return '';
}

/** Each level names the one before it nine times. */
function billionLaughs(levels: number): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < levels; i++) {
    lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`);
  }
  return `${lines.join('\n')}\n`;
}

describe('hostile YAML', () => {
  it('refuses aliases that multiply', () => {
    const text = billionLaughs(12);
    assert.equal(
      message(() => decodeV2(text)),
      'yaml: document contains excessive aliasing',
    );
    assert.equal(
      message(() => decodeV3(text)),
      'yaml: document contains excessive aliasing',
    );
  });

  it('refuses an anchor that contains itself', () => {
    assert.equal(
      message(() => decodeV2('a: &a [*a]')),
      "yaml: anchor 'a' value contains itself",
    );
    assert.equal(
      message(() => decodeV3('a: &a {b: *a}')),
      "yaml: anchor 'a' value contains itself",
    );
  });

  it('refuses deep nesting in every form', () => {
    const deep = 1_000_000;
    const texts = [
      '['.repeat(deep),
      '{a: '.repeat(deep),
      '- '.repeat(deep),
      '? '.repeat(deep),
      '[a: '.repeat(deep),
      Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    ];
    for (const text of texts) {
      assert.match(
        message(() => parseDocuments(text)),
        /exceeded max depth of 1000|did not find expected/,
        text.slice(0, 10),
      );
    }
  });

  it('reads what is just below the limit', () => {
    const depth = 999;
    const value = decodeV3(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    const node = parseFirst(`${'- '.repeat(depth)}x`);
    assert.equal(marshalJSON(value).length, 2 * depth);
    assert.equal(emitNode(node as never), `${'- '.repeat(depth)}x\n`);
  });

  it('refuses values that contain themselves', () => {
    const loop: GoValue[] = [];
    loop.push(loop);
    assert.match(
      message(() => encodeV2(loop)),
      /exceeded max depth/,
    );
    assert.match(
      message(() => marshalJSON(loop)),
      /exceeded max depth/,
    );
  });

  it('bounds length and number of nodes', () => {
    assert.equal(
      message(() => parseDocuments('a: b\n'.repeat(10), { limits: { length: 20 } })),
      'yaml: document is longer than 20 characters',
    );
    assert.equal(
      message(() => parseDocuments('- a\n'.repeat(100), { limits: { nodes: 50 } })),
      'yaml: document has more than 50 nodes',
    );
  });

  it('stays linear on long lines, keys and comments', () => {
    const size = 300_000;
    const texts = [
      `a: ${'x'.repeat(size)}`,
      `a: "${'\\n'.repeat(size)}"`,
      `a: '${"''".repeat(size)}'`,
      `"${'k'.repeat(size)}": 1`,
      `a: |\n${' x\n'.repeat(size)}`,
      `${'# c\n'.repeat(size)}a: 1`,
      `${'\n'.repeat(size)}a: 1`,
      `a:${' '.repeat(size)}1`,
      `[${'1,'.repeat(size)}]`,
      `{${'a,'.repeat(size / 10)}}`,
      `a: ${'😀 '.repeat(size)}`,
      `[${'😀, '.repeat(size)}]`,
      'a: b\n---\n'.repeat(size / 10),
      `a: x${'\n'.repeat(size)}`,
    ];
    for (const text of texts) {
      const started = process.cpuUsage();
      message(() => parseDocuments(text, { comments: true }));
      message(() => sigsUnmarshal(text));
      const { user } = process.cpuUsage(started);
      assert.ok(user < 4_000_000, `${text.slice(0, 12)} took ${user} µs`);
    }
  });

  it('does not list every pair of repeated keys', () => {
    const text = 'a: 1\n'.repeat(50_000);
    assert.equal(message(() => decodeV3(text)).split('\n').length, 1001);
    assert.equal(message(() => decodeV2(text, { strict: true })).split('\n').length, 1001);
  });

  it('takes __proto__ for an ordinary key', () => {
    for (const decode of [decodeV2, decodeV3]) {
      const value = decode('__proto__: {polluted: true}\nb: {<<: {__proto__: 1}}') as object;
      assert.deepEqual(Object.keys(value), ['__proto__', 'b']);
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
      assert.equal(encodeV2(value as never), '__proto__:\n  polluted: true\nb:\n  __proto__: 1\n');
    }
  });
});

describe('several documents', () => {
  it('reads the first one without looking at the rest', () => {
    assert.deepEqual(decodeV2('a: 1\n---\n}{ not yaml'), { a: 1 });
    assert.deepEqual(sigsUnmarshal('a: 1\n...\n'), { a: 1 });
  });

  it('has none in an empty text', () => {
    assert.deepEqual(parseDocuments(''), []);
    assert.equal(parseFirst('# only a comment\n'), undefined);
    assert.equal(sigsUnmarshal(''), null);
  });

  it('reads all of them, empty ones too', () => {
    const kinds = parseDocuments('---\n---\na: 1\n--- x\n').map((node) => node.content[0]?.kind);
    assert.deepEqual(kinds, ['scalar', 'mapping', 'scalar']);
  });
});
