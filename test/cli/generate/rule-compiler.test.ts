// Compiled rules against a CEL engine: the same verdict, an error on one side of || and && included.
import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { celEnv, parse, plan } from '@bufbuild/cel';
import { customResourceDefinition } from '#api/derive/crd';
import { toJavaScriptPattern } from '#api/derive/pattern';
import * as evaluation from '#api/derive/rule-evaluation';
import { allKinds } from '#api/scheme';
import { compileRule } from '../../../src/cli/generate/rule-compiler.ts';
import { rulesOf } from '../../../src/cli/generate/rules.ts';
import { mutant, randomFrom } from '../../api/mutants.ts';

type Verdict = boolean | 'error';

function compiled(rule: string): (self: unknown) => Verdict {
  const holds = runInNewContext(compileRule(rule), { ...evaluation }) as (self: unknown) => boolean;
  return (self) => {
    try {
      return holds(self);
    } catch (error) {
      assert.ok(error instanceof evaluation.NoSuchKey, String(error));
      return 'error';
    }
  };
}

function interpreted(rule: string): (self: unknown) => Verdict {
  const evaluate = plan(celEnv(), parse(rule));
  return (self) => {
    const result: unknown = evaluate({ self: self as never });
    return typeof result === 'boolean' ? result : 'error';
  };
}

describe('rule compiler', () => {
  const rules = allKinds.flatMap((definition) =>
    customResourceDefinition(definition).spec.versions.flatMap(({ schema }) =>
      rulesOf(schema.openAPIV3Schema).map((rule) => ({
        kind: definition.kind,
        schema: schema.openAPIV3Schema,
        ...rule,
      })),
    ),
  );

  it('knows every rule of every kind', () => {
    assert.ok(rules.length >= 30, String(rules.length));
  });

  for (const rule of new Set(rules.map((found) => found.rule))) {
    const places = rules.filter((found) => found.rule === rule);
    it(`judges as CEL does: ${rule.slice(0, 100)}`, () => {
      const [mine, theirs] = [compiled(rule), interpreted(rule)];
      const random = randomFrom(7);
      const verdicts = new Set<Verdict>();
      for (const { schema, path } of places) {
        const part = path.reduce((at, segment) => at.properties?.[segment] ?? {}, schema);
        for (let round = 0; round < 200; round += 1) {
          const self = mutant(part, random, 0);
          const verdict = mine(self);
          verdicts.add(verdict);
          assert.equal(verdict, theirs(self), JSON.stringify(self));
        }
      }
      assert.ok(verdicts.has(true) || verdicts.has(false));
    });
  }

  it('passes over an error when the other side decides', () => {
    for (const rule of ['self.a == 1 || true', 'true || self.a == 1', 'self.a == 1 && false', 'false && self.a == 1']) {
      assert.equal(compiled(rule)({}), interpreted(rule)({}), rule);
      assert.notEqual(compiled(rule)({}), 'error', rule);
    }
    for (const rule of ['self.a == 1 || false', 'true && self.a == 1', 'self.a.b == 1']) {
      assert.equal(compiled(rule)({}), 'error', rule);
      assert.equal(interpreted(rule)({}), 'error', rule);
    }
  });

  it('refuses what it cannot compile', () => {
    for (const rule of [
      'self.a.exists(x, x == 1)',
      'self.a + 1 == 2',
      'self.a.startsWith("x")',
      'self.a.matches(self.b)',
    ]) {
      assert.throws(() => compileRule(rule), /rules cannot use/u, rule);
    }
  });

  it('lets a dot match what it matches in RE2', () => {
    assert.equal(toJavaScriptPattern(String.raw`^a.\.[.]$`), String.raw`^a[^\n]\.[.]$`);
    assert.match('a\r', new RegExp(toJavaScriptPattern('^a.$'), 'u'));
    assert.doesNotMatch('a\n', new RegExp(toJavaScriptPattern('^a.$'), 'u'));
  });
});
