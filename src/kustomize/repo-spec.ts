// Tells Git URLs from local paths and takes them apart, as kustomize does.
import { KustomizeError } from './errors.ts';

/** A base in a Git repository. */
export interface RepoSpec {
  /** As written; cycles are found by it. */
  readonly raw: string;
  /** What git clones. */
  readonly cloneUrl: string;
  /** The directory of the kustomization within the repository; empty for its root. */
  readonly path: string;
  /** Branch, tag or commit; empty for the default branch. */
  readonly ref: string;
  readonly timeoutMs: number;
  readonly submodules: boolean;
}

const DEFAULT_TIMEOUT_MS = 27_000;
const SCHEMES = ['ssh://', 'https://', 'http://', 'file://'] as const;

/** Undefined for what is no Git URL. */
export function parseRepoSpec(raw: string): RepoSpec | undefined {
  try {
    return parse(raw);
  } catch (error) {
    if (error instanceof KustomizeError) return undefined;
    throw error;
  }
}

function parse(raw: string): RepoSpec {
  if (raw.startsWith('/')) throw new KustomizeError(`uri looks like abs path: ${raw}`);
  const question = raw.indexOf('?');
  const location = question < 0 ? raw : raw.slice(0, question);
  const query = parseQuery(question < 0 ? '' : raw.slice(question + 1));
  const { host, rest } = splitHost(location);
  const { repo, path } = splitRepo(rest, host.startsWith('file://'));
  return { raw, cloneUrl: host + repo, path, ...query };
}

function parseQuery(query: string): Pick<RepoSpec, 'ref' | 'timeoutMs' | 'submodules'> {
  const values = new URLSearchParams(query);
  const submodules = values.get('submodules') ?? '';
  return {
    ref: values.get('ref') || values.get('version') || '',
    timeoutMs: parseTimeout(values.get('timeout') ?? '') ?? DEFAULT_TIMEOUT_MS,
    submodules: !/^(?:0|f|F|false|False|FALSE)$/.test(submodules),
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Whole seconds, or a Go duration. */
function parseTimeout(text: string): number | undefined {
  if (/^\+?\d+$/.test(text)) {
    const seconds = Number(text);
    return seconds > 0 ? seconds * 1000 : undefined;
  }
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (UNITS[unit ?? ''] ?? 0);
  }
  return total > 0 ? total : undefined;
}

function splitHost(location: string): { host: string; rest: string } {
  let text = trimPrefix(location, 'git::') ?? location;
  let scheme = '';
  for (const prefix of SCHEMES) {
    const trimmed = trimPrefix(text, prefix);
    if (trimmed !== undefined) {
      scheme = prefix;
      text = trimmed;
      break;
    }
  }
  const user = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(text)?.[0] ?? '';
  text = text.slice(user.length);
  const github = /^github\.com[/:]/i.test(text);
  const scp = scheme === '' && (user !== '' || github);
  if (scheme === '' && !scp) throw new KustomizeError('failed to parse scheme');
  if (scheme === 'file://') return { host: scheme, rest: user + text };
  const at = separatorIndex(text, scp);
  const host = at < 0 ? text : text.slice(0, at + 1);
  const rest = at < 0 ? '' : text.slice(at + 1);
  if (github) {
    return { host: scheme === 'ssh://' || user !== '' ? `${user}github.com:` : 'https://github.com/', rest };
  }
  if (host === '') throw new KustomizeError('failed to parse host segment');
  return { host: scheme + user + host, rest };
}

function separatorIndex(text: string, scp: boolean): number {
  const slash = text.indexOf('/');
  if (!scp) return slash;
  const colon = text.indexOf(':');
  return slash < 0 || (colon > 0 && colon < slash) ? colon : slash;
}

function splitRepo(text: string, whole: boolean): { repo: string; path: string } {
  const found = splitByMarker(text) ?? splitBySegments(text, whole);
  if (found === undefined || found.repo === '') throw new KustomizeError('failed to parse repo path segment');
  const path = found.path.replace(/^\//, '');
  if (normalise(path).startsWith('..')) throw new KustomizeError(`url path exits repo: ${text}`);
  return { repo: found.repo, path };
}

function splitByMarker(text: string): { repo: string; path: string } | undefined {
  const azure = text.indexOf('_git/');
  if (azure >= 0) {
    const [name = '', ...path] = text.slice(azure + 5).split('/');
    return { repo: text.slice(0, azure + 5) + name, path: path.join('/') };
  }
  const double = text.indexOf('//');
  if (double >= 0) return { repo: text.slice(0, double), path: text.slice(double + 2) };
  const git = text.indexOf('.git');
  return git < 0 ? undefined : { repo: text.slice(0, git + 4), path: text.slice(git + 4) };
}

function splitBySegments(text: string, whole: boolean): { repo: string; path: string } | undefined {
  if (whole) return { repo: text, path: '' };
  const segments = text.split('/');
  if (segments.length < 2) return undefined;
  return { repo: segments.slice(0, 2).join('/'), path: segments.slice(2).join('/') };
}

function normalise(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else out.push(part);
  }
  return out.join('/');
}

function trimPrefix(text: string, prefix: string): string | undefined {
  return text.slice(0, prefix.length).toLowerCase() === prefix ? text.slice(prefix.length) : undefined;
}
