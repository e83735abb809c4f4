// go-yaml v2's Marshal of plain values: block style, natural key order, lines folded at 80 columns.
import { sortStrings } from '#lib/go-string';
import { YamlError } from './errors.ts';
import { formatFloatG, formatFloatJSON } from './numbers.ts';
import { Style } from './node.ts';
import { analyze, Form } from './scalar-analysis.ts';
import { possibleStyle, stringForm } from './scalar-style.ts';
import { sortedKeys } from './sort-keys.ts';
import type { GoObject, GoValue } from './value.ts';
import { Writer } from './writer.ts';

const INDENT = 2;
/** Longest key, in bytes, that is written without `?`. */
const LONGEST_KEY = 128;
const DEPTH_LIMIT = 2000;

/** Keys and values that are the same in every style: no check is needed. */
const SIMPLE = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;
/** Of those, the words that could mean something. */
const LONGEST_WORD = 5;

function isSimple(text: string): boolean {
  return text.length > LONGEST_WORD && SIMPLE.test(text);
}

function byteLength(text: string): number {
  return text.length * 3 <= LONGEST_KEY ? text.length : Buffer.byteLength(text);
}

/** A float as YAML writes it. */
export function yamlFloat(value: number): string {
  if (Number.isNaN(value)) {
    return '.nan';
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? '.inf' : '-.inf';
  }
  return formatFloatG(value);
}

/** Characters JSON writes as they are but the YAML reader refuses or takes for line breaks. */
const LOST_IN_JSON = /[\x7f-\x9f\ufffe\uffff]/;
/** The YAML reader takes a longer name, with its quotes and escapes, for no key. */
const LONGEST_JSON_KEY = 160;

class V2Encoder {
  /** Whether the way through JSON text would change or refuse something. */
  lossy = false;
  private readonly writer = new Writer('v2', INDENT);
  private readonly fromJSON: boolean;
  private readonly keysOf: (object: GoObject) => readonly string[];
  private depth = 0;

  constructor(
    fromJSON: boolean,
    keysOf: (object: GoObject) => readonly string[] = (object) => sortedKeys(object, 'v2'),
  ) {
    this.fromJSON = fromJSON;
    this.keysOf = keysOf;
  }

  encode(value: GoValue): string {
    const { writer } = this;
    if (typeof value === 'object' && value !== null) {
      this.collection(value, false);
    } else {
      this.scalar(value, false);
    }
    writer.indent = -1;
    writer.writeIndent();
    return writer.out;
  }

  private collection(value: GoValue[] | GoObject, inMapping: boolean): void {
    if (++this.depth > DEPTH_LIMIT) {
      throw new YamlError(`yaml: exceeded max depth of ${DEPTH_LIMIT}`);
    }
    if (Array.isArray(value)) {
      this.sequence(value, inMapping);
    } else {
      this.mapping(value);
    }
    this.depth--;
  }

  private sequence(items: readonly GoValue[], inMapping: boolean): void {
    const { writer } = this;
    if (items.length === 0) {
      writer.writeWord('[]');
      return;
    }
    const outer = writer.indent;
    // Below a key the items start in the key's own column.
    const indentless = inMapping && !writer.indention;
    writer.indent = outer < 0 ? 0 : indentless ? outer : outer + INDENT;
    for (const item of items) {
      writer.writeIndent();
      writer.writeLead('-');
      this.value(item, false);
    }
    writer.indent = outer;
  }

  private mapping(object: GoObject): void {
    const { writer } = this;
    const keys = this.keysOf(object);
    if (keys.length === 0) {
      writer.writeWord('{}');
      return;
    }
    const outer = writer.indent;
    writer.indent = outer < 0 ? 0 : outer + INDENT;
    for (const key of keys) {
      writer.writeIndent();
      this.key(key);
      this.value(object[key] as GoValue, true);
    }
    writer.indent = outer;
  }

  private key(key: string): void {
    const { writer } = this;
    if (isSimple(key) && key.length <= LONGEST_KEY) {
      writer.put(`${key}:`);
      writer.whitespace = false;
      writer.indention = false;
      return;
    }
    this.lossy ||= this.fromJSON && (key.length > LONGEST_JSON_KEY || !key.isWellFormed());
    const form = stringForm(key, 'v2');
    const isShort = byteLength(form.text) + form.tag.length <= LONGEST_KEY;
    if (isShort && (analyze(form.text, 'v2') & Form.multiline) === 0) {
      this.string(key, true);
      writer.writeTight(':');
      return;
    }
    writer.writeLead('?');
    this.string(key, false);
    writer.writeIndent();
    writer.writeLead(':');
  }

  private value(value: GoValue, inMapping: boolean): void {
    if (typeof value === 'string' && isSimple(value)) {
      this.writer.writeWord(value);
    } else if (typeof value === 'object' && value !== null) {
      this.collection(value, inMapping);
    } else {
      this.scalar(value, false);
    }
  }

  private scalar(value: null | boolean | number | bigint | string, simpleKey: boolean): void {
    if (typeof value === 'string') {
      this.string(value, simpleKey);
    } else {
      this.writer.writePlain(typeof value === 'number' ? this.floatText(value) : String(value), false);
    }
  }

  private floatText(value: number): string {
    if (!this.fromJSON) {
      return yamlFloat(value);
    }
    this.lossy ||= !Number.isFinite(value);
    return jsonFloat(value);
  }

  private string(value: string, simpleKey: boolean): void {
    const { writer } = this;
    const { text, tag, style } = stringForm(value, 'v2');
    const forms = analyze(text, 'v2');
    if (this.fromJSON && (tag !== '' || ((forms & Form.block) === 0 && LOST_IN_JSON.test(text)))) {
      this.lossy = true;
    }
    const outer = writer.indent;
    if (tag !== '') {
      writer.writeWord(tag);
    }
    // The lines of a scalar are indented like a collection in its place.
    writer.indent = outer < 0 ? INDENT : outer + INDENT;
    switch (possibleStyle(style, forms, text, { flow: false, simpleKey })) {
      case 0:
        writer.writePlain(text, !simpleKey);
        break;
      case Style.single:
        writer.writeSingle(text, !simpleKey);
        break;
      case Style.literal:
        writer.writeBlockHeader('|', text);
        writer.putBreak();
        writer.writeLiteralLines(text);
        break;
      default:
        writer.writeDouble(text, !simpleKey);
    }
    writer.indent = outer;
  }
}

/** go-yaml v2's Marshal of a Go value (number = float64, bigint = int). */
export function encodeV2(value: GoValue): string {
  return new V2Encoder(false).encode(value);
}

/** The same of MapSlices sorted by the bytes of their keys, which go-yaml leaves in their order. */
export function encodeV2Bytewise(value: GoValue): string {
  return new V2Encoder(false, (object) => sortStrings(Object.keys(object))).encode(value);
}

/**
 * The same for a value that came through JSON: integral floats are integers again, up to uint64.
 * Undefined when the value does not come through unchanged.
 */
export function encodeV2FromJSON(value: GoValue): string | undefined {
  const encoder = new V2Encoder(true);
  const text = encoder.encode(value);
  return encoder.lossy ? undefined : text;
}

/** Itself no integer: its shortest digits, filled up with zeros, are beyond int64. */
const INT64_MIN = -(2 ** 63);
const UINT64_END = 2 ** 64;

function jsonFloat(value: number): string {
  if (Number.isInteger(value) && value > INT64_MIN && value < UINT64_END) {
    // Above 2^53 JSON fills the shortest digits up with zeros; that text is what is read again.
    return value === 0 ? '0' : formatFloatJSON(value);
  }
  return formatFloatG(value);
}
