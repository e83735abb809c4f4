// CEL that compiles. What only this engine cannot read is let pass with a word.
import { CelSyntaxError, CelUnsupportedError, compileExpression, type ExpressionContext } from '#cel/index';
import { textsAt } from '../fields.ts';
import { refuse, warn, type Finding, type Rule } from '../rule.ts';

interface ExpressionField {
  readonly path: string;
  readonly context: ExpressionContext;
}

// Flux only parses these: their variables are the keys of whatever object is looked at.
const healthChecks: readonly ExpressionField[] = ['current', 'inProgress', 'failed'].map((name) => ({
  path: `spec.healthCheckExprs[].${name}`,
  context: {},
}));
const ready: ExpressionField = {
  path: 'spec.dependsOn[].readyExpr',
  context: { variables: ['self', 'dep'], output: 'bool' },
};
const resources: ExpressionContext = { variables: ['res', 'req'], output: 'bool' };

const fields: Readonly<Record<string, readonly ExpressionField[]>> = {
  Kustomization: [...healthChecks, ready],
  HelmRelease: [...healthChecks, ready],
  Receiver: [
    { path: 'spec.resourceFilter', context: resources },
    { path: 'spec.resources[].filter', context: resources },
  ],
  Provider: [
    { path: 'spec.commitStatusExpr', context: { variables: ['event', 'alert', 'provider'], output: 'string' } },
  ],
};

export const celExpressions: Rule = {
  id: 'cel-expressions',
  kinds: Object.keys(fields),
  why: 'An expression that does not compile stalls the object, and a name nothing has leaves a health check waiting.',
  check({ object }) {
    const findings: Finding[] = [];
    for (const { path, context } of fields[object.kind] ?? []) {
      for (const { path: at, value } of textsAt(object, path)) findings.push(...judge(at, value, context));
    }
    return findings;
  },
};

function judge(path: string, text: string, context: ExpressionContext): Finding[] {
  try {
    compileExpression(text, context);
  } catch (error) {
    if (error instanceof CelUnsupportedError) return [warn(path, `cannot be checked here: it ${error.message}`)];
    if (!(error instanceof CelSyntaxError)) throw error;
    const names = context.variables?.join(' and ') ?? 'the top-level fields of the object, such as status';
    return [refuse(path, text, error.message, `write a CEL expression over ${names}`)];
  }
  const foreign = context.variables === undefined ? /(?<![\w.'"])(self|object|dep)\.\w/.exec(text)?.[1] : undefined;
  if (foreign === undefined) return [];
  return [warn(path, `'${foreign}' is none of the object's fields: begin with one, as in status.conditions`)];
}
