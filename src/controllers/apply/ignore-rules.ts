// Fields that others set, as spec.ignore of a Kustomization and spec.driftDetection.ignore of a HelmRelease name them.
import { parseApiVersion } from '#api/group-version';
import type { Unstructured } from '#kube/object';
import { errorMessage } from '#lib/errors';
import { GoRegexp } from '#lib/go-regexp';
import { matches, parseSelector } from '#lib/label-selector';

/** Paths in the objects that match. */
export interface IgnoreRule {
  /** JSON pointers. */
  readonly paths: readonly string[];
  readonly matches: (object: Unstructured) => boolean;
}

interface Target {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly labelSelector?: string;
  readonly annotationSelector?: string;
}

/** Throws for a pattern or a selector that cannot be read. */
export function ignoreRules(
  ignore: readonly { readonly paths: readonly string[]; readonly target?: Target }[] = [],
): IgnoreRule[] {
  return ignore.map(({ paths, target }) => {
    try {
      return { paths, matches: target === undefined ? () => true : matcherOf(target) };
    } catch (error) {
      throw new Error(`failed to create ignore rule selector: ${errorMessage(error)}`, { cause: error });
    }
  });
}

/** What is ignored of an object. */
export function ignoredPaths(rules: readonly IgnoreRule[], object: Unstructured): string[] {
  return rules.filter((rule) => rule.matches(object)).flatMap(({ paths }) => paths);
}

function matcherOf(target: Target): IgnoreRule['matches'] {
  const patterns = (['group', 'version', 'kind', 'namespace', 'name'] as const).map((part) => ({
    part,
    accepts: readable(`${part} regex`, () => anchored(target[part])),
  }));
  const labels = readable('label selector', () => parseSelector(target.labelSelector ?? ''));
  const annotations = readable('annotation selector', () => parseSelector(target.annotationSelector ?? ''));
  return ({ apiVersion = '', kind = '', metadata }) => {
    const { namespace = '', name = '' } = metadata;
    const own = { ...parseApiVersion(apiVersion), kind, namespace, name };
    if (!patterns.every(({ part, accepts }) => accepts(own[part]))) return false;
    return matches(labels, metadata.labels) && matches(annotations, metadata.annotations);
  };
}

/** Names the part of a rule that cannot be read. */
function readable<T>(part: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`invalid ${part}: ${errorMessage(error)}`, { cause: error });
  }
}

/** Patterns stand for whole names; an empty one for any. */
function anchored(pattern: string | undefined): (text: string) => boolean {
  if (!pattern) return () => true;
  const compiled = new GoRegexp(`^(?:${pattern})$`);
  return (text) => compiled.match(text);
}
