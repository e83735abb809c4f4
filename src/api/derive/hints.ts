// The next step for a wrong field: one short clause, from what the declaration says of it.
import type { StructuralSchema } from '../schema.ts';
import { nearestWord } from './nearest-word.ts';

/** A violation as the hint needs to see it. */
export interface HintQuestion {
  readonly keyword: string;
  readonly value: unknown;
  readonly schema: StructuralSchema;
  /** What the declaration itself says to do. */
  readonly declared: string | undefined;
}

// Longer lists of words are in the error already.
const MAX_LISTED = 6;

function oneOf(words: readonly string[]): string {
  return words.join(', ').replace(/, (?=[^,]*$)/u, ' or ');
}

function allOf(words: readonly string[]): string {
  return words.join(', ').replace(/, (?=[^,]*$)/u, ' and ');
}

function enumHint(value: unknown, words: readonly string[]): string {
  const meant = typeof value === 'string' ? nearestWord(value, words) : undefined;
  if (meant !== undefined) {
    return `write ${meant}`;
  }
  return words.length > MAX_LISTED ? 'write one of the supported values' : `write ${oneOf(words)}`;
}

function objectHint({ value, schema }: HintQuestion): string {
  const names = Object.keys(schema.properties ?? {});
  if (typeof value === 'string' && schema.required?.length === 1 && /^[\w.-]+$/u.test(value)) {
    return `write \`${schema.required[0] ?? ''}: ${value}\` on a line below it`;
  }
  if (names.length === 0) {
    return 'write `key: value` lines below it';
  }
  const shown = names.length > MAX_LISTED ? (schema.required ?? []) : names;
  return shown.length === 0
    ? 'write its fields on lines below it'
    : `write its fields on lines below it: ${allOf(shown)}`;
}

function typeHint(question: HintQuestion): string {
  const { schema, value, declared } = question;
  if (declared !== undefined || schema.enum !== undefined) {
    return declared ?? enumHint(value, schema.enum ?? []);
  }
  switch (schema.type) {
    case 'object':
      return objectHint(question);
    case 'array':
      return 'write a list, each item on a line of its own after a dash';
    case 'boolean':
      return 'write true or false without quotes';
    case 'integer':
      return 'write a whole number without quotes';
    default:
      return typeof value === 'number' || typeof value === 'boolean'
        ? `put quotes around it: "${value}"`
        : 'write a single string';
  }
}

/** What to put in for a field that is missing. */
export function missingHint(schema: StructuralSchema, declared: string | undefined): string {
  if (declared !== undefined) {
    return `add it: ${declared.replace(/^write /u, '')}`;
  }
  if (schema.enum !== undefined && schema.enum.length <= MAX_LISTED) {
    return `add it: ${oneOf(schema.enum)}`;
  }
  if (schema.type === 'boolean') {
    return 'add it: true or false';
  }
  const needed = schema.required ?? schema.items?.required ?? [];
  if (needed.length > 0) {
    return `add it, with ${allOf(needed)}`;
  }
  const description = (schema.description ?? '').replace(/\.$/u, '');
  return `add it: ${description.replace(/^[A-Z](?=[a-z])/u, (letter) => letter.toLowerCase())}`;
}

export function hintFor(question: HintQuestion): string | undefined {
  const { keyword, schema, value, declared } = question;
  switch (keyword) {
    case 'type':
      return typeHint(question);
    case 'enum':
      return enumHint(value, schema.enum ?? []);
    case 'minLength':
      return declared ?? 'write something, or remove the field';
    case 'maxLength':
      return declared ?? `write at most ${schema.maxLength ?? 0} characters`;
    case 'minItems':
      return `list at least ${schema.minItems ?? 0}`;
    case 'maxItems':
      return `list at most ${schema.maxItems ?? 0}`;
    case 'minimum':
      return declared ?? `write ${schema.minimum ?? 0} or more`;
    case 'maximum':
      return declared ?? `write ${schema.maximum ?? 0} or less`;
    default:
      return declared;
  }
}
