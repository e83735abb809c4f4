// `--show-only`: picks the documents of named templates out of a rendered chart.
import { CodedError } from '#lib/errors';
import { BadPatternError, compilePathPattern } from '../chart/path-match.ts';
import { splitManifests } from './split.ts';

export class TemplateNotFoundError extends CodedError {
  constructor(template: string) {
    super('HELM_TEMPLATE_NOT_FOUND', `could not find template ${template} in chart`);
  }
}

const sourceLine = /# Source: [^/]+\/(.+)/;

/** The documents whose path (below the chart's name) matches one of the patterns, in the order of the patterns. */
export function showOnly(output: string, patterns: readonly string[]): string {
  const documents = splitManifests(output);
  let shown = '';
  for (const pattern of patterns) {
    const found = documents.filter((document) => matches(pattern, sourceLine.exec(document)?.[1]));
    if (found.length === 0) throw new TemplateNotFoundError(pattern);
    for (const document of found) shown += `---\n${document}\n`;
  }
  return shown;
}

function matches(pattern: string, path: string | undefined): boolean {
  if (path === undefined) return false;
  try {
    return compilePathPattern(pattern)(path);
  } catch (error) {
    if (error instanceof BadPatternError) return false;
    throw error;
  }
}
