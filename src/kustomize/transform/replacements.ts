// Replacements: the value of one field copied into others.
import { plainTag, Style, type Node, type NodeKind } from '#goyaml/index';
import { KustomizeError, withPrefix } from '../errors.ts';
import { become, copyNode, isNilOrEmpty, plainNode, valueOf } from '../fields/node.ts';
import { matchPath } from '../fields/path-matcher.ts';
import { lookup, splitBracketedPath } from '../fields/path.ts';
import { quote } from '../go-text.ts';
import type {
  FieldOptions,
  Replacement,
  ReplacementSource,
  ReplacementTarget,
  Selector,
} from '../kustomization/types.ts';
import { idText, isEmptySelector, isSelectedBy, type IdSelector, type ResId } from '../resid.ts';
import type { Resource } from '../resource.ts';
import type { ResMap } from '../resmap.ts';
import { matchLabels } from '../selector.ts';
import type { Step } from './step.ts';

const DEFAULT_PATH = 'metadata.name';

export function replacementsStep(replacements: readonly Replacement[]): Step {
  return (resources) => {
    for (const { source, sourceValue, targets } of replacements) {
      if ((source === undefined && sourceValue === undefined) || targets === undefined) {
        throw new KustomizeError('replacements must specify a source and at least one target');
      }
      const value = readSource(resources, source, sourceValue);
      for (const target of targets) writeTarget(resources, target, value);
    }
    resources.dropEmpty();
  };
}

function readSource(resources: ResMap, source: ReplacementSource | undefined, sourceValue: string | undefined): Node {
  if (source === undefined) return plainNode(sourceValue ?? '');
  if (sourceValue !== undefined) throw new KustomizeError('value and resource selectors are mutually exclusive');
  const resource = findSource(resources, source);
  const fieldPath = source.fieldPath || DEFAULT_PATH;
  const found = withPrefix('error looking up replacement source', () =>
    lookup(resource.root, splitBracketedPath(fieldPath)),
  );
  if (found === undefined || isNilOrEmpty(found)) {
    throw new KustomizeError(`fieldPath \`${fieldPath}\` is missing for replacement source ${idText(source)}`);
  }
  return refine(found, source.options);
}

function findSource(resources: ResMap, source: ReplacementSource): Resource {
  const matches = candidatesFor(resources, source).filter((resource) =>
    idsOf(resource).some((id) => isSelectedBy(id, source)),
  );
  const [first, second] = matches;
  if (second !== undefined) throw new KustomizeError(`multiple matches for selector ${sourceText(source)}`);
  if (first === undefined) throw new KustomizeError(`nothing selected by ${sourceText(source)}`);
  return first;
}

function sourceText(source: ReplacementSource): string {
  const { delimiter = '', index = 0, create = false } = source.options ?? {};
  const options = delimiter === '' && !create ? '' : `${delimiter}(${index}), create=${create}`;
  return [idText(source), source.fieldPath ?? '', options].filter((part) => part !== '').join(':');
}

/** A selector with a name needs no search through all resources. */
function candidatesFor(resources: ResMap, selector: IdSelector): readonly Resource[] {
  return selector.name ? resources.index.byAnyName(selector.name) : resources.resources;
}

/** The current identity first. Here none counts as cluster-scoped. */
function idsOf(resource: Resource): readonly ResId[] {
  return [{ ...resource.id, clusterScoped: false }, ...resource.formerIds];
}

/** One piece of a text that a delimiter splits. */
function refine(node: Node, options: FieldOptions | undefined): Node {
  const delimiter = options?.delimiter ?? '';
  if (delimiter === '') return node;
  if (node.kind !== 'scalar') throw new KustomizeError('delimiter option can only be used with scalar nodes');
  const index = options?.index ?? 0;
  const pieces = valueOf(node).split(delimiter);
  const piece = pieces[index];
  if (index < 0 || piece === undefined) {
    throw new KustomizeError(`options.index ${index} is out of bounds for value ${valueOf(node)}`);
  }
  const copy = copyNode(node);
  copy.value = piece;
  return copy;
}

function writeTarget(resources: ResMap, target: ReplacementTarget, value: Node): void {
  const { select } = target;
  if (select === undefined) throw new KustomizeError('target must specify resources to select');
  const byLabels = targetFilter(select, target.reject ?? []);
  const rejectedIds = (target.reject ?? []).filter((selector) => !isEmptySelector(selector));
  for (const resource of candidatesFor(resources, select)) {
    if (resource.isEmpty || !byLabels(resource)) continue;
    const ids = idsOf(resource);
    if (!ids.some((id) => isSelectedBy(id, select))) continue;
    if (rejectedIds.some((selector) => ids.some((id) => isSelectedBy(id, selector)))) continue;
    copyInto(resource.root, value, target);
    resources.touched(resource);
  }
}

/** Labels and annotations reject on their own, whatever else a reject entry says. */
function targetFilter(select: Selector, reject: readonly Selector[]): (resource: Resource) => boolean {
  const selects = matchLabels(select);
  const rejects = reject
    .filter(({ labelSelector = '', annotationSelector = '' }) => labelSelector !== '' || annotationSelector !== '')
    .map(matchLabels);
  return (resource) => selects(resource) && !rejects.some((rejected) => rejected(resource));
}

function copyInto(root: Node, value: Node, target: ReplacementTarget): void {
  const paths = target.fieldPaths === undefined || target.fieldPaths.length === 0 ? [DEFAULT_PATH] : target.fieldPaths;
  const create: NodeKind | undefined = target.options?.create === true ? value.kind : undefined;
  for (const path of paths) {
    const failure = `unable to find ${create === undefined ? '' : 'or create '}field ${quote(path)} in replacement target`;
    const found = withPrefix(failure, () => matchPath(root, splitBracketedPath(path), create));
    if (found.length === 0) throw new KustomizeError(failure);
    for (const node of found) write(node, value, target.options);
  }
}

/** Into a scalar only the text goes: its type and its quotes stay. */
function write(node: Node, source: Node, options: FieldOptions | undefined): void {
  const value = copyNode(source);
  const delimiter = options?.delimiter ?? '';
  if (delimiter !== '') {
    if (node.kind !== 'scalar') throw new KustomizeError('delimiter option can only be used with scalar nodes');
    const index = options?.index ?? 0;
    const pieces = node.value.split(delimiter);
    const piece = valueOf(value);
    if (index < 0) pieces.unshift(piece);
    else if (index >= pieces.length) pieces.push(piece);
    else pieces[index] = piece;
    value.value = pieces.join(delimiter);
  }
  if (node.kind !== 'scalar') {
    become(node, value);
    return;
  }
  node.value = value.value;
  // A text that does not fit the type is refused at the end, as an explicit tag would be.
  if (node.tag !== '' && node.tag !== '!!str' && plainTag(node.value, 'v3') !== node.tag) node.style |= Style.tagged;
}
