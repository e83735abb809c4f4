// Whether the API server failed rather than what was asked of it.
import { StatusError } from '#kube/status-error';
import { RequestTimeoutError, UnreachableError } from '#kube/transport';

/**
 * Whether the server could not be asked, or had no means to answer. An action that ends so did not fail: it was
 * interrupted, as by the death of the process, and counts for nothing.
 */
export function isOutage(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof UnreachableError || each instanceof RequestTimeoutError) return true;
    if (each instanceof StatusError && isOutageOfServer(each)) return true;
  }
  return false;
}

/** A 500 is mostly about the request; these are about etcd. */
function isOutageOfServer({ status, message }: StatusError): boolean {
  if (status === 503 || status === 504) return true;
  return status === 500 && /^(etcdserver: |rpc error: code = Unavailable|raft proposal dropped)/.test(message);
}
