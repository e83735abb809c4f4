// Text to node trees.
import { yamlError } from './errors.ts';
import { DEFAULT_LIMITS, type ParseOptions } from './options.ts';
import type { Node } from './node.ts';
import { Parser } from './parser.ts';
import { readable } from './readable.ts';

function parserFor(text: string, options: ParseOptions): Parser {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  if (text.length > limits.length) {
    throw yamlError(`document is longer than ${limits.length} characters`);
  }
  const input = readable(text);
  return new Parser(input.text, {
    flavor: options.flavor ?? 'v3',
    comments: options.comments ?? false,
    limits,
    unreadable: input.problem,
  });
}

/** All documents of a text, each a `document` node with one child. Throws YamlError. */
export function parseDocuments(text: string, options: ParseOptions = {}): Node[] {
  const parser = parserFor(text, options);
  const documents: Node[] = [];
  for (let node = parser.nextDocument(); node !== undefined; node = parser.nextDocument()) {
    documents.push(node);
  }
  return documents;
}

/** The first document only: what follows it is not read. Undefined when there is none. */
export function parseFirst(text: string, options: ParseOptions = {}): Node | undefined {
  return parserFor(text, options).nextDocument();
}
