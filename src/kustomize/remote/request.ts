// What a build needs from elsewhere, and what came of it. Whoever fetches need not load the engine for these.
import type { RepoSpec } from '../repo-spec.ts';

export type RemoteRequest =
  | { readonly type: 'clone'; readonly spec: RepoSpec }
  | { readonly type: 'file'; readonly url: string };

export type RemoteOutcome =
  /** Where the clone lies on disk. */
  | { readonly type: 'clone'; readonly directory: string }
  | { readonly type: 'file'; readonly status: number; readonly statusText: string; readonly body: Uint8Array }
  | { readonly type: 'failure'; readonly message: string };

/** What an outcome goes by. */
export function remoteId(request: RemoteRequest): string {
  return request.type === 'clone' ? `clone ${request.spec.raw}` : `file ${request.url}`;
}
