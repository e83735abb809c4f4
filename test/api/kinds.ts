// Looking up a kind and a version that a test names.
import type { KindDefinition, KindVersion } from '#api/kind';
import { storageVersion } from '#api/kind';
import { allKinds } from '#api/scheme';

export function kindNamed(
  kind: string,
  version?: string,
): { readonly definition: KindDefinition; readonly version: KindVersion } {
  const definition = allKinds.find((candidate) => candidate.kind === kind);
  if (definition === undefined) {
    throw new Error(`no kind ${kind}`);
  }
  const found =
    version === undefined ? storageVersion(definition) : definition.versions.find(({ name }) => name === version);
  if (found === undefined) {
    throw new Error(`${kind} has no version ${version ?? ''}`);
  }
  return { definition, version: found };
}
