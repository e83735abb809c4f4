// Reads the files of one kustomization and finds its bases, within the restrictions and without cycles.
import { KustomizeError, limitError, wrapError } from './errors.ts';
import type { Effects } from './effects.ts';
import { isInOrBelow, joinPath, type FileSystem } from './files/file-system.ts';
import type { BuildLimits } from './limits.ts';
import { parseRepoSpec, type RepoSpec } from './repo-spec.ts';

export type LoadRestrictions = 'rootOnly' | 'none';

/** A clone of a repository, as the caller made it. */
export interface Clone {
  readonly files: FileSystem;
  /** Absolute path of the clone in `files`. */
  readonly dir: string;
}

/** What a caller that allows remote resources must be able to do. */
export interface Remote {
  clone(spec: RepoSpec): Promise<Clone>;
  /** GET. The status decides what comes of it. */
  get(url: string): Promise<{ readonly status: number; readonly statusText: string; readonly body: Buffer }>;
}

/** What all loaders of a build share. */
export interface LoaderContext {
  readonly restrictions: LoadRestrictions;
  readonly limits: BuildLimits;
  readonly effects: Effects;
  readonly remote: Remote | undefined;
  /** Bytes read so far. */
  readonly budget: { bytes: number };
}

interface Place {
  readonly files: FileSystem;
  readonly root: string;
  readonly restrictions: LoadRestrictions;
  readonly referrer: Loader | undefined;
  readonly repo?: { readonly spec: RepoSpec; readonly dir: string };
}

export class Loader {
  readonly files: FileSystem;
  /** Absolute path of the kustomization's directory, links resolved. */
  readonly root: string;
  readonly depth: number;
  readonly #place: Place;
  readonly #context: LoaderContext;

  private constructor(context: LoaderContext, place: Place) {
    this.files = place.files;
    this.root = place.root;
    this.depth = place.referrer === undefined ? 0 : place.referrer.depth + 1;
    this.#place = place;
    this.#context = context;
    if (this.depth > context.limits.depth) {
      throw limitError(`kustomizations are nested more than ${context.limits.depth} levels deep`);
    }
  }

  /** The loader of the directory (or Git URL) that is to be built. */
  static at(context: LoaderContext, files: FileSystem, target: string): Loader {
    const spec = parseRepoSpec(target);
    if (spec !== undefined) return Loader.#atClone(context, spec, undefined);
    const root = confirmDirectory(files, target);
    return new Loader(context, { files, root, restrictions: context.restrictions, referrer: undefined });
  }

  /** The loader of a base or component. */
  child(target: string): Loader {
    if (target === '') throw new KustomizeError('new root cannot be empty');
    const spec = parseRepoSpec(target);
    if (spec !== undefined) {
      this.refuseRepoCycle(spec);
      return Loader.#atClone(this.#context, spec, this);
    }
    if (target.startsWith('/')) throw new KustomizeError(`new root '${target}' cannot be absolute`);
    const root = confirmDirectory(this.files, joinPath(this.root, target));
    this.refuseLeavingRepo(root);
    this.refuseCycle(root);
    const { restrictions } = this.#place;
    return new Loader(this.#context, { files: this.files, root, restrictions, referrer: this });
  }

  /** The bytes of a file, or of what a URL leads to. */
  load(name: string): Buffer {
    const content = isRemoteFile(name) ? this.#get(name) : this.#read(name);
    const { budget, limits } = this.#context;
    budget.bytes += content.length;
    if (content.length > limits.fileBytes) throw limitError(`'${name}' is larger than ${limits.fileBytes} bytes`);
    if (budget.bytes > limits.totalBytes) throw limitError(`the build reads more than ${limits.totalBytes} bytes`);
    return content;
  }

  #read(name: string): Buffer {
    const full = name.startsWith('/') ? name : joinPath(this.root, name);
    return this.files.read(this.#place.restrictions === 'none' ? full : this.#restrict(full));
  }

  #restrict(full: string): string {
    const { dir, file } = this.files.locate(full);
    if (file === '') throw new KustomizeError(`'${full}' must resolve to a file`);
    if (!isInOrBelow(dir, this.root)) {
      throw new KustomizeError(`security; file '${full}' is not in or below '${this.root}'`);
    }
    return joinPath(dir, file);
  }

  #get(url: string): Buffer {
    const { remote, effects } = this.#context;
    if (remote === undefined) throw remoteDenied(url);
    const { status, statusText, body } = effects.get(`GET ${url}`, async () => remote.get(url));
    if (status >= 200 && status <= 299) return body;
    if (parseRepoSpec(url) !== undefined) throw new KustomizeError('URL is a git repository');
    throw new KustomizeError(`HTTP Error: status code ${status} (${statusText})`, { kind: 'http' });
  }

  static #atClone(context: LoaderContext, spec: RepoSpec, referrer: Loader | undefined): Loader {
    const { remote, effects } = context;
    if (remote === undefined) throw remoteDenied(spec.raw);
    const { files, dir } = effects.get(`clone ${spec.raw}`, async () => remote.clone(spec));
    const full = joinPath(dir, spec.path);
    const located = files.locate(full);
    if (located.file !== '') {
      throw new KustomizeError(`'${full}' refers to file '${located.file}'; expecting directory`);
    }
    if (!isInOrBelow(located.dir, dir)) {
      throw new KustomizeError(`${JSON.stringify(full)} refers to directory outside of repo ${JSON.stringify(dir)}`);
    }
    return new Loader(context, {
      files,
      root: located.dir,
      restrictions: 'rootOnly',
      referrer,
      repo: { spec, dir },
    });
  }

  private refuseLeavingRepo(root: string): void {
    const { repo } = this.#place;
    if (repo !== undefined && !isInOrBelow(root, repo.dir)) {
      throw new KustomizeError(
        'security; bases in kustomizations found in cloned git repos must be within the repo, ' +
          `but base '${root}' is outside '${repo.dir}'`,
      );
    }
    if (repo === undefined) this.#place.referrer?.refuseLeavingRepo(root);
  }

  private refuseCycle(candidate: string): void {
    if (isInOrBelow(this.root, candidate)) {
      throw new KustomizeError(`cycle detected: candidate root '${candidate}' contains visited root '${this.root}'`);
    }
    this.#place.referrer?.refuseCycle(candidate);
  }

  private refuseRepoCycle(spec: RepoSpec): void {
    const { repo } = this.#place;
    if (repo?.spec.raw.startsWith(spec.raw) === true) {
      throw new KustomizeError(`cycle detected: URI '${spec.raw}' referenced by previous URI '${repo.spec.raw}'`);
    }
    this.#place.referrer?.refuseRepoCycle(spec);
  }
}

function isRemoteFile(name: string): boolean {
  return /^https?:/i.test(name);
}

function remoteDenied(what: string): KustomizeError {
  return new KustomizeError(`remote resource '${what}' is not allowed: remote bases and files are disabled`);
}

/** The directory at a path, links resolved. */
function confirmDirectory(files: FileSystem, target: string): string {
  try {
    if (target === '') throw new KustomizeError('directory path cannot be empty');
    let located;
    try {
      located = files.locate(target);
    } catch (error) {
      throw wrapError(error, 'not a valid directory');
    }
    if (located.file !== '') throw new KustomizeError(`'${target}': file is not directory`);
    return located.dir;
  } catch (error) {
    throw wrapError(error, 'must build at directory');
  }
}
