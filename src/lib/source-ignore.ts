// Which files of a source stay out of its artifact: patterns like .gitignore's, matched as Flux matches them.
import { goPathMatch } from './go-path-match.ts';

/** A compiled pattern and the directory it is scoped to. */
interface Pattern {
  readonly domain: readonly string[];
  readonly inclusion: boolean;
  readonly directoryOnly: boolean;
  /** One part: matched against any segment. Several: anchored to the domain. */
  readonly parts: readonly string[];
}

const versionControl = ['.git/', '.gitignore', '.gitmodules', '.gitattributes'];
const extensions = ['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip'];
const continuousIntegration = [
  '.github/',
  '.circleci/',
  '.travis.yml',
  '.gitlab-ci.yml',
  'appveyor.yml',
  '.drone.yml',
  'cloudbuild.yaml',
  'codeship-services.yml',
  'codeship-steps.yml',
];
const extra = ['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml'];

/** Name of the files in a source that hold patterns. */
export const ignoreFile = '.sourceignore';

export interface IgnoreFile {
  /** Directory of the file; empty for the root. */
  readonly directory: string;
  readonly text: string;
}

/**
 * The rule for a source: the version control files are always left out; of the other defaults, all hold as long as
 * nobody gives a pattern, and none otherwise. Later patterns win; `files` must come parents first, `spec` counts last.
 */
export class SourceIgnore {
  readonly #patterns: readonly Pattern[];

  constructor(files: readonly IgnoreFile[], spec: string | undefined) {
    const own = [
      ...files.flatMap(({ directory, text }) => parsePatterns(text, directory === '' ? [] : directory.split('/'))),
      ...parsePatterns(spec ?? '', []),
    ];
    const defaults = own.length === 0 ? [...extensions, ...continuousIntegration, ...extra] : [];
    this.#patterns = [...[...versionControl, ...defaults].map((line) => parsePattern(line, [])), ...own];
  }

  /** Whether a file or directory is left out. A directory's own entry says nothing about what is in it. */
  ignores(path: string, isDirectory: boolean): boolean {
    const segments = path.split('/');
    for (let i = this.#patterns.length - 1; i >= 0; i--) {
      const pattern = this.#patterns[i]!;
      if (matches(pattern, segments, isDirectory)) return !pattern.inclusion;
    }
    return false;
  }
}

function parsePatterns(text: string, domain: readonly string[]): Pattern[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => parsePattern(line, domain));
}

function parsePattern(line: string, domain: readonly string[]): Pattern {
  let text = line;
  let inclusion = false;
  if (text.startsWith('!')) {
    inclusion = true;
    text = text.slice(1);
  }
  if (!text.endsWith('\\ ')) text = text.replace(/ +$/, '');
  let directoryOnly = false;
  if (text.endsWith('/')) {
    directoryOnly = true;
    text = text.slice(0, -1);
  }
  const anchored = text.includes('/');
  const parts = anchored ? text.split('/') : [text];
  return { domain, inclusion, directoryOnly, parts: anchored && parts[0] === '' ? ['', ...parts.slice(1)] : parts };
}

function matches(pattern: Pattern, segments: readonly string[], isDirectory: boolean): boolean {
  const { domain } = pattern;
  if (segments.length <= domain.length || domain.some((part, i) => segments[i] !== part)) return false;
  const rest = segments.slice(domain.length);
  return pattern.parts.length === 1
    ? matchesAnySegment(pattern, rest, isDirectory)
    : matchesFromDomain(pattern, rest, isDirectory);
}

function matchesAnySegment(pattern: Pattern, segments: readonly string[], isDirectory: boolean): boolean {
  const last = segments.length - 1;
  return segments.some(
    (name, i) => goPathMatch(pattern.parts[0]!, name) && !(pattern.directoryOnly && !isDirectory && i === last),
  );
}

/** Matches a prefix of the path; `**` stands for any number of whole segments. */
function matchesFromDomain(pattern: Pattern, segments: readonly string[], isDirectory: boolean): boolean {
  let at = 0;
  let matched = false;
  let anywhere = false;
  for (const [i, part] of pattern.parts.entries()) {
    if (part === '') {
      anywhere = false;
      continue;
    }
    if (part === '**') {
      if (i === pattern.parts.length - 1) break;
      anywhere = true;
      continue;
    }
    if (part.includes('**')) return false;
    if (at >= segments.length) return false;
    if (anywhere) {
      anywhere = false;
      matched = false;
      while (at < segments.length && !matched) matched = goPathMatch(part, segments[at++]!);
      if (!matched) return false;
    } else {
      if (!goPathMatch(part, segments[at]!)) return false;
      matched = true;
      at++;
    }
  }
  return matched && !(pattern.directoryOnly && !isDirectory && at >= segments.length);
}
