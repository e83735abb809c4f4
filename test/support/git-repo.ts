// Builds Git repositories for tests: a bare repository, commits from a table of files, always the same ids for the same input.
import path from 'node:path';
import { mustRun } from './run.ts';
import { tempDir } from './temp-dir.ts';

export type TreeEntry = string | Uint8Array | { readonly mode: '100755' | '120000'; readonly content: string };

export interface CommitInput {
  /** Path → content; null removes the path. */
  readonly files?: Readonly<Record<string, TreeEntry | null>>;
  /** @default "main" */
  readonly branch?: string;
  /** @default "a commit" */
  readonly message?: string;
  /** Seconds since the epoch. @default 1_700_000_000, plus one for each commit made */
  readonly time?: number;
  /** "Name <mail>". */
  readonly author?: string;
  /** A further parent, which makes it a merge. */
  readonly merge?: string;
}

const identity = 'Jane Doe <jane@example.com>';
const firstTime = 1_700_000_000;
// Neither the user's settings nor the machine's may change what the tests see.
const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', GIT_TERMINAL_PROMPT: '0' };

export class GitRepo {
  /** The bare repository. */
  readonly dir: string;
  #commits = 0;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** A new bare repository at `root`/`name`.git. */
  static async create(options: { root?: string; name?: string; sha256?: boolean } = {}): Promise<GitRepo> {
    const dir = path.join(options.root ?? (await tempDir('git')), `${options.name ?? 'repo'}.git`);
    const format = options.sha256 === true ? ['--object-format=sha256'] : [];
    await mustRun('git', ['init', '--quiet', '--bare', '--initial-branch=main', ...format, dir], { env });
    const repo = new GitRepo(dir);
    await repo.git(['config', 'http.receivepack', 'true']);
    await repo.git(['config', 'uploadpack.allowFilter', 'true']);
    await repo.git(['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    return repo;
  }

  /** Any git command in the repository; its output without the last newline. */
  async git(
    args: readonly string[],
    options: { stdin?: string | Uint8Array; env?: Record<string, string> } = {},
  ): Promise<string> {
    const stdin = options.stdin === undefined ? {} : { stdin: options.stdin };
    const output = await mustRun('git', ['-C', this.dir, ...args], { env: { ...env, ...options.env }, ...stdin });
    return output.replace(/\n$/, '');
  }

  /** Adds a commit to a branch (the first one starts it) and gives back its id. */
  async commit(input: CommitInput = {}): Promise<string> {
    const branch = input.branch ?? 'main';
    const time = `${input.time ?? firstTime + this.#commits} +0000`;
    this.#commits += 1;
    const person = input.author ?? identity;
    const parent = await this.tryRevision(`refs/heads/${branch}`);
    const stream = new FastImport();
    stream.line(`commit refs/heads/${branch}`);
    stream.line(`author ${person} ${time}`);
    stream.line(`committer ${person} ${time}`);
    stream.data(input.message ?? 'a commit');
    if (parent !== undefined) stream.line(`from ${parent}`);
    if (input.merge !== undefined) stream.line(`merge ${input.merge}`);
    for (const [name, entry] of Object.entries(input.files ?? {})) stream.file(name, entry);
    await this.git(['fast-import', '--quiet', '--force'], { stdin: stream.end() });
    return this.revision(`refs/heads/${branch}`);
  }

  /** A lightweight tag, or an annotated one when there is a message. */
  async tag(name: string, options: { at?: string; message?: string } = {}): Promise<string> {
    const annotate = options.message === undefined ? [] : ['-a', '-m', options.message];
    const committer = { GIT_COMMITTER_NAME: 'Jane Doe', GIT_COMMITTER_EMAIL: 'jane@example.com' };
    const date = { GIT_COMMITTER_DATE: `${firstTime} +0000` };
    await this.git(['tag', ...annotate, name, options.at ?? 'main'], { env: { ...committer, ...date } });
    return this.revision(`refs/tags/${name}`);
  }

  revision(name: string): Promise<string> {
    return this.git(['rev-parse', '--verify', name]);
  }

  async tryRevision(name: string): Promise<string | undefined> {
    return (await this.git(['for-each-ref', '--format=%(objectname)', name])) || undefined;
  }
}

/** The input of `git fast-import`. */
class FastImport {
  readonly #parts: Buffer[] = [];

  line(text: string): void {
    this.#parts.push(Buffer.from(`${text}\n`));
  }

  data(content: string | Uint8Array): void {
    const bytes = Buffer.from(content);
    this.line(`data ${bytes.length}`);
    this.#parts.push(bytes, Buffer.from('\n'));
  }

  file(name: string, entry: TreeEntry | null): void {
    const quoted = JSON.stringify(name);
    if (entry === null) {
      this.line(`D ${quoted}`);
      return;
    }
    const plain = typeof entry === 'string' || entry instanceof Uint8Array;
    this.line(`M ${plain ? '100644' : entry.mode} inline ${quoted}`);
    this.data(plain ? entry : entry.content);
  }

  end(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
