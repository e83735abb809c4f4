// Git, read-only: what the rest of the program may use of this room.
export { GitError, type GitErrorCode } from './errors.ts';
export { fetchPack } from './fetch-pack.ts';
export { httpTransport, publicUrl, type HttpTransportOptions } from './http-transport.ts';
export { isEncryptedKey } from './ssh/identity.ts';
export { sshTransport, type SshTransportOptions } from './ssh-transport.ts';
export { resolveRef, type RefSpec, type ResolvedRef } from './resolve.ts';
export { submoduleUrl } from './gitmodules.ts';
export type { Include } from './archive-tree.ts';
export type { InspectInput, InspectOutput, SignatureCheck, Submodule } from './inspect-job.ts';
export { GitSession } from './session.ts';
export type { GitTransport } from './transport.ts';
export type { ArchiveInput, ArchiveOutput } from './job.ts';

/** The job that makes an archive of a fetched pack. */
export const archiveJob = new URL(import.meta.url.endsWith('.ts') ? './job.ts' : './job.js', import.meta.url);

/** The job that looks for signatures and submodules in a fetched pack. */
export const inspectJob = new URL(
  import.meta.url.endsWith('.ts') ? './inspect-job.ts' : './inspect-job.js',
  import.meta.url,
);
