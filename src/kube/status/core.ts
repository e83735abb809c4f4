// Rules for kinds that are ready by being there, or by one field: Service, PersistentVolumeClaim, PodDisruptionBudget…
import { conditionsOf, stringAt, type Inspected } from './fields.ts';
import { current, failed, inProgress, type HealthResult } from './result.ts';

export function always(): HealthResult {
  return current('Resource is always ready');
}

/** The external address is not waited for: on many clusters it never comes. */
export function service(object: Inspected): HealthResult {
  const loadBalancer = stringAt(object, ['spec', 'type'], 'ClusterIP') === 'LoadBalancer';
  if (loadBalancer && stringAt(object, ['spec', 'clusterIP'], '') === '') {
    return inProgress('NoIPAssigned', 'ClusterIP not set. Service type: LoadBalancer');
  }
  return current('Service is ready');
}

export function persistentVolumeClaim(object: Inspected): HealthResult {
  const phase = stringAt(object, ['status', 'phase'], 'unknown');
  return phase === 'Bound' ? current('PVC is Bound') : inProgress('NotBound', `PVC is not Bound. phase: ${phase}`);
}

/** Its controller reports by observedGeneration alone, which has been looked at by now. */
export function podDisruptionBudget(): HealthResult {
  return current('AllowedDisruptions has been computed.');
}

export function customResourceDefinition(object: Inspected): HealthResult {
  for (const { type, status, reason, message } of conditionsOf(object)) {
    if (type === 'NamesAccepted' && status === 'False') return failed(reason, message);
    if (type !== 'Established') continue;
    if (status === 'True') return current('CRD is established');
    if (status === 'False' && reason !== 'Installing') return failed(reason, message);
  }
  return inProgress('Installing', 'Install in progress');
}
