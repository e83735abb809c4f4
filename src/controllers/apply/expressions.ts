// CEL of a Kustomization or HelmRelease: when applied objects are healthy, and when a dependency is met.
import { parseApiVersion } from '#api/group-version';
import type { Kustomization } from '#api/kustomize/kustomization';
import { CelEvaluationError, compileExpression, type CompiledExpression } from '#cel/index';
import { computeHealth, generationNotObserved, type HealthResult, type Inspected } from '#kube/status/compute';
import { errorMessage } from '#lib/errors';

/** An expression that cannot be compiled: only a new spec helps. */
export class ExpressionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExpressionError';
  }
}

type Verdict = 'inProgress' | 'failed' | 'current';
type Judge = (object: Inspected) => HealthResult;

export interface HealthExpressions {
  /** Whether expressions decide about objects of this kind. */
  covers(object: Inspected): boolean;
  /** By expression where there is one, else by the kind's own rules. */
  readonly judge: (object: Inspected | undefined) => HealthResult;
}

/** Undefined where the spec has none. Throws an ExpressionError. */
export function healthExpressions({
  spec,
}: {
  readonly spec: Pick<Kustomization['spec'], 'healthCheckExprs'>;
}): HealthExpressions | undefined {
  const checks = spec.healthCheckExprs ?? [];
  if (checks.length === 0) return undefined;
  const byKind = new Map<string, Judge>();
  for (const [i, check] of checks.entries()) {
    const id = kindId(check.apiVersion, check.kind);
    const judge = judgeOf(check, `healthCheckExprs[${i}]`);
    // Of two for one kind the first counts.
    if (!byKind.has(id)) byKind.set(id, judge);
  }
  const find = (object: Inspected): Judge | undefined => {
    const { apiVersion = '', kind = '' } = object;
    // A Job's end is told by its conditions alone.
    if (kindId(apiVersion, kind) === 'batch/Job') return undefined;
    return byKind.get(kindId(apiVersion, kind)) ?? byKind.get(kindId(apiVersion, undefined));
  };
  return {
    covers: (object) => find(object) !== undefined,
    judge: (object) => (object === undefined ? undefined : find(object)?.(object)) ?? computeHealth(object),
  };
}

function kindId(apiVersion: string, kind: string | undefined): string {
  return `${parseApiVersion(apiVersion).group}/${kind ?? '*'}`;
}

function judgeOf(check: NonNullable<Kustomization['spec']['healthCheckExprs']>[number], where: string): Judge {
  const rules: (readonly [Verdict, CompiledExpression])[] = [];
  for (const verdict of ['inProgress', 'failed', 'current'] as const) {
    const text = check[verdict];
    if (text) rules.push([verdict, compiled(text, `${where}.${verdict}`, { output: 'bool', wholeNumbers: 'int' })]);
  }
  return (object) => generationNotObserved(object) ?? decide(rules, object);
}

function decide(rules: readonly (readonly [Verdict, CompiledExpression])[], object: Inspected): HealthResult {
  try {
    const met = rules.find(([, rule]) => rule.evaluate({ ...object }) === true)?.[0];
    if (met === 'failed') return { status: 'Failed', message: 'by expression' };
    return met === 'current'
      ? { status: 'Current', message: 'by expression' }
      : { status: 'InProgress', message: 'by expression' };
  } catch (error) {
    return { status: 'Unknown', message: errorMessage(error) };
  }
}

/** Whether a dependency's readyExpr holds; a text says why it cannot be told. Throws an ExpressionError. */
export function readyByExpression(text: string, self: object, dep: object, name: string): boolean | string {
  const expression = compiled(text, `failed to evaluate dependency ${name}`, {
    variables: ['self', 'dep'],
    output: 'bool',
  });
  try {
    return expression.evaluate({ self, dep }) === true;
  } catch (error) {
    if (!(error instanceof CelEvaluationError)) throw error;
    return `failed to evaluate dependency ${name}: ${error.message}`;
  }
}

function compiled(
  text: string,
  where: string,
  context: NonNullable<Parameters<typeof compileExpression>[1]>,
): CompiledExpression {
  try {
    return compileExpression(text, context);
  } catch (error) {
    throw new ExpressionError(`${where}: ${errorMessage(error)}`, { cause: error });
  }
}
