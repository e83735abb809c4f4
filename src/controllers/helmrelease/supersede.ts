// Only one revision of a release is deployed.
import type { ReleaseContext } from './action.ts';
import { setStatus } from './revision.ts';

/** Supersedes every deployed revision but this one. A helm that ended after it was overtaken leaves one behind. */
export async function supersedeOthers(context: ReleaseContext, version: number): Promise<void> {
  const { storage } = context;
  for (const { revision, status } of await storage.heads()) {
    if (status !== 'deployed' || revision === version) continue;
    const release = await storage.get(revision);
    if (release !== undefined) await setStatus(context, release, 'superseded', release.record.info.description ?? '');
  }
}
