// What can go wrong in a template: parsing, executing, a function's own error, and the limits that protect us from a chart.

import { quote } from '#lib/go-quote';

/** An error a template function returns (or a panic in it): becomes `error calling NAME: MESSAGE`. */
export class GoError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Go's parse error, `template: NAME:LINE: TEXT`. */
export class ParseError extends GoError {}

/** Where and in which template an execution failed. */
export interface ExecFrame {
  /** `name:line:column`, line from 1, byte column from 0. */
  readonly location: string;
  /** The template being executed. */
  readonly executing: string;
  /** The node's source form. */
  readonly context: string;
  /** The text after the position, up to the message of the cause when a function failed. */
  readonly text: string;
}

/**
 * Go's execution error, `template: F:L:C: executing "X" at <CTX>: TEXT`; an error of a function goes on with that error's
 * message. The message is put together when it is asked for: a thousand nested includes would otherwise keep a thousand
 * copies of nearly the same text.
 */
export class ExecError extends GoError {
  /** undefined for the errors that name no place (an incomplete or unknown template). */
  readonly frame: ExecFrame | undefined;

  constructor(what: string | ExecFrame, cause?: GoError) {
    super(typeof what === 'string' ? what : '', cause === undefined ? {} : { cause });
    this.frame = typeof what === 'string' ? undefined : what;
    if (this.frame !== undefined) Object.defineProperty(this, 'message', { get: () => wholeMessage(this) });
  }
}

function wholeMessage(error: ExecError): string {
  const parts: string[] = [];
  let next: unknown = error;
  while (next instanceof ExecError && next.frame !== undefined) {
    const { location, executing, context, text } = next.frame;
    parts.push(`template: ${location}: executing ${quote(executing)} at <${context}>: ${text}`);
    next = next.cause;
  }
  if (next instanceof Error) parts.push(next.message);
  return parts.join('');
}

/** A limit of ours was reached: aborts the whole render, through every function and include. */
export class LimitError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
