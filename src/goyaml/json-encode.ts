// encoding/json's Marshal, byte for byte.
import { keepsOrder } from '#lib/field-order';
import { compareStrings } from '#lib/go-string';
import { YamlError } from './errors.ts';
import { formatFloatJSON } from './numbers.ts';
import type { GoValue } from './value.ts';

export interface MarshalJSONOptions {
  /** `<`, `>`, `&` as \u003c, \u003e, \u0026. @default true */
  readonly escapeHTML?: boolean;
  /** MarshalIndent's indent; absent = compact. */
  readonly indent?: string;
  /** Keys in bytewise order, as Go writes maps; false keeps the given order (Go structs). @default true */
  readonly sortKeys?: boolean;
}

/* oxlint-disable no-control-regex -- control characters are what is looked for */
const NEEDS_ESCAPE = /[\0-\x1f"\\\u2028\u2029\ud800-\udfff]/;
const NEEDS_ESCAPE_HTML = /[\0-\x1f"\\<>&\u2028\u2029\ud800-\udfff]/;
const ESCAPABLE = /[\0-\x1f"\\\u2028\u2029]/g;
const ESCAPABLE_HTML = /[\0-\x1f"\\<>&\u2028\u2029]/g;
/* oxlint-enable no-control-regex */
const BEYOND_SURROGATES = /[\ud800-\uffff]/;
const DEPTH_LIMIT = 2000;

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escape(char: string): string {
  return SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function quote(text: string, escapeHTML: boolean): string {
  if (!(escapeHTML ? NEEDS_ESCAPE_HTML : NEEDS_ESCAPE).test(text)) {
    return `"${text}"`;
  }
  // Bytes that are no UTF-8 are written as the escape of U+FFFD, a real U+FFFD as itself.
  const escaped = text.replace(escapeHTML ? ESCAPABLE_HTML : ESCAPABLE, escape);
  if (escaped.isWellFormed()) {
    return `"${escaped}"`;
  }
  let out = '"';
  for (const char of escaped) {
    const code = char.codePointAt(0) as number;
    out += code >= 0xd800 && code <= 0xdfff ? '\\ufffd' : char;
  }
  return `${out}"`;
}

/** Orders strings by their bytes; without surrogates that is the order of their units. */
export function compareBytes(a: string, b: string): number {
  if (!BEYOND_SURROGATES.test(a) || !BEYOND_SURROGATES.test(b)) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return compareStrings(a, b);
}

class JsonWriter {
  private readonly escapeHTML: boolean;
  private readonly indent: string | undefined;
  private readonly sortKeys: boolean;

  constructor({ escapeHTML = true, indent, sortKeys = true }: MarshalJSONOptions) {
    this.escapeHTML = escapeHTML;
    this.indent = indent;
    this.sortKeys = sortKeys;
  }

  write(value: GoValue, depth: number): string {
    switch (typeof value) {
      case 'string':
        return quote(value, this.escapeHTML);
      case 'number':
        if (!Number.isFinite(value)) {
          const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
          throw new YamlError(`json: unsupported value: ${name}`);
        }
        return formatFloatJSON(value);
      case 'bigint':
      case 'boolean':
        return String(value);
      default:
        return value === null ? 'null' : this.writeCollection(value, depth);
    }
  }

  private writeCollection(value: Exclude<GoValue, string | number | bigint | boolean | null>, depth: number): string {
    if (depth > DEPTH_LIMIT) {
      throw new YamlError('json: exceeded max depth');
    }
    // Loops, not closures: the stack is for depth alone.
    const parts: string[] = [];
    if (Array.isArray(value)) {
      for (const item of value) {
        parts.push(this.write(item, depth + 1));
      }
      return this.join('[]', parts, depth);
    }
    const keys = Object.keys(value);
    if (this.sortKeys && !keepsOrder(value)) {
      keys.sort(compareBytes);
    }
    const colon = this.indent === undefined ? ':' : ': ';
    for (const key of keys) {
      parts.push(quote(key, this.escapeHTML) + colon + this.write(value[key] as GoValue, depth + 1));
    }
    return this.join('{}', parts, depth);
  }

  private join(brackets: string, parts: readonly string[], depth: number): string {
    const [open = '', close = ''] = brackets;
    if (parts.length === 0) {
      return brackets;
    }
    if (this.indent === undefined) {
      return `${open}${parts.join(',')}${close}`;
    }
    const inner = `\n${this.indent.repeat(depth + 1)}`;
    return `${open}${inner}${parts.join(`,${inner}`)}\n${this.indent.repeat(depth)}${close}`;
  }
}

/** encoding/json's Marshal. */
export function marshalJSON(value: GoValue, options: MarshalJSONOptions = {}): string {
  return new JsonWriter(options).write(value, 0);
}
