// merge and mergeOverwrite by the rules of the mergo library (1.0): what counts as unset, what is shared, what is kept.
import { GoMap, LimitError, dictGet, dictSet, mapEntries } from '#gotemplate/index';
import type { Dict } from '#gotemplate/index';
import { isEmpty } from './conversion.ts';
import { Effort } from './effort.ts';

const MAX_DEPTH = 1000;

/**
 * Merges `source` into `target`, which it changes. Values of `source` are shared, not copied.
 *
 * Without `overwrite` a value is taken where the target has none or an empty one (false, 0 and "" included);
 * with it, every value is taken, nil and empty ones too. Maps on both sides are merged in either case.
 */
export function mergeInto(target: Dict, source: Dict, overwrite: boolean): void {
  new Merge(overwrite).into(target, source, 0);
}

class Merge {
  readonly #overwrite: boolean;
  readonly #effort = new Effort();

  constructor(overwrite: boolean) {
    this.#overwrite = overwrite;
  }

  into(target: Dict, source: Dict, depth: number): void {
    if (depth > MAX_DEPTH) throw new LimitError('the maps to merge nest too deeply');
    for (const key of Object.keys(source)) {
      this.#effort.spend();
      const fresh = source[key];
      if (fresh === null || fresh === undefined) {
        if (this.#overwrite) dictSet(target, key, null);
        continue;
      }
      const present = dictGet(target, key);
      const freshEntries = mapEntries(fresh);
      const presentEntries = mapEntries(present);
      if (freshEntries !== undefined && presentEntries !== undefined && !isNilMap(present)) {
        this.into(presentEntries, freshEntries, depth + 1);
        // Merging may have filled it; two empty maps end as the source's.
        if (!isEmpty(present)) continue;
      }
      if (this.#overwrite || isEmpty(present)) dictSet(target, key, fresh);
    }
  }
}

function isNilMap(value: unknown): boolean {
  return value instanceof GoMap && value.isNil;
}
