// Two HelmReleases that write the same Helm release undo each other's work.
import { createHash } from 'node:crypto';
import { refuse, warn, type ReviewedObject, type Rule } from '../rule.ts';

const maxName = 53;

export const duplicateRelease: Rule = {
  id: 'duplicate-release',
  kinds: ['HelmRelease'],
  why: 'Two objects with one release upgrade it in turns, and deleting either uninstalls what the other delivers.',
  check({ object, old, snapshot }) {
    const release = releaseName(object);
    const cluster = clusterOf(object);
    const isSame = (other: ReviewedObject): boolean =>
      releaseName(other) === release && storageOf(other) === storageOf(object) && clusterOf(other) === cluster;
    // What was stored like this stays changeable: the other object is told the same.
    if (old !== undefined && isSame(old)) return [];
    for (const other of snapshot.list('HelmRelease')) {
      if (isSameObject(object, other) || !isSame(other)) continue;
      const { namespace = '', name = '' } = other.metadata;
      const detail = `HelmRelease '${namespace}/${name}' already owns the release '${storageOf(object)}/${release}'`;
      const isIdle = other.spec?.['suspend'] === true || other.metadata.deletionTimestamp !== undefined;
      if (isIdle) return [warn('spec.releaseName', `${detail}, though it is suspended or being deleted`)];
      return [refuse('spec.releaseName', release, detail, 'set another releaseName, or remove the other object first')];
    }
    return [];
  },
};

/** Where the release lives: empty for this cluster. A kubeconfig's name means something in its namespace only. */
function clusterOf({ spec, metadata }: ReviewedObject): string {
  const kubeConfig = spec?.['kubeConfig'];
  return kubeConfig ? `${metadata.namespace ?? ''}/${JSON.stringify(kubeConfig)}` : '';
}

function storageOf(object: ReviewedObject): string {
  return text(object, 'storageNamespace') ?? object.metadata.namespace ?? '';
}

function releaseName(object: ReviewedObject): string {
  const target = text(object, 'targetNamespace');
  const { name = '' } = object.metadata;
  return shortened(text(object, 'releaseName') ?? (target === undefined ? name : `${target}-${name}`));
}

/** As Flux makes a name fit for Helm: a digest stands for the rest. */
function shortened(name: string): string {
  if (name.length <= maxName) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${name.slice(0, maxName - 13)}-${digest}`;
}

function text({ spec }: ReviewedObject, field: string): string | undefined {
  const value = spec?.[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isSameObject(a: ReviewedObject, b: ReviewedObject): boolean {
  return a.metadata.namespace === b.metadata.namespace && a.metadata.name === b.metadata.name;
}
