// What an apply would change: the live object against the answer of a dry-run, or two versions of one object.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../object.ts';
import { escapePointer, fieldOf, isMapping } from './mapping.ts';

export interface Difference {
  /** JSON pointer. */
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
}

export interface DriftOptions {
  /** JSON pointers below which nothing counts. */
  readonly ignore?: readonly string[];
  /** Stop after this many. @default 100 */
  readonly limit?: number;
}

/** Whether labels, annotations or anything outside metadata and status differ. */
export function hasDrifted(live: KubeObject, wanted: KubeObject, options: DriftOptions = {}): boolean {
  return differences(live, wanted, { ...options, limit: 1 }).length > 0;
}

/** Where they differ, by path only: values may be secrets. */
export function differences(live: KubeObject, wanted: KubeObject, options: DriftOptions = {}): Difference[] {
  const walk = new Walk(options);
  walk.compare('/metadata/labels', live.metadata.labels ?? {}, wanted.metadata.labels ?? {});
  walk.compare('/metadata/annotations', live.metadata.annotations ?? {}, wanted.metadata.annotations ?? {});
  walk.compare('', withoutMetadataAndStatus(live), withoutMetadataAndStatus(wanted));
  return walk.found;
}

function withoutMetadataAndStatus(object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status: _status, ...body } = object as KubeObject & { status?: unknown };
  return body;
}

class Walk {
  readonly found: Difference[] = [];
  readonly #ignore: readonly string[];
  readonly #limit: number;

  constructor(options: DriftOptions) {
    this.#ignore = options.ignore ?? [];
    this.#limit = options.limit ?? 100;
  }

  compare(path: string, live: unknown, wanted: unknown): void {
    if (this.found.length >= this.#limit || this.#isIgnored(path) || isDeepStrictEqual(live, wanted)) return;
    if (isMapping(live) && isMapping(wanted)) {
      for (const key of new Set([...Object.keys(live), ...Object.keys(wanted)])) {
        this.compare(`${path}/${escapePointer(key)}`, fieldOf(live, key), fieldOf(wanted, key));
      }
    } else if (Array.isArray(live) && Array.isArray(wanted)) {
      for (let i = 0; i < Math.max(live.length, wanted.length); i++) {
        this.compare(`${path}/${i}`, live[i] as unknown, wanted[i] as unknown);
      }
    } else {
      this.found.push({ path, kind: live === undefined ? 'added' : wanted === undefined ? 'removed' : 'changed' });
    }
  }

  #isIgnored(path: string): boolean {
    return this.#ignore.some((pointer) => path === pointer || path.startsWith(`${pointer}/`));
  }
}
