// What wakes a GitRepository: a change of its own, and a new artifact of one that it includes.
import type { Informer } from '#kube/informer';
import { keyOf } from '#kube/object';
import type { Controller } from '#runtime/controller';
import { watchObjects } from '#runtime/watch';
import type { GitRepositoryDraft } from './git-repository.ts';

const byInclude = 'include';

export function watchGitRepositories({ queue }: Controller, informer: Informer<GitRepositoryDraft>): void {
  informer.addIndex(byInclude, ({ metadata, spec }) =>
    (spec.include ?? []).map(({ repository }) => `${metadata.namespace}/${repository.name}`),
  );
  const wakeIncluders = (object: GitRepositoryDraft): void => {
    for (const includer of informer.store.byIndex(byInclude, keyOf(object))) {
      // In a circle each new artifact would make the next one for ever; there the interval has to do.
      if (!leadsTo(informer, object, keyOf(includer))) queue.add(keyOf(includer));
    }
  };
  watchObjects(queue, informer);
  informer.addHandler({
    update: (before, after) => {
      const [old, artifact] = [before.status?.artifact, after.status?.artifact];
      if (artifact !== undefined && (artifact.revision !== old?.revision || artifact.digest !== old.digest)) {
        wakeIncluders(after);
      }
    },
  });
}

/** Whether the object includes the other one, directly or through others, or is the same. */
function leadsTo(informer: Informer<GitRepositoryDraft>, object: GitRepositoryDraft, key: string): boolean {
  const seen = new Set([keyOf(object)]);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const at of seen) {
    if (at === key) return true;
    for (const { repository } of informer.store.get(at)?.spec.include ?? []) {
      seen.add(`${object.metadata.namespace}/${repository.name}`);
    }
  }
  return false;
}
