// Which resources a patch or a plugin means: patterns over identity, and label selectors.
import { GoRegexp } from '#lib/go-regexp';
import { KustomizeError } from './errors.ts';
import type { Selector } from './kustomization/types.ts';
import { effectiveNamespace } from './resid.ts';
import type { ResMap } from './resmap.ts';
import type { Resource } from './resource.ts';
import { parseLabelSelector } from './label-selector.ts';

type Test = (text: string) => boolean;

/** A pattern for the whole text; empty matches anything. */
function compilePattern(pattern: string | undefined): Test {
  if (pattern === undefined || pattern === '') return () => true;
  if (isLiteral(pattern)) return (text) => text === pattern;
  let regexp: GoRegexp;
  try {
    regexp = new GoRegexp(`^(?:${pattern})$`);
  } catch (error) {
    throw new KustomizeError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  return (text) => regexp.match(text);
}

/** Without characters that mean something in a pattern. */
function isLiteral(pattern: string): boolean {
  return /^[\w:/@ -]*$/.test(pattern);
}

/** The resources that a selector means, in order. Name and namespace may be the original or the current ones. */
export function selectResources(resources: ResMap, selector: Selector): readonly Resource[] {
  const group = compilePattern(selector.group);
  const version = compilePattern(selector.version);
  const kind = compilePattern(selector.kind);
  const name = compilePattern(selector.name);
  const namespace = compilePattern(selector.namespace);
  const byLabels = matchLabels(selector);
  const literalName = selector.name !== undefined && selector.name !== '' && isLiteral(selector.name);
  const candidates = literalName ? resources.index.byAnyName(selector.name) : resources.resources;
  return candidates.filter((resource) => {
    const current = resource.id;
    if (!kind(current.kind) || !group(current.group) || !version(current.version)) return false;
    const original = resource.originalId;
    if (!namespace(effectiveNamespace(original)) && !namespace(effectiveNamespace(current))) return false;
    return (name(original.name) || name(current.name)) && byLabels(resource);
  });
}

/** The label and annotation selectors of a selector. */
export function matchLabels(selector: Selector): (resource: Resource) => boolean {
  const labels = parseLabelSelector(selector.labelSelector ?? '');
  const annotations = parseLabelSelector(selector.annotationSelector ?? '');
  if (labels === undefined && annotations === undefined) return () => true;
  return (resource) =>
    (labels === undefined || labels(resource.labels)) &&
    (annotations === undefined || annotations(resource.annotations));
}
