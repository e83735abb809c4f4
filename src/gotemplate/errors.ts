// What can go wrong in a template: parsing, executing, a function's own error, and the limits that protect us from a chart.

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
  /** The node's source form; empty when the failure has no node. */
  readonly context: string;
  /** The text after the position. */
  readonly detail: string;
}

/** Go's execution error. Its message is whole: `template: F:L:C: executing "X" at <CTX>: TEXT`. */
export class ExecError extends GoError {
  /** undefined for the errors that name no place (an incomplete or unknown template). */
  readonly frame: ExecFrame | undefined;

  constructor(message: string, frame?: ExecFrame, options?: ErrorOptions) {
    super(message, options);
    this.frame = frame;
  }
}

/** A limit of ours was reached: aborts the whole render, through every function and include. */
export class LimitError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
