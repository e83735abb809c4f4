// .helmignore: which files of a chart directory are left out.
import { ChartError } from './errors.ts';
import { BadPatternError, compilePathPattern } from './path-match.ts';

interface Rule {
  readonly negate: boolean;
  readonly directoriesOnly: boolean;
  readonly match: (path: string) => boolean;
}

/** Says whether a path (slashes, relative to the chart) is ignored. */
export interface IgnoreRules {
  ignores(path: string, isDirectory: boolean): boolean;
}

/** Hidden files below templates/ are never templates. */
const builtInRule = 'templates/.?*';

/** Parses the text of a .helmignore file; undefined when the chart has none. */
export function parseIgnoreRules(text: string | undefined): IgnoreRules {
  const lines = text === undefined ? [] : text.replace(/^\uFEFF/, '').split('\n');
  const rules = [...lines, builtInRule].map(parseRule).filter((rule) => rule !== undefined);
  return {
    ignores(path, isDirectory) {
      if (path === '' || path === '.' || path === './') return false;
      for (const rule of rules) {
        // As upstream: a negated rule ignores whatever it does not match, and lets the next rules judge what it does.
        if (rule.negate) {
          if ((rule.directoriesOnly && !isDirectory) || !rule.match(path)) return true;
        } else if ((!rule.directoriesOnly || isDirectory) && rule.match(path)) return true;
      }
      return false;
    },
  };
}

function parseRule(line: string): Rule | undefined {
  let pattern = line.trim();
  if (pattern === '' || pattern.startsWith('#')) return undefined;
  if (pattern.includes('**')) throw new ChartError('double-star (**) syntax is not supported');
  checkPattern(pattern);
  const negate = pattern.startsWith('!');
  if (negate) pattern = pattern.slice(1);
  const directoriesOnly = pattern.endsWith('/');
  if (directoriesOnly) pattern = pattern.slice(0, -1);
  const rooted = pattern.startsWith('/');
  if (rooted) pattern = pattern.slice(1);
  const wholePath = rooted || pattern.includes('/');
  const compiled = compileOrNever(pattern);
  return {
    negate,
    directoriesOnly,
    match: (path) => compiled(wholePath ? path : path.slice(path.lastIndexOf('/') + 1)),
  };
}

function checkPattern(pattern: string): void {
  try {
    compilePathPattern(pattern);
  } catch (cause) {
    if (cause instanceof BadPatternError) throw new ChartError(cause.message, { cause });
    throw cause;
  }
}

/** Cutting `!` or slashes off can leave a fault, as in `[a/`; such a rule matches nothing. */
function compileOrNever(pattern: string): (path: string) => boolean {
  try {
    return compilePathPattern(pattern);
  } catch (cause) {
    if (cause instanceof BadPatternError) return () => false;
    throw cause;
  }
}
