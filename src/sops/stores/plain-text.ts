// Values in formats that know nothing but text.
import { formatFloat } from '#lib/go-float';
import { Time, type Scalar } from '../tree.ts';

export function textOf(value: Scalar): string {
  if (value === null) return '<nil>';
  if (value instanceof Time) return value.text.replace(/\.\d+/, '');
  if (typeof value !== 'number') return String(value);
  const text = formatFloat(value, 'G');
  // Not to be taken for an integer.
  return /[.E]/.test(text) ? text : formatFloat(value, 'f', 1);
}
