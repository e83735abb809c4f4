// What an object refers to and the cluster does not have (yet): worth a word, not a refusal, since order is arbitrary.
import { fieldsAt } from '../fields.ts';
import { warn, type Rule } from '../rule.ts';

interface Reference {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

interface ReferenceField {
  readonly path: string;
  /** Kind referred to; that of the reference itself when left out. */
  readonly kind?: string;
}

const fields: Readonly<Record<string, readonly ReferenceField[]>> = {
  Kustomization: [{ path: 'spec.sourceRef' }, { path: 'spec.dependsOn[]', kind: 'Kustomization' }],
  HelmRelease: [
    { path: 'spec.chart.spec.sourceRef' },
    { path: 'spec.chartRef' },
    { path: 'spec.dependsOn[]', kind: 'HelmRelease' },
  ],
  HelmChart: [{ path: 'spec.sourceRef' }],
  GitRepository: [{ path: 'spec.include[].repository', kind: 'GitRepository' }],
  ImagePolicy: [{ path: 'spec.imageRepositoryRef', kind: 'ImageRepository' }],
  ImageUpdateAutomation: [{ path: 'spec.sourceRef' }],
  Alert: [{ path: 'spec.providerRef', kind: 'Provider' }, { path: 'spec.eventSources[]' }],
  Receiver: [{ path: 'spec.resources[]' }],
  ArtifactGenerator: [{ path: 'spec.sources[]' }],
};

export const missingReferences: Rule = {
  id: 'missing-references',
  kinds: Object.keys(fields),
  why: 'A reference to nothing waits without end, and a typing error looks just like an object that is still to come.',
  check({ object, snapshot }) {
    const own = object.metadata.namespace ?? '';
    return (fields[object.kind] ?? []).flatMap(({ path, kind: fixed }) =>
      fieldsAt(object, path).flatMap(({ path: at, value }) => {
        const reference = value as Reference;
        const { kind = fixed, name } = reference;
        const namespace = reference.namespace || own;
        // `*` and a selection by labels name no object.
        if (kind === undefined || !name || name === '*' || !snapshot.knows(kind)) return [];
        if (snapshot.get(kind, namespace, name) !== undefined) return [];
        if (kind === object.kind && namespace === own && name === object.metadata.name) return [];
        const near = nearest(
          name,
          [...snapshot.list(kind)]
            .filter(({ metadata }) => metadata.namespace === namespace)
            .map(({ metadata }) => metadata.name ?? ''),
        );
        const hint = near === undefined ? 'it will be waited for' : `did you mean '${near}'?`;
        return [warn(at, `${kind} '${namespace}/${name}' does not exist: ${hint}`)];
      }),
    );
  },
};

/** A review must answer in milliseconds: with more names than this, the rest goes unseen. */
const maxCandidates = 2000;

/** The name that differs least, when it differs by a third of its length at most. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of names.slice(0, maxCandidates)) {
    if (Math.abs(candidate.length - name.length) > limit) continue;
    // What both begin with costs nothing to compare, and names of one place begin alike.
    const common = commonStart(name, candidate);
    const distance = editDistance(name.slice(common), candidate.slice(common), best?.distance ?? limit + 1);
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  return best !== undefined && best.distance <= limit ? best.name : undefined;
}

function commonStart(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

/** Infinity from `enough` on: nobody asks how much worse it gets. */
function editDistance(a: string, b: string, enough: number): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const distance = Math.min(swap, row[j]! + 1, next[j - 1]! + 1);
      next.push(distance);
      if (distance < least) least = distance;
    }
    if (least >= enough) return Infinity;
    row = next;
  }
  return row[b.length]!;
}
