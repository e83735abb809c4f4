// Texts that grow in every function they go through, and what that may take.
import assert from 'node:assert/strict';
import { LimitError } from '#gotemplate/index';
import { render } from './render.ts';

const budget = { maxOutput: 8 * 1024 * 1024 };

function grow(by: string): string {
  return `{{ $x := repeat 1000 "\\"" }}{{ range until 60 }}{{ $x = ${by} }}{{ end }}`;
}

describe('texts that grow without end', () => {
  for (const by of ['quote $x', 'toJson $x', 'b64enc $x', '$x | replace "\\"" "\\"\\""', 'cat $x $x']) {
    it(by, () => {
      assert.throws(() => render(grow(by), {}, budget), LimitError);
    });
  }

  it('a list of numbers counts for what it takes', () => {
    assert.throws(() => render('{{ until 200000 | len }}', {}, budget), LimitError);
    assert.equal(render('{{ until 100000 | len }}', {}, budget), '100000');
  });

  it('tpl within tpl without end', () => {
    const started = process.cpuUsage();
    assert.throws(() => render('{{ tpl .Values.t . }}', { t: '{{ tpl .Values.t . }}' }), /tpl nests too deep/);
    assert.ok(process.cpuUsage(started).user < 5_000_000);
  });

  it('a line of very many actions is read in linear time', () => {
    const started = process.cpuUsage();
    assert.equal(render('{{ 1 }}'.repeat(200_000)).length, 200_000);
    assert.ok(process.cpuUsage(started).user < 5_000_000);
  });
});
