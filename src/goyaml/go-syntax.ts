// Values as Go's `%#v` prints them: error messages quote keys and values that way.
import { quote } from '#lib/go-quote';
import { formatFloatG } from './numbers.ts';
import type { Flavor } from './options.ts';
import type { GoValue } from './value.ts';

/** Beyond it Go's type is uint64, which is printed in hexadecimal. */
const INT64_MAX = (1n << 63n) - 1n;

/** fmt's `%#v` of a value decoded into `any`; v3 makes maps of strings, v2 maps of anything. */
export function goSyntax(value: GoValue, flavor: Flavor): string {
  return value === null ? '<nil>' : nested(value, flavor);
}

function nested(value: GoValue, flavor: Flavor): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : formatFloatG(value);
    case 'bigint':
      return value > INT64_MAX ? `0x${value.toString(16)}` : String(value);
    case 'boolean':
      return String(value);
    default:
  }
  if (value === null) {
    return 'interface {}(nil)';
  }
  if (Array.isArray(value)) {
    return `[]interface {}{${value.map((item) => nested(item, flavor)).join(', ')}}`;
  }
  const pairs = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${quote(key)}:${nested(item, flavor)}`);
  const keys = flavor === 'v3' ? 'string' : 'interface {}';
  return `map[${keys}]interface {}{${pairs.join(', ')}}`;
}
