// The Kustomization as its controller handles it: working copy, times, names.
import { kustomization, type Kustomization } from '#api/kustomize/kustomization';
import { resourceOf } from '#kube/resources';
import { durationMs } from '#lib/duration-ms';
import type { Draft } from '#runtime/draft';

export type KustomizationDraft = Draft<Kustomization> & { status?: NonNullable<Draft<Kustomization>['status']> };

export const kustomizations = resourceOf(kustomization);

const second = 1000;
const minute = 60 * second;

export function intervalMs({ spec }: Pick<Kustomization, 'spec'>): number {
  return durationMs(spec.interval, minute);
}

export function retryIntervalMs(object: Pick<Kustomization, 'spec'>): number {
  return durationMs(object.spec.retryInterval, intervalMs(object));
}

/** Bound of health checks: spec.timeout, or 30 s less than the interval; never below 30 s. */
export function timeoutMs(object: Pick<Kustomization, 'spec'>): number {
  const timeout = object.spec.timeout;
  const wanted = timeout === undefined ? intervalMs(object) - 30 * second : durationMs(timeout, 30 * second);
  return Math.max(wanted, 30 * second);
}

/** `namespace/name` of the source. An empty namespace is the own, as everywhere in references. */
export function sourceKey({ metadata, spec }: Kustomization): string {
  return `${spec.sourceRef.namespace || (metadata.namespace ?? '')}/${spec.sourceRef.name}`;
}

/** `namespace/name` of each Kustomization this one depends on. */
export function dependencyKeys({ metadata, spec }: Kustomization): string[] {
  return (spec.dependsOn ?? []).map(({ namespace, name }) => `${namespace || (metadata.namespace ?? '')}/${name}`);
}

/** `Kind/namespace/name` of each ConfigMap and Secret that is read for a run. */
export function configKeys({ metadata, spec }: Kustomization): string[] {
  const keySecret = spec.decryption?.secretRef;
  const named = [
    ...(spec.postBuild?.substituteFrom ?? []),
    ...(keySecret === undefined ? [] : [{ kind: 'Secret', name: keySecret.name }]),
  ];
  return named.map(({ kind, name }) => `${kind}/${metadata.namespace ?? ''}/${name}`);
}
