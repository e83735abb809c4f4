// What the aggregator is told: where the group is served, and whose certificate to expect.
import type { Unstructured } from '#kube/object';

export interface ApiRegistration {
  readonly group: string;
  readonly version: string;
  readonly caBundle: string;
  readonly service: { readonly name: string; readonly namespace: string; readonly port: number };
}

export function apiService({ group, version, caBundle, service }: ApiRegistration): Unstructured {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}`, labels: { 'app.kubernetes.io/part-of': 'sluice' } },
    spec: {
      group,
      version,
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      service,
      caBundle: Buffer.from(caBundle).toString('base64'),
    },
  };
}
