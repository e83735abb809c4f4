// Maps and lists that hold another one twice, sixty levels deep: a few hundred objects in memory, 2^60 to whoever follows them.
import assert from 'node:assert/strict';
import { LimitError } from '#gotemplate/index';
import { render } from './render.ts';

const LISTS = '{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}';
const DICTS =
  '{{ $x := dict "k" 1 }}{{ $y := dict "k" 1 }}' +
  '{{ range until 60 }}{{ $x = dict "a" $x "b" $x }}{{ $y = dict "a" $y "b" $y }}{{ end }}';

describe('values that share their parts', () => {
  const writers = [
    'toJson',
    'toPrettyJson',
    'toRawJson',
    'toYaml',
    'toYamlPretty',
    'toString',
    'quote',
    'print',
    'html',
  ];
  for (const name of [...writers, 'toStrings', 'deepCopy']) {
    it(`are not written out without end by ${name}`, () => {
      assert.throws(() => render(`${LISTS}{{ ${name} $x }}`), LimitError);
    });
  }

  for (const use of [
    'toToml $x',
    'merge $x $y',
    'mergeOverwrite $x $y',
    'deepEqual $x $y',
    'has $x (list $y)',
    'eq $x $y',
  ]) {
    it(`are not walked through without end by ${use}`, () => {
      assert.throws(() => render(`${DICTS}{{ $_ := ${use} }}`), LimitError);
    });
  }

  it('are written as often as they occur', () => {
    assert.equal(render('{{ $x := list 1 }}{{ $y := list $x $x }}{{ toJson $y }}{{ $y }}'), '[[1],[1]][[1] [1]]');
  });
});
