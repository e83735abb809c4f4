// A Secret's stringData, which the server takes and never gives back.
import type { Unstructured } from '#kube/object';

/** Left in what is written it could never be removed again. */
export function foldStringData(secret: Unstructured): void {
  const stringData = secret['stringData'] as Record<string, unknown> | null | undefined;
  if (stringData === undefined) return;
  const encoded = Object.entries(stringData ?? {}).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  secret['data'] = { ...(secret['data'] as object | undefined), ...Object.fromEntries(encoded) };
  delete secret['stringData'];
}
