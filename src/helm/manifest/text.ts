// Manifests as the text that `helm template` prints and a release records.
import { fromBytes } from '#lib/go-string';
import type { Crd } from '../chart/chart.ts';
import type { Manifest } from './sort.ts';

/** The manifest of a release as Helm stores it, document by document: all of them at once can be megabytes. */
export function* manifestParts(manifests: readonly Manifest[], crds: readonly Crd[] = []): Generator<string> {
  for (const { path, data } of crds) yield `---\n# Source: ${path}\n${fromBytes(data)}\n`;
  for (const { path, content } of manifests) yield `---\n# Source: ${path}\n${content}\n`;
}

/** The same as one text. */
export function manifestText(manifests: readonly Manifest[], crds: readonly Crd[] = []): string {
  return [...manifestParts(manifests, crds)].join('');
}
