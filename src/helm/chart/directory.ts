// A chart directory to its files: .helmignore, symbolic links followed, size limits.
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { quote as goQuote } from '#lib/go-quote';
import { sortStrings } from '#lib/go-string';
import type { WarningSink } from '../warnings.ts';
import { type RawFile, withoutBOM } from './archive.ts';
import { ChartError } from './errors.ts';
import { type IgnoreRules, parseIgnoreRules } from './ignore.ts';
import type { LoadBudget } from './limits.ts';

export interface DirectoryOptions {
  readonly budget: LoadBudget;
  readonly warn: WarningSink;
  /**
   * `follow` as helm does; `inside` refuses links that lead out of `root`, for directories that came from elsewhere.
   * @default 'follow'
   */
  readonly symlinks?: 'follow' | 'inside';
  /** Links may lead anywhere below this directory. @default the chart itself */
  readonly root?: string;
}

/** Links may point back at a parent: so deep, a directory is taken for a loop. */
const maxDirectoryDepth = 64;

/** The files of a chart directory in lexical order, ignored ones left out. */
export function readDirectory(directory: string, options: DirectoryOptions): RawFile[] {
  const top = resolve(directory);
  const ignoreFile = join(top, '.helmignore');
  const walk = new Walk(top, options, parseIgnoreRules(existsSync(ignoreFile) ? readText(ignoreFile) : undefined));
  walk.visit('', top, lstatSync(top));
  return walk.files;
}

function readText(path: string): string {
  return readFileSync(path).toString('utf8');
}

class Walk {
  readonly files: RawFile[] = [];
  readonly #top: string;
  readonly #options: DirectoryOptions;
  readonly #rules: IgnoreRules;

  constructor(top: string, options: DirectoryOptions, rules: IgnoreRules) {
    this.#top = top;
    this.#options = options;
    this.#rules = rules;
  }

  /** `name` is the path within the chart, `path` the one to read. */
  visit(name: string, path: string, stats: Stats): void {
    if (stats.isSymbolicLink()) this.#link(name, path);
    else if (stats.isDirectory()) this.#directory(name, path);
    else this.#file(name, path, stats);
  }

  #link(name: string, path: string): void {
    let target: string;
    try {
      target = realpathSync(path);
    } catch (cause) {
      throw new ChartError(`error evaluating symlink ${path}: ${systemError(cause)}`, { cause });
    }
    this.#checkTarget(path, target);
    this.#options.warn({
      site: 'walk.go:75',
      message: `found symbolic link in path: ${path} resolves to ${target}. Contents of linked file included and used`,
    });
    this.visit(name, path, lstatSync(target));
  }

  #checkTarget(path: string, target: string): void {
    if ((this.#options.symlinks ?? 'follow') === 'follow') return;
    const root = realpathSync(this.#options.root ?? this.#top);
    if (target !== root && !target.startsWith(root + sep)) {
      throw new ChartError(`symbolic link ${goQuote(path)} leads out of the directory of the chart`);
    }
  }

  #directory(name: string, path: string): void {
    if (name !== '' && this.#rules.ignores(name, true)) return;
    if (name.split('/').length > maxDirectoryDepth) {
      throw new ChartError(`directories are nested deeper than ${maxDirectoryDepth} levels at ${goQuote(name)}`);
    }
    // Go sorts names by their bytes.
    for (const entry of sortStrings(readdirSync(path))) {
      const below = join(path, entry);
      this.visit(name === '' ? entry : `${name}/${entry}`, below, lstatSync(below));
    }
  }

  #file(name: string, path: string, stats: Stats): void {
    if (this.#rules.ignores(name, false)) return;
    if (!stats.isFile()) {
      throw new ChartError(`cannot load irregular file ${path} as it has file mode type bits set`);
    }
    const { budget } = this.#options;
    if (stats.size > budget.limits.file) {
      const base = name.slice(name.lastIndexOf('/') + 1);
      throw new ChartError(`chart file ${goQuote(base)} is larger than the maximum file size ${budget.limits.file}`);
    }
    const fault = budget.add(stats.size);
    if (fault !== undefined) throw new ChartError(fault);
    this.files.push({ name, data: withoutBOM(readWhole(name, path)) });
  }
}

function readWhole(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ChartError(`error reading ${name}: ${systemError(cause)}`, { cause });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ELOOP: 'too many links',
  ENOTDIR: 'not a directory',
};

/** A system error in Go's words: `open x: no such file or directory`. Errors of reading do not say of which file. */
export function systemError(error: unknown, operation = 'open', file = ''): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const path = 'path' in error && typeof error.path === 'string' ? error.path : file;
    const failed = 'syscall' in error && error.syscall === 'read' ? 'read' : operation;
    return `${failed} ${path}: ${reasons[error.code] ?? error.code}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Is there a directory of this name? */
export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
