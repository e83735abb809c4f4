// Errors of rendering: Go's texts, reworded as Helm does before it shows them.
import { CodedError } from '#lib/errors';
import { ExecError } from '#gotemplate/index';
import { WARNING_END, WARNING_START } from '../functions/hooks.ts';

/** A template does not parse, fails, or takes more than it may. */
export class RenderError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('HELM_RENDER_FAILED', message, options);
  }
}

/** `template: F:L: text` becomes `parse error at (F:L): text`, where text is what follows the last colon. */
export function parseFailure(file: string, cause: Error): RenderError {
  const parts = cause.message.split(': ');
  const [, location = ''] = parts;
  const message =
    parts.length === 1
      ? `parse error in (${file}): ${cause.message}`
      : `parse error at (${location}): ${parts.at(-1) ?? ''}`;
  return new RenderError(message, { cause });
}

const marked = new RegExp(`${WARNING_START}(.*)${WARNING_END}`, 's');

/** Go's text stays as it is, unless `required` or `fail` said something: then only that is left, with the outermost place. */
export function execFailure(file: string, cause: Error): RenderError {
  if (!(cause instanceof ExecError)) return new RenderError(cause.message, { cause });
  const [, location, rest] = splitThree(cause.message);
  if (location === undefined || rest === undefined) {
    return new RenderError(`execution error in (${file}): ${cause.message}`, { cause });
  }
  const [, said] = marked.exec(rest) ?? [];
  const message = said === undefined ? cause.message : `execution error at (${location}): ${said}`;
  return new RenderError(message, { cause });
}

/** strings.SplitN(text, ": ", 3). */
function splitThree(text: string): string[] {
  const first = text.indexOf(': ');
  const second = first < 0 ? -1 : text.indexOf(': ', first + 2);
  if (second < 0) return [text];
  return [text.slice(0, first), text.slice(first + 2, second), text.slice(second + 2)];
}
