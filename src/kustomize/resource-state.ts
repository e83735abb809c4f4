// The annotations in which kustomize keeps its state: read where sources carry them, made where they must be seen.
import { type GoObject, type Node, setKey, isObject } from '#goyaml/index';
import { valueOfNode } from './fields/value-node.ts';
import { entry } from './fields/node.ts';
import type { Behavior, Resource } from './resource.ts';

const INTERNAL = 'internal.config.kubernetes.io/';

export const ORIGIN = 'config.kubernetes.io/origin';
export const TRANSFORMATIONS = 'alpha.config.kubernetes.io/transformations';

/** Everything that is stripped at the end, wherever it came from. */
const BUILD_ANNOTATIONS: ReadonlySet<string> = new Set([
  ...[
    'previousKinds',
    'previousNames',
    'prefixes',
    'suffixes',
    'previousNamespaces',
    'allowNameChange',
    'allowKindChange',
    'refBy',
    'generatorBehavior',
    'needsHashSuffix',
    'path',
    'index',
    'seqindent',
    'id',
    'annotations-migration-resource-id',
  ].map((name) => INTERNAL + name),
  'config.kubernetes.io/path',
  'config.kubernetes.io/index',
  'config.k8s.io/id',
]);

/** Sources seldom carry such state, but what they carry counts. */
export function takeFromAnnotations(resource: Resource, node: Node): void {
  const content = entry(entry(node, 'metadata'), 'annotations')?.content;
  if (content === undefined) return;
  for (let i = 0; i < content.length; i += 2) {
    if (content[i]?.value.startsWith(INTERNAL) === true) {
      take(resource, resource.annotations);
      return;
    }
  }
}

function take(resource: Resource, annotations: Map<string, string>): void {
  const list = (name: string): string[] => annotations.get(INTERNAL + name)?.split(',') ?? [];
  const on = (name: string): boolean => annotations.get(INTERNAL + name) === 'enabled';
  const names = list('previousNames');
  const namespaces = list('previousNamespaces');
  const kinds = list('previousKinds');
  resource.former = names.map((name, i) => ({ name, namespace: namespaces[i] ?? '', kind: kinds[i] ?? '' }));
  resource.prefixes = list('prefixes');
  resource.suffixes = list('suffixes');
  resource.needsHash = on('needsHashSuffix');
  resource.allowNameChange = on('allowNameChange');
  resource.allowKindChange = on('allowKindChange');
  const behavior = annotations.get(`${INTERNAL}generatorBehavior`);
  if (behavior !== undefined) resource.behavior = behaviorOf(behavior);
  for (const key of BUILD_ANNOTATIONS) annotations.delete(key);
  resource.setAnnotations(annotations);
}

export function behaviorOf(text: string): Behavior {
  return text === 'create' || text === 'replace' || text === 'merge' ? text : 'unspecified';
}

/** The annotations that kustomize would have on the object now. */
function stateOf(resource: Resource): [string, string][] {
  const out: [string, string][] = [];
  const add = (name: string, items: readonly string[]): void => {
    if (items.length > 0) out.push([INTERNAL + name, items.join(',')]);
  };
  if (resource.allowKindChange) add('allowKindChange', ['enabled']);
  if (resource.allowNameChange) add('allowNameChange', ['enabled']);
  if (resource.behavior !== 'unspecified') add('generatorBehavior', [resource.behavior]);
  if (resource.needsHash) add('needsHashSuffix', ['enabled']);
  add('prefixes', resource.prefixes);
  add(
    'previousKinds',
    resource.former.map(({ kind }) => kind),
  );
  add(
    'previousNames',
    resource.former.map(({ name }) => name),
  );
  add(
    'previousNamespaces',
    resource.former.map(({ namespace }) => namespace),
  );
  add('refBy', resource.referredBy);
  add('suffixes', resource.suffixes);
  return out;
}

/** The value of a resource with the annotations of its state on it. */
export function valueWithState(resource: Resource): GoObject {
  const value = valueOfNode(resource.root);
  const annotations = stateOf(resource);
  if (annotations.length === 0) return value;
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  setKey(value, 'metadata', metadata);
  const target = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  setKey(metadata, 'annotations', target);
  for (const [key, text] of annotations) setKey(target, key, text);
  return value;
}

/** The same for messages: what a Secret holds is not told. */
export function shownValue(resource: Resource): GoObject {
  const value = valueWithState(resource);
  if (value['kind'] !== 'Secret') return value;
  for (const name of ['data', 'stringData']) {
    const map = value[name];
    if (isObject(map)) for (const key of Object.keys(map)) setKey(map, key, '***');
  }
  return value;
}

/** Takes the annotations of the state off again. */
export function stripState(annotations: Map<string, string>): void {
  for (const key of BUILD_ANNOTATIONS) annotations.delete(key);
}
