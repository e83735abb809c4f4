// INI text as SOPS's library reads and writes it: sections, keys and the comments before them.
import { SopsError } from '../errors.ts';

export interface IniKey {
  readonly name: string;
  readonly value: string;
  /** Lines with their signs; empty for none. */
  readonly comment: string;
}

export interface IniSection {
  readonly name: string;
  readonly comment: string;
  readonly keys: readonly IniKey[];
}

/** Of the keys before any section. */
export const defaultSection = 'DEFAULT';

interface OpenSection extends Omit<IniSection, 'keys'> {
  /** By name: one that comes again takes the value, and the place stays. */
  readonly keys: Map<string, IniKey>;
}

/** The sections in their order, the default one first. Throws a SopsError for what is no INI. */
export function parseIni(text: string): IniSection[] {
  return new IniReader(text).read();
}

class IniReader {
  /** Each with the end of its line. */
  readonly #lines: readonly string[];
  #at = 0;
  #comment = '';

  constructor(text: string) {
    this.#lines = text.replace(/^\uFEFF/, '').split(/(?<=\n)/);
  }

  read(): IniSection[] {
    let section: OpenSection = { name: defaultSection, comment: '', keys: new Map() };
    const sections = [section];
    // The number of the next key that is written `-`.
    let count = 1;
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      const trimmed = line.trimStart();
      if (trimmed === '') continue;
      if (/^[#;]/.test(trimmed)) this.#comment += trimmed;
      else if (trimmed.startsWith('[')) {
        sections.push((section = this.#section(trimmed)));
        count = 1;
      } else {
        const { name: written, rest } = keyName(trimmed);
        const name = written === '-' ? `#${count++}` : written;
        const value = this.#value(rest);
        section.keys.set(name, { name, value, comment: this.#takeComment() });
      }
    }
    return sections.map((section) => ({ ...section, keys: [...section.keys.values()] }));
  }

  #next(): string | undefined {
    return this.#lines[this.#at++];
  }

  #takeComment(): string {
    const comment = this.#comment.trim();
    this.#comment = '';
    return comment;
  }

  #section(line: string): OpenSection {
    const close = line.lastIndexOf(']');
    if (close < 0) throw failure('unclosed section');
    const name = line.slice(1, close);
    if (name === '') throw failure('empty section name');
    this.#comment += commentIn(line.slice(close + 1));
    return { name, comment: this.#takeComment(), keys: new Map() };
  }

  #value(text: string): string {
    const line = text.trimStart();
    const quote = line.length > 3 && line.startsWith('"""') ? '"""' : line.startsWith('`') ? '`' : '';
    if (quote !== '') return this.#quoted(line.slice(quote.length), quote);
    const trimmed = line.trimEnd();
    if (trimmed.endsWith('\\')) return this.#continued(trimmed.slice(0, -1));
    const sign = trimmed.search(/[#;]/);
    if (sign < 0) return unquoted(trimmed);
    this.#comment += trimmed.slice(sign);
    return unquoted(trimmed.slice(0, sign).trim());
  }

  #quoted(text: string, quote: string): string {
    const end = text.lastIndexOf(quote);
    if (end >= 0) return text.slice(0, end);
    let value = text;
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      const close = line.lastIndexOf(quote);
      if (close >= 0) {
        this.#comment += commentIn(line.slice(close)).trim();
        return value + line.slice(0, close);
      }
      value += line;
    }
    throw failure('missing closing key quote');
  }

  #continued(text: string): string {
    let value = text;
    for (;;) {
      const line = this.#next()?.trim() ?? '';
      value += line;
      if (line === '' || !value.endsWith('\\')) return value;
      value = value.slice(0, -1);
    }
  }
}

function commentIn(text: string): string {
  const sign = text.search(/[#;]/);
  return sign < 0 ? '' : text.slice(sign);
}

function keyName(line: string): { readonly name: string; readonly rest: string } {
  const quote = /^"""(?=.{4})|^["`]/s.exec(line)?.[0] ?? '';
  const end = quote === '' ? 0 : line.indexOf(quote, quote.length);
  if (end < 0) throw failure('missing closing key quote');
  const delimiter = line.slice(end).search(/[=:]/);
  if (delimiter < 0) throw failure('key-value delimiter not found');
  const name = (quote === '' ? line.slice(0, delimiter) : line.slice(quote.length, end)).trim();
  if (name === '') throw failure('empty key name');
  return { name, rest: line.slice(end + delimiter + 1) };
}

/** Without quotes around it, unless there are more of them within. */
function unquoted(text: string): string {
  return /^(?:'[^']*'|"[^"]*")$/s.test(text) ? text.slice(1, -1) : text;
}

/** Lines are not shown: they may hold values. */
function failure(message: string): SopsError {
  return new SopsError('SOPS_FORMAT', `Could not unmarshal input data: ${message}`);
}

export function printIni(sections: readonly IniSection[]): string {
  return sections.map((section, index) => printSection(section, index, sections.length)).join('');
}

function printSection({ name, comment, keys }: IniSection, index: number, count: number): string {
  const isDefault = index === 0 && name.toUpperCase() === defaultSection;
  const head = commentLines(comment);
  if (isDefault && keys.length === 0) return head;
  const names = keys.map((key) => quotedName(key.name));
  const width = Math.max(0, ...names.map((name) => Buffer.byteLength(name)));
  const lines = keys.map(({ value, comment }, at) => {
    const space = ' '.repeat(width - Buffer.byteLength(names[at]!));
    return `${commentLines(comment)}${names[at]}${space} = ${quotedValue(value)}\n`;
  });
  return `${head}${isDefault ? '' : `[${name}]\n`}${lines.join('')}${index < count - 1 ? '\n' : ''}`;
}

function commentLines(comment: string): string {
  if (comment === '') return '';
  const lines = comment.split('\n').map((line) => {
    return /^[#;]/.test(line) ? `${line.charAt(0)} ${line.slice(1).trim()}` : `; ${line.trim()}`;
  });
  return `${lines.join('\n')}\n`;
}

function quotedName(name: string): string {
  if (/["=:]/.test(name)) return `\`${name}\``;
  return name.includes('`') ? `"""${name}"""` : name;
}

function quotedValue(value: string): string {
  if (/[\n`]/.test(value)) return `"""${value}"""`;
  if (/[#;]/.test(value)) return `\`${value}\``;
  return value.trim() === value ? value : `"${value}"`;
}
