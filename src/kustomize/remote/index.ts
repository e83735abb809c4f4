// For whoever fetches what builds need from elsewhere, without the engine.
export { DEFAULT_LIMITS } from '../limits.ts';
export type { RepoSpec } from '../repo-spec.ts';
export { remoteId, type RemoteOutcome, type RemoteRequest } from './request.ts';
