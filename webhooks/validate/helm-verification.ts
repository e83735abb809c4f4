// Signatures of charts: only those from an OCI registry have any.
import { fieldsAt } from '../fields.ts';
import { warn, type Rule, type Snapshot } from '../rule.ts';

const fields = { HelmChart: 'spec', HelmRelease: 'spec.chart.spec' } as const;

interface ChartSpec {
  readonly verify?: unknown;
  readonly sourceRef?: { readonly kind?: string; readonly name?: string; readonly namespace?: string };
}

export const helmVerification: Rule = {
  id: 'helm-verification',
  kinds: Object.keys(fields),
  why: 'Who asks for verification believes in it; for a source without signatures it never passes, or is passed over.',
  check({ object, snapshot }) {
    const at = fields[object.kind as keyof typeof fields];
    const [found] = fieldsAt(object, at);
    const { verify, sourceRef } = (found?.value ?? {}) as ChartSpec;
    if (verify === undefined || verify === null || sourceRef?.kind === undefined) return [];
    if (sourceRef.kind !== 'HelmRepository') {
      const from = `${sourceRef.kind} charts have no signatures`;
      return [
        warn(`${at}.verify`, `${from}: remove it, and set spec.verify of the ${sourceRef.kind} where it has that`),
      ];
    }
    const namespace = sourceRef.namespace || (object.metadata.namespace ?? '');
    if (!isPlainRepository(snapshot, namespace, sourceRef.name ?? '')) return [];
    const subject = `HelmRepository '${namespace}/${sourceRef.name}' is not of type oci`;
    return [warn(`${at}.verify`, `${subject}: its charts have no signatures to verify`)];
  },
};

function isPlainRepository(snapshot: Snapshot, namespace: string, name: string): boolean {
  const repository = snapshot.get('HelmRepository', namespace, name);
  return repository !== undefined && repository.spec?.['type'] !== 'oci';
}
