// Rendered files to hooks and manifests, in the order they are installed.
import { CodedError, errorMessage } from '#lib/errors';
import { quote as goQuote } from '#lib/go-quote';
import { sortStrings } from '#lib/go-string';
import type { HelmMajor } from '../chart/files-to-chart.ts';
import type { WarningSink } from '../warnings.ts';
import { type ManifestHead, parseHead } from './head.ts';
import { type Hook, hookAnnotation, isHook, toHook } from './hooks.ts';
import { type KindOrder, sortByKind } from './order.ts';
import { splitManifests } from './split.ts';
import { trimSpace } from './whitespace.ts';

/** One document of a release. */
export interface Manifest {
  /** Path of the template it came from. */
  readonly path: string;
  readonly content: string;
  readonly head: ManifestHead;
}

export interface SortedManifests {
  readonly hooks: readonly Hook[];
  readonly manifests: readonly Manifest[];
}

export interface SortOptions {
  readonly order: KindOrder;
  readonly helm: HelmMajor;
  readonly warn: WarningSink;
}

/** A rendered document is no YAML, or no object. */
export class ManifestError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('HELM_MANIFEST_INVALID', message, options);
  }
}

export function sortManifests(files: ReadonlyMap<string, string>, options: SortOptions): SortedManifests {
  const hooks: Hook[] = [];
  const manifests: Manifest[] = [];
  for (const path of sortStrings([...files.keys()])) {
    const content = files.get(path) ?? '';
    if (path.slice(path.lastIndexOf('/') + 1).startsWith('_') || trimSpace(content) === '') continue;
    for (const document of splitManifests(content)) {
      const head = headOf(path, document, options.helm);
      if (!isHook(head)) {
        manifests.push({ path, content: document, head });
        continue;
      }
      const hook = toHook(head, { path, document });
      if (hook !== undefined) hooks.push(hook);
      else {
        const events = goQuote(head.annotations[hookAnnotation] ?? '');
        options.warn({ site: 'manifest_sorter.go:199', message: `info: skipping unknown hook: ${events}` });
      }
    }
  }
  return {
    hooks: sortByKind(hooks, options.order, (hook) => hook.kind),
    manifests: sortByKind(manifests, options.order, (manifest) => manifest.head.kind),
  };
}

function headOf(path: string, document: string, helm: HelmMajor): ManifestHead {
  try {
    return parseHead(document, helm);
  } catch (cause) {
    throw new ManifestError(`YAML parse error on ${path}: ${errorMessage(cause)}`, { cause });
  }
}
