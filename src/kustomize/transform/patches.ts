// Strategic merge patches and JSON patches, applied to the resources they name or select.
import { type Node, sigsUnmarshal, unmarshalJSON } from '#goyaml/index';
import { KustomizeError, Suspended, withPrefix } from '../errors.ts';
import { copyNode, entry, isNull } from '../fields/node.ts';
import { nodeOfValue } from '../fields/value-node.ts';
import { quote } from '../go-text.ts';
import type { Patch, Selector } from '../kustomization/types.ts';
import { applyJsonPatch, cloneValue, decodeJsonPatch, type Operation } from '../patch/json6902.ts';
import { StrategicMerge } from '../patch/strategic.ts';
import { idText, type ResId } from '../resid.ts';
import { stripState, valueWithState } from '../resource-state.ts';
import type { Resource } from '../resource.ts';
import type { ResMap } from '../resmap.ts';
import type { Schema } from '../schema/schema.ts';
import { selectResources } from '../selector.ts';
import type { Step } from './step.ts';

export interface PatchContext {
  readonly schema: Schema;
  readonly load: (path: string) => Buffer;
  readonly read: (source: string | Buffer) => Resource[];
}

/** One entry of `patches`. `shown` is the entry as messages show it. */
export function patchStep(entryPatch: Patch, context: PatchContext, shown: () => string): Step {
  const inline = (entryPatch.patch ?? '').trim();
  const path = entryPatch.path ?? '';
  if (inline === '' && path === '') throw new KustomizeError(`must specify one of patch and path in\n${shown()}`);
  if (inline !== '' && path !== '') {
    throw new KustomizeError(`patch and path can't be set at the same time\n${shown()}`);
  }
  const source = (): string => (inline === '' ? `[path: ${quote(path)}]` : `[patch: ${quote(inline)}]`);
  const content = inline === '' ? loadPatch(path, context) : inline;
  const { resources, operations } = parsePatch(content, context, source);
  const { target, options = {} } = entryPatch;
  if (resources === undefined) return jsonStep(operations ?? [], target, source);
  for (const resource of resources) {
    if (options['allowNameChange'] === true) resource.allowNameChange = true;
    if (options['allowKindChange'] === true) resource.allowKindChange = true;
  }
  return target === undefined
    ? namedStep(resources, context, true)
    : selectedStep(resources, target, { context, source });
}

function loadPatch(path: string, { load }: PatchContext): Buffer {
  return withPrefix(`failed to get the patch file from path(${path})`, () => load(path));
}

interface ParsedPatch {
  readonly resources?: Resource[];
  readonly operations?: readonly Operation[];
}

function parsePatch(content: string | Buffer, { read }: PatchContext, source: () => string): ParsedPatch {
  let resources: Resource[] | undefined;
  try {
    resources = read(content);
    if (resources.length > 0) return { resources };
  } catch (error) {
    if (error instanceof Suspended || (error instanceof KustomizeError && error.kind === 'limit')) throw error;
  }
  try {
    return { operations: parseOperations(content.toString()) };
  } catch {
    if (resources !== undefined) return { operations: [] };
    throw new KustomizeError(`unable to parse SM or JSON patch from ${source()}`);
  }
}

/** JSON when it starts with a bracket, else the first document of a YAML text. */
function parseOperations(text: string): readonly Operation[] {
  if (text === '') throw new KustomizeError('empty json patch operations');
  const value = text.startsWith('[') ? unmarshalJSON(text) : sigsUnmarshal(text);
  return decodeJsonPatch(value);
}

/** Each patch goes to the one resource that has or had its identity. */
function namedStep(patches: readonly Resource[], context: PatchContext, explain: boolean): Step {
  return (resources) => {
    for (const patch of patches) {
      const { originalId: id } = patch;
      const target = findTarget(resources, id, explain);
      applyStrategic(target, patch, context.schema);
      settle(resources, target);
    }
  };
}

/** `patchesStrategicMerge`: as `patches` without targets; what is emptied goes at once, twins are refused. */
export function strategicStep(patches: readonly Resource[], context: PatchContext): Step {
  return (resources) => {
    for (const patch of patches) {
      const target = findTarget(resources, patch.originalId, false);
      applyStrategic(target, retyped(patch, target), context.schema);
      settle(resources, target);
      resources.dropEmpty();
      resources.checkUnique();
    }
  };
}

function findTarget(resources: ResMap, id: ResId, explain: boolean): Resource {
  const found = resources.index.byAnyId(id);
  const [target] = found;
  if (target !== undefined && found.length === 1) return target;
  const text = idText(id);
  const reason =
    `${found.length > 1 ? 'multiple' : 'no'} matches for Id ${text}; ` +
    `failed to find unique target for patch ${text}`;
  throw new KustomizeError(explain ? `no resource matches strategic merge patch ${quote(text)}: ${reason}` : reason);
}

/** One patch for all resources that a selector means. */
function selectedStep(
  patches: readonly Resource[],
  target: Selector,
  { context, source }: { readonly context: PatchContext; readonly source: () => string },
): Step {
  const [patch, second] = patches;
  return (resources) => {
    if (second !== undefined) {
      throw new KustomizeError(
        'Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set ' +
          `\`patches.target\` field: ${source()}`,
      );
    }
    if (patch === undefined) return;
    const selected = withPrefix(
      () => `unable to find patch target ${quote(selectorText(target))} in \`resources\``,
      () => selectResources(resources, target),
    );
    for (const resource of selected) {
      applyStrategic(resource, retyped(patch, resource), context.schema);
      settle(resources, resource);
    }
    resources.dropEmpty();
    resources.checkUnique();
  };
}

function selectorText(selector: Selector): string {
  return `${idText(selector)}:a=${selector.annotationSelector ?? ''}:l=${selector.labelSelector ?? ''}`;
}

/**
 * A copy of the patch for a resource of another version: the kind stays the patch's. On the way all its labels and
 * annotations become strings, nulls included, and a null in their place is lost: so kustomize does it.
 */
function retyped(patch: Resource, target: Resource): Resource {
  const copy = patch.copy();
  copy.setLabels(copy.labels);
  copy.setAnnotations(copy.annotations);
  copy.setApiVersion(target.apiVersion);
  return copy;
}

function settle(resources: ResMap, resource: Resource): void {
  resources.touched(resource);
}

/** Name and kind stay unless the patch may change them; the namespace always does. */
function applyStrategic(target: Resource, patch: Resource, schema: Schema): void {
  const { name, namespace, kind } = target;
  if (patch.allowNameChange || patch.allowKindChange) target.rememberId();
  const patchNode = copyNode(patch.root);
  const forgets = replacesAnnotations(patchNode);
  const merged = new StrategicMerge(schema).apply(target.root, patchNode);
  target.node = merged;
  if (merged === undefined || target.isEmpty) return;
  if (forgets) forget(target);
  if (patch.allowNameChange) target.allowNameChange = true;
  if (patch.allowKindChange) target.allowKindChange = true;
  if (!patch.allowKindChange) target.setKind(kind);
  if (!patch.allowNameChange) target.setName(name);
  target.setNamespace(namespace);
}

/** A patch that takes all annotations away takes kustomize's own notes with them. */
function replacesAnnotations(patch: Node): boolean {
  const metadata = entry(patch, 'metadata');
  return isReplaced(patch) || isReplaced(metadata) || isReplaced(entry(metadata, 'annotations'));
}

function isReplaced(node: Node | undefined): boolean {
  if (node === undefined) return false;
  const directive = entry(node, '$patch')?.value;
  return isNull(node) || directive === 'delete' || directive === 'replace';
}

function forget(resource: Resource): void {
  resource.former = [];
  resource.prefixes = [];
  resource.suffixes = [];
  resource.needsHash = false;
  resource.behavior = 'unspecified';
}

function jsonStep(operations: readonly Operation[], target: Selector | undefined, source: () => string): Step {
  return (resources) => {
    if (target === undefined) throw new KustomizeError(`must specify a target for JSON patch ${source()}`);
    for (const resource of selectResources(resources, target)) {
      resource.rememberId();
      applyOperations(resource, operations);
      settle(resources, resource);
    }
  };
}

/** `patchesJson6902`, which does not remember what the resource was. */
export function json6902Step(operations: readonly Operation[], target: Selector): Step {
  return (resources) => {
    for (const resource of selectResources(resources, target)) {
      applyOperations(resource, operations);
      settle(resources, resource);
    }
  };
}

function applyOperations(resource: Resource, operations: readonly Operation[]): void {
  const value = valueWithState(resource);
  const patched = applyJsonPatch(
    value,
    operations.map((operation) => cloneValue(operation) as Operation),
  );
  if (typeof patched !== 'object' || patched === null || Array.isArray(patched)) {
    throw new KustomizeError('json: cannot unmarshal array into Go value of type map[string]interface {}');
  }
  resource.node = nodeOfValue(patched);
  const { annotations } = resource;
  stripState(annotations);
  resource.setAnnotations(annotations);
}
