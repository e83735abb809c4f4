// Whether a request failed because its namespace is gone or on its way out.
import { StatusError } from '#kube/status-error';

export function isNamespaceGoing(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (!(each instanceof StatusError)) continue;
    const { kind, causes = [] } = each.details;
    if (each.status === 404 && kind === 'namespaces') return true;
    if (causes.some(({ reason }) => reason === 'NamespaceTerminating')) return true;
  }
  return false;
}
