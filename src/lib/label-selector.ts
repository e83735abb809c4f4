// Label selectors as a query has them ("a=b,c in (d,e)"): read, and matched against labels.

type Operator = 'in' | 'notin' | 'exists' | '!' | '>' | '<';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** All must hold. None at all selects everything. */
export type Requirements = readonly Requirement[];

export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

type Labels = Readonly<Record<string, string>>;

export function matches(requirements: Requirements, labels: Labels | undefined): boolean {
  return requirements.every((requirement) => holds(requirement, labels ?? {}));
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      // What has no such label is not in the set either.
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '>':
    case '<':
      return comparesTo(value, operator, values[0]);
  }
}

function comparesTo(value: string | undefined, operator: '>' | '<', bound: string | undefined): boolean {
  if (value === undefined || bound === undefined || !INTEGER.test(value)) return false;
  return operator === '>' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

const INTEGER = /^[+-]?\d{1,19}$/;

/** Reads the query form: `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a>1`, joined by commas. */
export function parseSelector(text: string): Requirements {
  const tokens = tokenize(text);
  const requirements: Requirement[] = [];
  if (tokens.length === 0) return requirements;
  let at = 0;
  const next = (): string => tokens[at++] ?? '';
  for (;;) {
    requirements.push(checked(parseRequirement(next, () => tokens[at] ?? '')));
    const separator = next();
    if (separator === '') return requirements;
    if (separator !== ',') throw new SelectorError(`found '${separator}', expected: ',' or 'end of string'`);
  }
}

function tokenize(text: string): string[] {
  return text.match(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g) ?? [];
}

function parseRequirement(next: () => string, peek: () => string): Requirement {
  let key = next();
  const negated = key === '!';
  if (negated) key = next();
  if (!isWord(key)) throw new SelectorError(`found '${key}', expected: !, identifier, or 'end of string'`);
  if (negated) return { key, operator: '!', values: [] };
  if (peek() === '' || peek() === ',') return { key, operator: 'exists', values: [] };
  const operator = next();
  switch (operator) {
    case '=':
    case '==':
      return { key, operator: 'in', values: [parseValue(next, peek)] };
    case '!=':
      return { key, operator: 'notin', values: [parseValue(next, peek)] };
    case '>':
    case '<':
      return { key, operator, values: [parseValue(next, peek)] };
    case 'in':
    case 'notin':
      return { key, operator, values: parseValues(next) };
    default:
      throw new SelectorError(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function parseValue(next: () => string, peek: () => string): string {
  return peek() === '' || peek() === ',' ? '' : expectWord(next());
}

function parseValues(next: () => string): string[] {
  if (next() !== '(') throw new SelectorError("expected: '('");
  const values: string[] = [];
  for (let token = next(); ; token = next()) {
    if (isWord(token)) {
      values.push(token);
      token = next();
    } else {
      // "a in (,b)" has the empty string in its set.
      values.push('');
    }
    if (token === ')') return values;
    if (token !== ',') throw new SelectorError(`found '${token}', expected: ',' or ')'`);
  }
}

function isWord(token: string): boolean {
  return token !== '' && !/^(==|!=|[=!(),<>])$/.test(token);
}

function expectWord(token: string): string {
  if (!isWord(token)) throw new SelectorError(`found '${token}', expected: identifier`);
  return token;
}

const NAME = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)$/;
const PREFIX = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

function checked(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement;
  const slash = key.lastIndexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  if (!NAME.test(key.slice(slash + 1)) || (prefix !== undefined && (prefix.length > 253 || !PREFIX.test(prefix)))) {
    throw new SelectorError(`key: Invalid value: "${key}": not a qualified label name`);
  }
  if ((operator === '>' || operator === '<') && !INTEGER.test(values[0] ?? '')) {
    throw new SelectorError(
      `values[0]: Invalid value: "${values[0] ?? ''}": for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  }
  for (const value of values) {
    if (value !== '' && !NAME.test(value))
      throw new SelectorError(`values: Invalid value: "${value}": not a valid label value`);
  }
  return requirement;
}
