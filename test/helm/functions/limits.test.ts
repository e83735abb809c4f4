// What a hostile chart may try with functions: it ends with an error, soon, and the process stays up.
import assert from 'node:assert/strict';
import { GoError, LimitError } from '#gotemplate/index';
import { render } from './render.ts';

const BUDGET = { maxOutput: 16 * 1024 * 1024, maxSteps: 2_000_000 };

describe('template functions under attack', () => {
  const hungry = [
    '{{ repeat 1073741824 "x" }}',
    '{{ repeat 100000 (repeat 100000 "x") }}',
    '{{ indent 1000000000 "a" }}',
    '{{ nindent 100000 (repeat 100000 "\\n") }}',
    '{{ replace "" (repeat 10000 "y") (repeat 100000 "x") }}',
    '{{ replace "x" (repeat 10000 "y") (repeat 100000 "x") }}',
    '{{ join (repeat 100000 "x") (until 100000) }}',
    '{{ wrapWith 1 (repeat 100000 "x") (repeat 100000 "y") }}',
    '{{ until 4000000000 | len }}',
    '{{ untilStep 0 9007199254740991 1 | len }}',
    '{{ seq 1 2000000000 }}',
    '{{ randAlphaNum 2000000000 }}',
    '{{ randBytes 2000000000 }}',
    '{{ $l := list }}{{ range until 1000000 }}{{ $l = concat $l $l (list 1) }}{{ end }}',
    '{{ $l := list }}{{ range until 100000 }}{{ $l = append $l 1 }}{{ end }}',
    '{{ $d := dict "a" (until 1000) }}{{ range until 100000 }}{{ $_ := deepCopy $d }}{{ end }}',
    '{{ $l := until 5000 }}{{ without $l (dict) (list 1) | len }}{{ range until 1000 }}{{ $_ := has "x" $l }}{{ end }}',
  ];
  for (const template of hungry) {
    it(`stops ${template.slice(0, 60)}`, () => {
      assert.throws(() => render(template, {}, BUDGET), LimitError);
    });
  }

  const cyclic = '{{ $d := dict }}{{ $e := dict "d" $d }}{{ $_ := set $d "e" $e }}';
  for (const use of ['deepCopy $d', 'merge $d (dict "e" $e)', 'deepEqual $d $e']) {
    it(`survives a dict within itself: ${use}`, () => {
      try {
        render(`${cyclic}{{ $_ := ${use} }}ok`, {}, BUDGET);
      } catch (error) {
        assert.ok(error instanceof LimitError || error instanceof GoError, String(error));
      }
    });
  }

  it('writes a dict within itself as nothing', () => {
    assert.equal(render(`${cyclic}[{{ toYaml $d }}][{{ toJson $d }}]`), '[][]');
  });

  it('matches in linear time what makes other engines hang', () => {
    const text = 'a'.repeat(30_000);
    const started = process.cpuUsage();
    assert.equal(render('{{ regexMatch "^(a*)*b$" .Values.text }}', { text }), 'false');
    const constraint = '{{ semverCompare (printf ">=1.0.0%s!" (repeat 5000 " 1 ")) "1.2.3" }}';
    assert.throws(() => render(constraint), /improper constraint/);
    assert.ok(process.cpuUsage(started).user < 5_000_000);
  });

  it('takes no more than linear time for long texts', () => {
    const values = {
      slashes: `${'/'.repeat(200_000)}a`,
      word: 'x'.repeat(200_000),
      blocks: '-----BEGIN A-----\n'.repeat(50_000),
      classes: `(?P<n>a)(?P<n>b)${'[[:'.repeat(10_000)}`,
      zeros: `2006.${'0'.repeat(200_000)}`,
    };
    const started = process.cpuUsage();
    assert.equal(
      render('{{ base .Values.slashes }}{{ dir .Values.slashes }}{{ clean .Values.slashes }}', values),
      'a//a',
    );
    assert.equal(render('{{ wrapWith 1 "," .Values.word | len }}', values), '399999');
    assert.equal(render('{{ wrap 1 .Values.word | len }}', values), '200000');
    assert.throws(() => render('{{ genCAWithKey "x" 1 .Values.blocks }}', values), /no PEM data in input$/);
    assert.equal(render('{{ regexMatch .Values.classes "ab" }}', values), 'false');
    assert.equal(render('{{ (toDate .Values.zeros .Values.zeros).Year }}', values), '2006');
    assert.ok(process.cpuUsage(started).user < 10_000_000);
  });

  it('may be stopped between two slow functions', () => {
    let asked = 0;
    const stop = (): boolean => ++asked > 2;
    const template = '{{ range until 1000 }}{{ $_ := bcrypt "x" }}{{ end }}';
    assert.throws(() => render(template, {}, { stop }), LimitError);
    assert.equal(asked, 3);
  });

  it('takes keys such as __proto__ for ordinary ones', () => {
    const output = render(
      '{{ $d := set (dict) "__proto__" (dict "polluted" true) }}{{ $m := merge (dict) (fromJson "{\\"__proto__\\":{\\"polluted\\":1}}") }}' +
        '{{ hasKey $d "__proto__" }} {{ toJson $m }} {{ hasKey (dict) "polluted" }} {{ get (dict) "constructor" | quote }} ' +
        '{{ toJson (deepCopy $d) }} {{ toJson (omit $d "x") }} {{ toJson (pick $d "__proto__" "toString") }}',
    );
    const proto = '{"__proto__":{"polluted":true}}';
    assert.equal(output, `true {"__proto__":{"polluted":1}} false "" ${proto} ${proto} ${proto}`);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});
