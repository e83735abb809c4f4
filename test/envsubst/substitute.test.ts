// Post-build substitution: every form, against what Flux's own library made of it, and its own limits.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mergeVariables, substitute, SubstitutionError, type SubstituteOptions, type Variables } from '#envsubst/index';

interface Table {
  readonly variables: Variables;
  readonly rows: readonly (readonly [text: string, strict: boolean, result: string | null, error?: string])[];
}

const table = JSON.parse(readFileSync(new URL('../golden/envsubst/expansions.json', import.meta.url), 'utf8')) as Table;

function outcome(text: string, variables: Variables, options: SubstituteOptions = {}): string {
  try {
    return substitute(text, variables, options);
  } catch (error) {
    assert.ok(error instanceof SubstitutionError, String(error));
    return `error: ${error.message}`;
  }
}

describe('substitute', () => {
  it('does what the library does', () => {
    assert.ok(table.rows.length > 300);
    for (const [text, strict, result, error] of table.rows) {
      const expected = error === undefined ? result : `error: ${error}`;
      assert.equal(outcome(text, table.variables, { strict: strict ? 'bare' : 'off' }), expected, text);
    }
  });

  const variables = { v: 'some value', empty: '', path: '/usr/local/bin/tool.tar.gz', wide: 'é日😀' };
  const forms: readonly (readonly [form: string, text: string, result: string])[] = [
    ['the bare form', 'a ${v} b', 'a some value b'],
    ['no dollar without braces', '$v $ {v}', '$v $ {v}'],
    ['an escaped expansion', '$${v} $$v', '${v} $v'],
    ['an unset variable', '[${missing}]', '[]'],
    ['the length in bytes', '${#v} ${#wide}', '10 9'],
    ['case', '${v^} ${v^^} ${v,} ${v,,}', 'Some value SOME VALUE some value some value'],
    ['a position', '${v:5} ${v:-3}', 'value some value'],
    ['a position from the end', '${v:0:4} ${v:5:3}', 'some val'],
    ['a cut character put together again', '${wide:0:1}${wide:1}', 'é日😀'],
    ['a shortest and a longest prefix', '${path#*/} ${path##*/}', 'usr/local/bin/tool.tar.gz tool.tar.gz'],
    ['a shortest and a longest suffix', '${path%.*} ${path%%.*}', '/usr/local/bin/tool.tar /usr/local/bin/tool'],
    ['a replacement', '${v/e/3} ${v//e/3} ${v/e/}', 'som3 value som3 valu3 som value'],
    ['an anchored replacement', '${v/#some/no} ${v/%value/one}', 'no value some one'],
    ['escapes in a pattern', '${path//\\//-}', '-usr-local-bin-tool.tar.gz'],
    ['defaults', '${missing:-d} ${missing:=d} ${missing=d} ${v:-d}', 'd d d some value'],
    ['an empty variable as unset', '${empty:-d} ${empty=d}', 'd d'],
    ['all question and plus forms as defaults', '${missing:?d} ${missing:+d} ${v:+d}', 'd d some value'],
    ['nested defaults', '${missing:-a${other:-b${v}}c}', 'absome valuec'],
  ];
  for (const [form, text, result] of forms) {
    it(`knows ${form}`, () => assert.equal(outcome(text, variables), result));
  }

  it('says what is wrong', () => {
    const errors: Record<string, string> = {
      '${}': 'unable to parse variable name',
      '${.x}': 'unable to parse variable name',
      '${v': 'missing closing brace',
      '${v-d}': 'missing closing brace',
      '${v/a}': 'bad substitution',
      '${v#}': 'unable to parse substitution within function',
      '${v:0:-1}': 'bad substitution: a length of -1 is negative',
    };
    for (const [text, message] of Object.entries(errors)) {
      assert.equal(outcome(text, variables), `error: ${message}`, text);
    }
  });

  it('fails in strict mode for what is not set', () => {
    const notSet = 'error: variable not set (strict mode): "missing"';
    assert.equal(outcome('${missing}', {}, { strict: 'bare' }), notSet);
    assert.equal(outcome('${#missing}', {}, { strict: 'bare' }), '0');
    for (const text of ['${missing}', '${#missing}', '${missing^}', '${missing:0}', '${missing/a/b}', '${missing%a}']) {
      assert.equal(outcome(text, {}, { strict: 'all' }), notSet, text);
    }
    assert.equal(outcome('${missing:-d}${missing=}${missing:?}', {}, { strict: 'all' }), 'd');
    assert.equal(outcome('${empty}', variables, { strict: 'all' }), '');
  });

  it('knows no variable that was not given', () => {
    assert.equal(outcome('${constructor}${__proto__}${toString}', {}), '');
    assert.equal(
      outcome('${constructor}', {}, { strict: 'bare' }),
      'error: variable not set (strict mode): "constructor"',
    );
  });
});

describe('hostile substitutions', () => {
  it('bounds nesting', () => {
    const text = `${'${a:-'.repeat(100_000)}x${'}'.repeat(100_000)}`;
    assert.match(outcome(text, {}), /nested more than 500 deep/);
  });

  it('bounds the result', () => {
    const a = 'x'.repeat(2000);
    assert.match(outcome('${a//x/${a}}', { a }, { maxLength: 1_000_000 }), /longer than 1000000 characters/);
    const huge = 'x'.repeat(1_000_000);
    assert.match(outcome('${huge//x/${huge}}', { huge }), /longer than 67108864 characters/);
  });

  it('bounds the work of a pattern', () => {
    const a = 'a'.repeat(100_000);
    const started = process.cpuUsage();
    assert.match(outcome('${a#*a*a*a*b}', { a }), /takes too long/);
    assert.ok(process.cpuUsage(started).user < 10_000_000);
  });

  it('reads many expansions in linear time', () => {
    assert.equal(outcome('${a}'.repeat(200_000), { a: 'b' }).length, 200_000);
  });
});

describe('mergeVariables', () => {
  it('lets later sources win and joins lines', () => {
    assert.deepEqual(mergeVariables([{ a: '1', b: '2\n3\n' }, { a: '4' }]), { a: '4', b: '23' });
  });

  it('refuses a name no expansion could mention', () => {
    assert.throws(() => mergeVariables([{ 'a-b': '' }]), {
      message: "'a-b' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'",
    });
  });
});
