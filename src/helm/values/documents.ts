// values.yaml of several documents, as Helm 4 reads it: all are merged, later ones win.
import { isTable, setKey, copyMap, type ValuesMap } from './values-map.ts';

/** Cuts a text at its `---` lines. */
export function splitValuesDocuments(source: string): string[] {
  return source.split(/^---.*\n?/m).filter((document) => document.trim() !== '');
}

/** Merges documents in order; null when there is none. */
export function mergeDocuments(documents: readonly (ValuesMap | null)[]): ValuesMap | null {
  let merged: ValuesMap | null = null;
  for (const document of documents) {
    if (document !== null) merged = merged === null ? document : mergeMaps(merged, document);
  }
  return merged;
}

/** Helm's MergeMaps: maps are merged, everything else, null too, is replaced by the later. */
export function mergeMaps(earlier: ValuesMap, later: ValuesMap): ValuesMap {
  const out = copyMap(earlier);
  for (const key of Object.keys(later)) {
    const value = later[key];
    const old = Object.hasOwn(out, key) ? out[key] : undefined;
    setKey(out, key, isTable(value) && isTable(old) ? mergeMaps(old, value) : value);
  }
  return out;
}
