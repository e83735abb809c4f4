// How a scalar is written: the style asked for, unless the text or the place rules it out.
import { encodeBinary, hasInvalidBytes } from './binary.ts';
import { Style } from './node.ts';
import type { Flavor } from './options.ts';
import { isOldBoolean, isSurelyString, resolvePlain } from './resolve.ts';
import { Form } from './scalar-analysis.ts';

const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Whether plain text would be read as something else than a string, by this reader or a YAML 1.1 one. */
export function needsQuotes(text: string, flavor: Flavor): boolean {
  if (isSurelyString(text)) {
    return false;
  }
  return (
    resolvePlain(text, flavor, true) !== undefined ||
    (flavor === 'v3' && isOldBoolean(text)) ||
    (text.includes(':') && BASE_60.test(text))
  );
}

/** Text, tag and style of a Go string. */
export interface StringForm {
  readonly text: string;
  /** `!!binary`, or '' */
  readonly tag: string;
  readonly style: number;
}

/** How a Go string is written where nothing else is asked for. */
export function stringForm(value: string, flavor: Flavor): StringForm {
  if (hasInvalidBytes(value)) {
    const text = encodeBinary(value);
    return { text, tag: '!!binary', style: text.includes('\n') ? Style.literal : 0 };
  }
  if (value.includes('\n')) {
    return { text: value, tag: '', style: Style.literal };
  }
  return { text: value, tag: '', style: needsQuotes(value, flavor) ? Style.double : 0 };
}

/** Where a scalar stands. */
export interface Place {
  readonly flow: boolean;
  /** A key without `?`. */
  readonly simpleKey: boolean;
}

/** The style that is possible; `forms` as `analyze` found them. */
export function possibleStyle(asked: number, forms: number, text: string, { flow, simpleKey }: Place): number {
  let style = asked;
  if (simpleKey && (forms & Form.multiline) !== 0) {
    style = Style.double;
  }
  if (style === 0) {
    const plain = (forms & (flow ? Form.flowPlain : Form.blockPlain)) !== 0;
    if (!plain || (text === '' && (flow || simpleKey))) {
      style = Style.single;
    }
  }
  if (style === Style.single && (forms & Form.single) === 0) {
    style = Style.double;
  }
  if ((style & (Style.literal | Style.folded)) !== 0 && ((forms & Form.block) === 0 || flow || simpleKey)) {
    style = Style.double;
  }
  return style;
}
