// Which ways of writing a scalar keep its text.
import type { Flavor } from './options.ts';

/** Bits of what `analyze` finds. */
export const Form = {
  multiline: 1,
  flowPlain: 2,
  blockPlain: 4,
  single: 8,
  block: 16,
} as const;

const EVERY_FORM = Form.flowPlain | Form.blockPlain | Form.single | Form.block;
const EMPTY = Form.blockPlain | Form.single;

/** Bits per ASCII character: what it rules out, by where it stands. */
const AT_START = 1;
const INSIDE_FLOW = 2;
/** Looked at more closely. */
const CLOSER = 4;

const ASCII: Uint8Array = ((): Uint8Array => {
  const table = new Uint8Array(128);
  for (let c = 0; c < 128; c++) {
    table[c] = c < 32 || c === 127 ? CLOSER : 0;
  }
  for (const c of '#,[]{}&*!|>\'"%@`') {
    table[c.charCodeAt(0)] = AT_START;
  }
  for (const c of ',?[]{}') {
    table[c.charCodeAt(0)] = (table[c.charCodeAt(0)] as number) | INSIDE_FLOW;
  }
  for (const c of ' :#?-') {
    table[c.charCodeAt(0)] = (table[c.charCodeAt(0)] as number) | CLOSER;
  }
  return table;
})();

/** Line breaks, printable or not. */
function isBreakUnit(c: number): boolean {
  return c === 10 || c === 13 || c === 0x85 || c === 0x2028 || c === 0x2029;
}

/** What the emitters write without an escape. Everything beyond the basic plane is escaped. */
export function isPrintable(c: number): boolean {
  return (
    c === 10 || (c >= 0x20 && c <= 0x7e) || (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd && c !== 0xfeff)
  );
}

function isBlankUnit(c: number): boolean {
  return c === 32 || c === 9;
}

/** The forms a text can be written in without loss. */
export function analyze(text: string, flavor: Flavor): number {
  const { length } = text;
  if (length === 0) {
    return EMPTY;
  }
  // Most scalars hold nothing that needs a closer look.
  const first = text.charCodeAt(0);
  if (first < 128 && ((ASCII[first] as number) & (AT_START | CLOSER)) === 0 && first !== 46) {
    let i = 1;
    while (i < length) {
      const c = text.charCodeAt(i);
      if (c >= 128 || ((ASCII[c] as number) & ~AT_START) !== 0) {
        break;
      }
      i++;
    }
    if (i === length) {
      return EVERY_FORM;
    }
  }
  return analyzeCloser(text, flavor);
}

function analyzeCloser(text: string, flavor: Flavor): number {
  const { length } = text;
  let flow = false;
  let block = false;
  let breaks = false;
  let special = false;
  let tabs = false;
  let breakSpace = false;
  let spaceBreak = false;
  let afterBlank = true;
  let afterSpace = false;
  let afterBreak = false;
  if (text.startsWith('---') || text.startsWith('...')) {
    flow = true;
    block = true;
  }
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    const kind = c < 128 ? (ASCII[c] as number) : CLOSER;
    if (kind !== 0) {
      const beforeBlank = i + 1 >= length || isBlankUnit(text.charCodeAt(i + 1));
      if (i === 0) {
        if ((kind & AT_START) !== 0 || (c === 45 && beforeBlank)) {
          flow = true;
          block = true;
        } else if (c === 63 || c === 58) {
          flow = true;
          block ||= beforeBlank;
        }
      } else if (c === 58) {
        flow = true;
        block ||= beforeBlank;
      } else if (c === 35) {
        flow ||= afterBlank;
        block ||= afterBlank;
      } else if ((kind & INSIDE_FLOW) !== 0) {
        flow = true;
      }
      if (c === 9 && flavor === 'v3') {
        tabs = true;
      } else if (!isPrintable(c)) {
        special = true;
      }
    }
    if (c === 32) {
      breakSpace ||= afterBreak;
      afterSpace = true;
      afterBreak = false;
    } else if (isBreakUnit(c)) {
      breaks = true;
      spaceBreak ||= afterSpace;
      afterSpace = false;
      afterBreak = true;
    } else {
      afterSpace = false;
      afterBreak = false;
    }
    afterBlank = isBlankUnit(c) || isBreakUnit(c) || c === 0;
  }
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(length - 1);
  const edge = first === 32 || isBreakUnit(first) || last === 32 || isBreakUnit(last);
  const noPlain = edge || breakSpace || spaceBreak || tabs || special || breaks;
  let forms = breaks ? Form.multiline : 0;
  if (!noPlain && !flow) {
    forms |= Form.flowPlain;
  }
  if (!noPlain && !block) {
    forms |= Form.blockPlain;
  }
  if (!(breakSpace || spaceBreak || tabs || special)) {
    forms |= Form.single;
  }
  if (!(last === 32 || spaceBreak || special)) {
    forms |= Form.block;
  }
  return forms;
}
