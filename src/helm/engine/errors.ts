// Errors of rendering: Go's texts, reworded as Helm does before it shows them.
import { CodedError } from '#lib/errors';
import { ExecError, GoError } from '#gotemplate/index';
import type { HelmMajor } from '../chart/files-to-chart.ts';
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

/** In Helm 3, Go's text stays as it is, unless `required` or `fail` said something: then only that is left, with the outermost place. */
export function execFailure(file: string, cause: Error, helm: HelmMajor): RenderError {
  if (!(cause instanceof ExecError)) return new RenderError(cause.message, { cause });
  const [, location, rest] = splitThree(cause.message);
  if (location === undefined || rest === undefined) {
    return new RenderError(`execution error in (${file}): ${cause.message}`, { cause });
  }
  const [, said] = marked.exec(rest) ?? [];
  if (said !== undefined) return new RenderError(`execution error at (${location}): ${said}`, { cause });
  return new RenderError(helm === 4 ? (layOut(cause) ?? cause.message) : cause.message, { cause });
}

/** strings.SplitN(text, ": ", 3). */
function splitThree(text: string): string[] {
  const first = text.indexOf(': ');
  const second = first < 0 ? -1 : text.indexOf(': ', first + 2);
  if (second < 0) return [text];
  return [text.slice(0, first), text.slice(first + 2, second), text.slice(second + 2)];
}

/** Helm 4's form: each template on the way, innermost last, on lines of its own. Undefined when some text is of no known form. */
function layOut(error: GoError): string | undefined {
  const frames: string[] = [];
  for (let at: unknown = error; at instanceof GoError; at = at.cause) {
    const frame = parseFrame(at.message);
    if (frame === undefined) return undefined;
    if (frame !== frames.at(-1)) frames.push(frame);
  }
  return frames.join('').trim();
}

const executing = /^(.*?): executing "([^"]*)" at <(.*?)>: (.*)$/s;

/** One text of the chain as its lines. */
function parseFrame(message: string): string | undefined {
  if (!message.startsWith('template: ')) return undefined;
  const rest = message.slice('template: '.length);
  if (rest.startsWith('no template ')) return `${message}\n`;
  const [, location, name, context, said] = executing.exec(rest) ?? [];
  if (location !== undefined && name !== undefined && context !== undefined && said !== undefined) {
    return `${location}\n  executing "${name}" at <${context}>:\n    ${untilNested(said)}\n`;
  }
  const colon = rest.lastIndexOf(': ');
  return colon < 0 ? undefined : `${rest.slice(0, colon)}\n  ${untilNested(rest.slice(colon + 2))}\n`;
}

/** What was said before the text of the next template begins. */
function untilNested(text: string): string {
  const nested = text.indexOf(' template:');
  return nested < 0 ? text : text.slice(0, nested);
}
