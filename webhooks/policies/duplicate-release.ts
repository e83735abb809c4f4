// Two HelmReleases that write the same Helm release undo each other's work.
import { createHash } from 'node:crypto';
import { fieldsAt, textsAt } from '../fields.ts';
import { refuse, warn, type ReviewedObject, type Rule } from '../rule.ts';

const maxName = 53;

export const duplicateRelease: Rule = {
  id: 'duplicate-release',
  kinds: ['HelmRelease'],
  why: 'Two objects with one release upgrade it in turns, and deleting either uninstalls what the other delivers.',
  check({ object, old, snapshot }) {
    const target = targetOf(object);
    // What was stored like this stays changeable: the other object is told the same.
    if (old !== undefined && targetOf(old) === target) return [];
    for (const other of snapshot.list('HelmRelease')) {
      if (isSameObject(object, other) || targetOf(other) !== target) continue;
      const { namespace = '', name = '' } = other.metadata;
      const release = releaseName(object);
      const detail = `HelmRelease '${namespace}/${name}' already owns the release '${storageOf(object)}/${release}'`;
      const isIdle = other.spec?.['suspend'] === true || other.metadata.deletionTimestamp !== undefined;
      if (isIdle) return [warn('spec.releaseName', `${detail}, though it is suspended or being deleted`)];
      return [refuse('spec.releaseName', release, detail, 'set another releaseName, or remove the other object first')];
    }
    return [];
  },
};

/** Cluster, namespace of the records, and name: what makes a release one. */
function targetOf(object: ReviewedObject): string {
  const [kubeConfig] = fieldsAt(object, 'spec.kubeConfig');
  const { namespace = '' } = object.metadata;
  const cluster = kubeConfig?.value ? `${namespace}/${JSON.stringify(kubeConfig.value)}` : '';
  return JSON.stringify([cluster, storageOf(object), releaseName(object)]);
}

function storageOf(object: ReviewedObject): string {
  return text(object, 'spec.storageNamespace') ?? object.metadata.namespace ?? '';
}

function releaseName(object: ReviewedObject): string {
  const target = text(object, 'spec.targetNamespace');
  const { name = '' } = object.metadata;
  return shortened(text(object, 'spec.releaseName') ?? (target === undefined ? name : `${target}-${name}`));
}

/** As Flux makes a name fit for Helm: a digest stands for the rest. */
function shortened(name: string): string {
  if (name.length <= maxName) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${name.slice(0, maxName - 13)}-${digest}`;
}

function text(object: ReviewedObject, path: string): string | undefined {
  return textsAt(object, path)[0]?.value;
}

function isSameObject(a: ReviewedObject, b: ReviewedObject): boolean {
  return a.metadata.namespace === b.metadata.namespace && a.metadata.name === b.metadata.name;
}
