// Values as Go's `%#v` prints them: error messages quote keys and values that way.
import { quote } from '#lib/go-quote';
import { formatFloatG } from './numbers.ts';
import type { GoValue } from './value.ts';

/** fmt's `%#v` of a value decoded into `any` by go-yaml v2. */
export function goSyntax(value: GoValue): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : formatFloatG(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
  }
  if (value === null) {
    return 'interface {}(nil)';
  }
  if (Array.isArray(value)) {
    return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  }
  const pairs = Object.entries(value).map(([key, item]) => `${quote(key)}:${goSyntax(item)}`);
  return `map[interface {}]interface {}{${pairs.join(', ')}}`;
}
