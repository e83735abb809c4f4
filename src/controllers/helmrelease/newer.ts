// What a run gives up for something newer that came while it was under way.
import { SupersededError } from '#runtime/controller';
import type { HelmReleaseDraft } from './helmrelease.ts';

export interface Newer {
  /** Aborted when there is anything newer to do. A suspension is not: nobody would end what was begun. */
  readonly superseded: AbortSignal;
  /** Aborted when what is under way is wanted no more: hooks, which do work, are cut off for nothing less. */
  readonly unwanted: AbortSignal;
}

/** `now` is asked for the object as it is whenever `onNews` tells of a change. */
export function watchForNewer(
  object: HelmReleaseDraft,
  { now, onNews }: { readonly now: () => HelmReleaseDraft | undefined; readonly onNews: (look: () => void) => void },
): Newer {
  const [superseded, unwanted] = [new AbortController(), new AbortController()];
  const { generation, deletionTimestamp } = object.metadata;
  // The end of a release is final: nothing is newer.
  if (deletionTimestamp !== undefined) return { superseded: superseded.signal, unwanted: unwanted.signal };
  onNews(() => {
    const latest = now();
    const isDeleted = latest === undefined || latest.metadata.deletionTimestamp !== undefined;
    if (!isDeleted && latest.spec.suspend === true) return;
    superseded.abort(new SupersededError());
    if (isDeleted || latest.metadata.generation !== generation) unwanted.abort(new SupersededError());
  });
  return { superseded: superseded.signal, unwanted: unwanted.signal };
}
