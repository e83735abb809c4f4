// YAML in UTF-16, which its byte order mark tells: what some editors and shells of Windows write.
import { toBytes } from '#lib/go-string';

export interface Decoded {
  /** The text without byte order mark, up to what cannot be read. */
  readonly text: string;
  readonly problem: string | undefined;
}

/** The text of a source in UTF-16, given as bytes that are no UTF-8; undefined for every other one. */
export function decodeUtf16(source: string): Decoded | undefined {
  const mark = source.slice(0, 2);
  if (mark !== '\udcff\udcfe' && mark !== '\udcfe\udcff') return undefined;
  const bytes = toBytes(source);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = mark === '\udcff\udcfe';
  let text = '';
  for (let at = 2; at < bytes.length;) {
    const problem = problemAt(view, at, little);
    if (problem !== undefined) return { text, problem };
    const unit = view.getUint16(at, little);
    text += String.fromCharCode(unit);
    at += 2;
    if (!isSurrogate(unit)) continue;
    text += String.fromCharCode(view.getUint16(at, little));
    at += 2;
  }
  return { text, problem: undefined };
}

/** What is wrong with the character at this place, in the words of go-yaml. */
function problemAt(view: DataView, at: number, little: boolean): string | undefined {
  if (at + 2 > view.byteLength) return 'incomplete UTF-16 character';
  const unit = view.getUint16(at, little);
  if (!isSurrogate(unit)) return undefined;
  if (unit >= 0xdc00) return 'unexpected low surrogate area';
  if (at + 4 > view.byteLength) return 'incomplete UTF-16 surrogate pair';
  const low = view.getUint16(at + 2, little);
  return low >= 0xdc00 && low < 0xe000 ? undefined : 'expected low surrogate area';
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000;
}
