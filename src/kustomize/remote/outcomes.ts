// Remote bases and files for a build that cannot fetch them itself: what has come is handed in, what is missing is told.
import { realpathSync } from 'node:fs';
import { KustomizeError } from '../errors.ts';
import { DiskFiles } from '../files/disk.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Clone, Remote } from '../loader.ts';
import { remoteId, type RemoteOutcome, type RemoteRequest } from './request.ts';
import type { RepoSpec } from '../repo-spec.ts';

export class RemoteOutcomes implements Remote {
  readonly #outcomes: ReadonlyMap<string, RemoteOutcome>;
  readonly #asked = Promise.withResolvers<RemoteRequest>();

  /** By {@link remoteId}. */
  constructor(outcomes: ReadonlyMap<string, RemoteOutcome>) {
    this.#outcomes = outcomes;
  }

  /** The first request without an outcome. The build that made it waits for ever. */
  get asked(): Promise<RemoteRequest> {
    return this.#asked.promise;
  }

  async clone(spec: RepoSpec): Promise<Clone> {
    const { directory } = await this.#outcome({ type: 'clone', spec });
    const dir = realpathSync(directory);
    return { files: new DiskFiles({ workingDirectory: dir, fileBytes: DEFAULT_LIMITS.fileBytes }), dir };
  }

  async get(url: string): ReturnType<Remote['get']> {
    const { status, statusText, body } = await this.#outcome({ type: 'file', url });
    return { status, statusText, body: Buffer.from(body) };
  }

  #outcome<T extends RemoteRequest['type']>(
    request: Extract<RemoteRequest, { type: T }>,
  ): Promise<Extract<RemoteOutcome, { type: T }>> {
    const outcome = this.#outcomes.get(remoteId(request));
    if (outcome?.type === 'failure') return Promise.reject(new KustomizeError(outcome.message));
    if (outcome !== undefined) return Promise.resolve(outcome as Extract<RemoteOutcome, { type: T }>);
    this.#asked.resolve(request);
    return new Promise(() => undefined);
  }
}
