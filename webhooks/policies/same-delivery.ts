// Two Kustomizations that deliver the same directory to the same place take turns in owning the objects.
import { isDeepStrictEqual } from 'node:util';
import { warn, type ReviewedObject, type Rule } from '../rule.ts';

/** Where any of these differs, different objects may come out. */
const distinguishing = [
  'kubeConfig',
  'targetNamespace',
  'namePrefix',
  'nameSuffix',
  'components',
  'patches',
  'postBuild',
];

export const sameDelivery: Rule = {
  id: 'same-delivery',
  kinds: ['Kustomization'],
  why: 'Both apply the same objects, each with its own labels, and deleting one of the two prunes what the other delivers.',
  check({ object, snapshot }) {
    for (const other of snapshot.list('Kustomization')) {
      const { namespace = '', name = '', deletionTimestamp } = other.metadata;
      const isSelf = namespace === object.metadata.namespace && name === object.metadata.name;
      if (isSelf || deletionTimestamp !== undefined || other.spec?.['suspend'] === true) continue;
      if (isSameDelivery(object, other)) {
        return [warn('spec.path', `Kustomization '${namespace}/${name}' delivers the same path of the same source`)];
      }
    }
    return [];
  },
};

function isSameDelivery(a: ReviewedObject, b: ReviewedObject): boolean {
  // The source first: it is the cheapest to tell apart.
  if (sourceOf(a) !== sourceOf(b) || normalPath(a) !== normalPath(b)) return false;
  return distinguishing.every((field) => isDeepStrictEqual(a.spec?.[field], b.spec?.[field]));
}

function normalPath({ spec }: ReviewedObject): string {
  const { path } = spec ?? {};
  const parts = typeof path === 'string' ? path.split('/') : [];
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

function sourceOf(object: ReviewedObject): string {
  const own = object.metadata.namespace ?? '';
  const { kind, name, namespace } = (object.spec?.['sourceRef'] ?? {}) as Partial<Record<string, string>>;
  return `${kind}/${namespace || own}/${name}`;
}
