// Template sets: cloning, handles, functions of the host, errors and limits.
import assert from 'node:assert/strict';
import {
  ANY,
  Budget,
  type BudgetLimits,
  ExecError,
  type Execution,
  type FunctionMap,
  functionMap,
  GoError,
  LimitError,
  newTemplateSet,
  ParseError,
  STRING,
} from '#gotemplate/index';

/** include and tpl as a host would write them. */
function hosted(): FunctionMap {
  return functionMap({
    include: {
      params: [STRING, ANY],
      contextual: true,
      result: STRING,
      fn: (execution: Execution, name: string, data: unknown) => execution.render(name, data),
    },
    tpl: {
      params: [STRING, ANY],
      contextual: true,
      result: STRING,
      fn: (execution: Execution, text: string, data: unknown) => {
        const clone = execution.set.clone();
        return execution.render(clone.parse('gotpl', text), data, clone);
      },
    },
    host: { params: [], contextual: true, result: STRING, fn: (execution: Execution) => String(execution.host) },
    repeat: { params: [STRING], result: STRING, fn: (text: string) => text.repeat(2 ** 29) },
    broken: {
      params: [],
      fn: () => {
        throw new TypeError('a fault of ours');
      },
    },
  });
}

function set(text: string): ReturnType<typeof newTemplateSet> {
  const made = newTemplateSet({ functions: hosted(), missingKey: 'zero' });
  made.parse('main', text);
  return made;
}

function failure(text: string, data: unknown = {}): Error {
  try {
    set(text).execute('main', data);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe('template sets', () => {
  it('keep what a clone defines out of the original', () => {
    const original = set('{{define "x"}}old{{end}}{{template "x"}}');
    const clone = original.clone();
    clone.parse('more', '{{define "x"}}new{{end}}{{define "y"}}y{{end}}');
    assert.equal(original.execute('main', null), 'old');
    assert.equal(clone.execute('main', null), 'new');
    assert.ok(clone.has('y') && !original.has('y'));
    assert.deepEqual(original.names().toSorted(), ['main', 'x']);
    assert.deepEqual(clone.names().toSorted(), ['main', 'more', 'x', 'y']);
  });

  it('render by name what tpl texts define, within that tpl only', () => {
    const outer = set(`{{tpl "{{define \\"d\\"}}[{{.}}]{{end}}{{include \\"d\\" .}}" "in"}}`);
    assert.equal(outer.execute('main', null), '[in]');
    assert.match(
      failure(`{{tpl "{{define \\"d\\"}}1{{end}}" .}}{{include "d" .}}`).message,
      /no template "d" associated/,
    );
  });

  it('render an empty tpl inside a tpl as nothing, not as the outer text again', () => {
    assert.equal(set('{{tpl "a{{tpl \\"\\" .}}b" .}}').execute('main', {}), 'ab');
  });

  it('show a template redefined by a later text to those compiled before', () => {
    const made = set('{{template "x"}}{{define "x"}}1{{end}}');
    assert.equal(made.execute('main', null), '1');
    made.parse('other', '{{define "x"}}2{{end}}');
    assert.equal(made.execute('main', null), '2');
  });

  it('execute with other data, hosts and budgets each time', () => {
    const made = set('{{.a}}{{host}}');
    assert.equal(made.execute('main', { a: 1 }, { host: 'A' }), '1A');
    assert.equal(made.execute('main', { a: 'x' }, { host: 'B' }), 'xB');
  });

  it('read keys that are properties of objects in JavaScript as ordinary keys', () => {
    assert.equal(
      set('{{.constructor}}|{{.hasOwnProperty}}|{{.__proto__}}').execute('main', {}),
      '<no value>|<no value>|<no value>',
    );
    const own = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}') as unknown;
    assert.equal(set('{{.__proto__.a}}{{.constructor}}').execute('main', own), '12');
  });

  it('say where an execution failed', () => {
    const error = failure('é\n {{ include "x" . }}{{define "x"}}{{ .a.b }}{{end}}');
    assert.ok(error instanceof ExecError);
    assert.deepEqual(error.frame, {
      location: 'main:2:4',
      executing: 'main',
      context: 'include "x" .',
      text: 'error calling include: ',
    });
    const inner = 'template: main:2:39: executing "x" at <.a.b>: nil pointer evaluating interface {}.b';
    assert.equal(
      error.message,
      `template: main:2:4: executing "main" at <include "x" .>: error calling include: ${inner}`,
    );
    assert.ok(error.cause instanceof ExecError);
    assert.equal(error.cause.frame?.executing, 'x');
  });

  it('count columns in bytes', () => {
    // Of a chain of fields Go names the second one's place.
    assert.match(failure('日本{{ .a.b }}').message, /^template: main:1:11: /);
  });

  it('throw ParseError for texts that cannot be parsed', () => {
    assert.throws(() => set('{{'), ParseError);
    assert.throws(
      () => set('{{nothing}}'),
      (error) => error instanceof GoError && error.message === 'template: main:1: function "nothing" not defined',
    );
  });

  it('let faults of functions through as they are', () => {
    assert.throws(() => set('{{broken}}').execute('main', {}), TypeError);
  });
});

function limited(text: string, limits: BudgetLimits): () => string {
  return () => set(text).execute('main', {}, { budget: limits });
}

describe('limits of an execution', () => {
  it('end output', () => {
    assert.throws(limited('{{range 1000}}0123456789{{end}}', { maxOutput: 5000 }), LimitError);
    assert.equal(limited('{{range 100}}0123456789{{end}}', { maxOutput: 5000 })().length, 1000);
  });

  it('count what includes build, too', () => {
    const text = '{{define "x"}}{{range 100}}0123456789{{end}}{{end}}{{range 10}}{{$_ := include "x" .}}{{end}}';
    assert.throws(limited(text, { maxOutput: 5000 }), LimitError);
  });

  it('end loops over enormous integers, empty or not', () => {
    assert.throws(limited('{{range 9223372036854775807}}{{end}}', { maxSteps: 100_000 }), LimitError);
    assert.throws(limited('{{range 9223372036854775807}}{{.}}{{end}}', { maxSteps: 100_000 }), LimitError);
  });

  it('ask whether to stop', () => {
    let asked = 0;
    const stop = (): boolean => ++asked > 3;
    assert.throws(limited('{{range 9223372036854775807}}{{end}}', { stop }), LimitError);
    assert.equal(asked, 4);
  });

  it('end endless recursion of templates with an error of Go', () => {
    assert.match(
      failure('{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}').message,
      /exceeded maximum template depth/,
    );
    assert.match(
      failure('{{define "r"}}{{include "r" .}}{{end}}{{include "r" .}}').message,
      /exceeded maximum template depth/,
    );
    assert.match(
      failure('{{define "r"}}{{tpl "{{include \\"r\\" .}}" .}}{{end}}{{include "r" .}}').message,
      /exceeded maximum template depth/,
    );
  });

  it('end at a depth of the budget', () => {
    const text = '{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}';
    assert.throws(limited(text, { maxDepth: 10 }), /exceeded maximum template depth \(10\)/);
  });

  it('end the printing of values that hold themselves, or too much', () => {
    const own: Record<string, unknown> = {};
    own['self'] = own;
    assert.match(failure('{{.}}', own).message, /exceeded maximum template depth/);
    let twice: unknown = [1];
    for (let level = 0; level < 60; level++) twice = [twice, twice];
    assert.throws(() => set('{{.}}').execute('main', twice), LimitError);
    assert.throws(() => set('{{printf "%v" .}}').execute('main', twice), LimitError);
  });

  it('end strings that are too long', () => {
    assert.throws(() => set('{{$x := repeat "0123456789"}}').execute('main', {}), LimitError);
  });

  it('end nesting that is too deep to parse or to compile', () => {
    assert.throws(() => set('{{'.concat('('.repeat(200_000))), /max expression depth exceeded|unclosed/);
    const ifs = '{{if .}}'.repeat(50_000) + '{{end}}'.repeat(50_000);
    assert.throws(() => set(ifs).execute('main', {}), GoError);
  });

  it('are shared by several executions where one budget is given', () => {
    const made = set('0123456789');
    const budget = new Budget({ maxOutput: 25 });
    made.execute('main', null, { budget });
    made.execute('main', null, { budget });
    assert.throws(() => made.execute('main', null, { budget }), LimitError);
  });
});
