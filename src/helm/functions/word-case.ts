// camelcase, snakecase and kebabcase by the rules of the xstrings library (1.5).
import { isLetter, isNumber, isPunct, isSpace, isUpper, runeToLower, runeToUpper } from '#lib/go-unicode';

function isConnector(rune: string): boolean {
  return rune === '-' || rune === '_' || isSpace(rune);
}

/** "http_server" is "HttpServer"; leading, trailing and repeated connectors stay. */
export function toCamelCase(text: string): string {
  const runes = Array.from(text.toWellFormed());
  const start = runes.findIndex((rune) => !isConnector(rune));
  // Nothing but connectors: the last one comes out twice.
  if (start < 0) return runes.join('') + (runes.at(-1) ?? '');
  let out = runes.slice(0, start).join('');
  let previous = runes[start] ?? '';
  // A run of capitals ("GOLANG") keeps only its first one.
  let inCapitals = isUpper(previous);
  previous = runeToUpper(previous);
  for (const next of runes.slice(start + 1)) {
    let rune = next;
    if (isConnector(previous)) {
      if (isConnector(rune)) {
        out += previous;
        previous = rune;
        continue;
      }
      inCapitals = isUpper(rune);
      rune = runeToUpper(rune);
    } else {
      if (inCapitals) {
        if (isUpper(rune)) rune = runeToLower(rune);
        else inCapitals = false;
      }
      out += previous;
    }
    previous = rune;
  }
  return out + previous;
}

type WordKind = 'none' | 'number' | 'upper' | 'alphabet' | 'connector' | 'punct' | 'other';

interface Word {
  readonly kind: WordKind;
  readonly text: string;
}

const NO_WORD: Word = { kind: 'none', text: '' };

/** A letter, but not a Chinese, Japanese or Korean ideograph. */
function isAlphabet(rune: string): boolean {
  if (!isLetter(rune)) return false;
  const code = rune.codePointAt(0) ?? 0;
  return !(
    (code >= 0x4e00 && code <= 0x9fcc) ||
    (code >= 0x3400 && code <= 0x4d85) ||
    (code >= 0x20000 && code <= 0x2b81d)
  );
}

const isSmallLetter = (rune: string): boolean => isAlphabet(rune) && !isUpper(rune);
const isOther = (rune: string): boolean => !isConnector(rune) && !isAlphabet(rune) && !isNumber(rune) && !isPunct(rune);

/** Cuts a text into words. */
class Words {
  readonly #runes: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#runes = Array.from(text);
  }

  get atEnd(): boolean {
    return this.#at >= this.#runes.length;
  }

  next(): Word {
    const start = this.#at;
    const first = this.#runes[start];
    if (first === undefined) return NO_WORD;
    const kind = this.#skipWord(first);
    return { kind, text: this.#runes.slice(start, this.#at).join('') };
  }

  #skipWord(first: string): WordKind {
    this.#at++;
    if (isConnector(first)) return this.#skip('connector', isConnector);
    if (isPunct(first)) return this.#skip('punct', isPunct);
    if (isUpper(first)) {
      if (!isUpper(this.#runes[this.#at] ?? '')) return this.#skip('upper', isSmallLetter);
      this.#skip('upper', isUpper);
      // Of "HTTPStatus" the S belongs to the next word.
      if (isAlphabet(this.#runes[this.#at] ?? '')) this.#at--;
      return 'upper';
    }
    if (isAlphabet(first)) return this.#skip('alphabet', isSmallLetter);
    if (isNumber(first)) return this.#skip('number', isNumber);
    return this.#skip('other', isOther);
  }

  #skip(kind: WordKind, belongs: (rune: string) => boolean): WordKind {
    while (!this.atEnd && belongs(this.#runes[this.#at] ?? '')) this.#at++;
    return kind;
  }
}

/** "HTTP20xOK" is "http_20x_ok": words in lower case with a connector between them. */
export function toConnectedCase(text: string, connector: '_' | '-'): string {
  const words = new Words(text);
  let out = '';
  const write = (word: Word): void => {
    out += word.kind === 'upper' || word.kind === 'connector' ? lowered(word.text, connector) : word.text;
  };
  const connect = (following: Word): void => {
    if (following.kind !== 'none' && following.kind !== 'punct' && following.kind !== 'connector') out += connector;
  };
  /** A number goes together with the small letters and numbers behind it: "20x", "2m3s". */
  const writeNumberTail = (): void => {
    while (word.kind === 'alphabet' || word.kind === 'number') {
      write(word);
      word = words.next();
    }
    connect(word);
  };

  let word = words.next();
  while (!words.atEnd) {
    const previous = word;
    if (previous.kind !== 'connector') write(previous);
    word = words.next();
    if (previous.kind === 'number') writeNumberTail();
    else if (previous.kind === 'connector') write(previous);
    else if (previous.kind === 'punct') continue;
    else if (word.kind !== 'number') connect(word);
    else if (!words.atEnd) {
      const number = word;
      word = words.next();
      if (word.kind === 'alphabet') {
        out += connector;
        write(number);
        writeNumberTail();
      } else {
        // Of "Bld4Floor" the number belongs to the word before it.
        write(number);
        connect(word);
      }
    }
  }
  write(word);
  return out;
}

function lowered(text: string, connector: string): string {
  let out = '';
  for (const rune of text) {
    if (isConnector(rune)) out += connector;
    else out += isUpper(rune) ? runeToLower(rune) : rune;
  }
  return out;
}
