// ConfigMaps and Secrets made from a kustomization's generators.
import { isUtf8 } from 'node:buffer';
import { Node, compareBytes } from '#goyaml/index';
import { KustomizeError, withPrefix } from '../errors.ts';
import { entry, keyNode, setField, stringNode } from '../fields/node.ts';
import { lookupCreate } from '../fields/path.ts';
import type { GeneratorArgs, GeneratorOptions, TextMap } from '../kustomization/types.ts';
import { behaviorOf } from '../resource-state.ts';
import { Resource } from '../resource.ts';
import type { Schema } from '../schema/schema.ts';
import { loadPairs, type Load } from './key-values.ts';

export type ObjectKind = 'ConfigMap' | 'Secret';

export function generateObject(
  kind: ObjectKind,
  args: GeneratorArgs,
  context: { readonly load: Load; readonly schema: Schema },
): Resource {
  const root = baseObject(kind, args);
  const pairs = withPrefix('loading KV pairs', () =>
    loadPairs(args, { load: context.load, secret: kind === 'Secret' }),
  );
  const data = new Map<string, Buffer>();
  for (const [key, value] of pairs) {
    if (data.has(key)) {
      throw new KustomizeError(`configmap ${args.name ?? ''} illegally repeats the key \`${key}\``);
    }
    data.set(key, value);
  }
  if (kind === 'Secret') {
    setField(root, 'type', stringNode(args.type || 'Opaque'));
    lookupCreate(root, 'mapping', ['data']);
  }
  for (const key of [...data.keys()].toSorted(compareBytes)) {
    const [field, value] = encodeValue(kind, data.get(key) ?? Buffer.alloc(0));
    const map = lookupCreate(root, 'mapping', [field]);
    map.content.push(keyNode(key), stringNode(value, value.includes('\n') ? 8 : 0));
  }
  const options = args.options ?? {};
  addMetadata(root, 'labels', options.labels ?? {});
  addMetadata(root, 'annotations', options.annotations ?? {});
  if (options.immutable === true) setField(root, 'immutable', new Node('scalar', '!!bool', 'true'));
  const resource = new Resource(root, context.schema);
  resource.needsHash = options.disableNameSuffixHash !== true;
  resource.behavior = behaviorOf(args.behavior ?? '');
  return resource;
}

function baseObject(kind: ObjectKind, { name = '', namespace = '' }: GeneratorArgs): Node {
  if (name === '') throw new KustomizeError('a configmap must have a name');
  const root = new Node('mapping', '!!map');
  setField(root, 'apiVersion', stringNode('v1'));
  setField(root, 'kind', stringNode(kind));
  const metadata = lookupCreate(root, 'mapping', ['metadata']);
  setField(metadata, 'name', stringNode(name));
  if (namespace !== '') setField(metadata, 'namespace', stringNode(namespace));
  return root;
}

function encodeValue(kind: ObjectKind, value: Buffer): readonly [field: string, text: string] {
  if (kind === 'Secret') return ['data', wrappedBase64(value)];
  return isUtf8(value) ? ['data', value.toString('utf8')] : ['binaryData', wrappedBase64(value)];
}

const LINE = 70;

/** Long values stand in lines, each of them ended. */
function wrappedBase64(value: Buffer): string {
  const encoded = value.toString('base64');
  return encoded.length < LINE ? encoded : encoded.replaceAll(/.{1,70}/g, '$&\n');
}

function addMetadata(root: Node, name: string, entries: TextMap): void {
  for (const key of Object.keys(entries).toSorted(compareBytes)) {
    const map = lookupCreate(root, 'mapping', ['metadata', name]);
    setField(map, key, stringNode(entries[key] ?? '', 4));
  }
}

/** Options of one generator and those for all: maps are joined, the own ones winning; a true stays true. */
export function mergeOptions(
  own: GeneratorOptions | undefined,
  common: GeneratorOptions | undefined,
): GeneratorOptions | undefined {
  if (common === undefined) return own;
  const maps = (name: 'labels' | 'annotations'): Partial<Record<typeof name, TextMap>> =>
    own?.[name] === undefined && common[name] === undefined ? {} : { [name]: { ...common[name], ...own?.[name] } };
  return {
    ...maps('labels'),
    ...maps('annotations'),
    disableNameSuffixHash: own?.disableNameSuffixHash === true || common.disableNameSuffixHash === true,
    immutable: own?.immutable === true || common.immutable === true,
  };
}

/** A generated object takes the name and the past of the one it replaces or merges with. */
export function inherit(resource: Resource, old: Resource): void {
  resource.setLabels(joined(old.labels, resource.labels));
  resource.setAnnotations(joined(old.annotations, resource.annotations));
  resource.setName(old.name);
  resource.setNamespace(old.namespace);
  resource.varNames = old.varNames;
  resource.former = old.former;
  resource.prefixes = old.prefixes;
  resource.suffixes = old.suffixes;
  resource.referredBy = [...old.referredBy];
  resource.behavior = old.behavior;
  resource.allowNameChange = old.allowNameChange;
  resource.allowKindChange = old.allowKindChange;
  // The hash is for those of whom both generations want it.
  resource.needsHash = resource.needsHash && old.needsHash;
}

/** Joins the data of two generations; the new values win. */
export function mergeData(resource: Resource, old: Resource): void {
  for (const field of ['data', 'binaryData'] as const) {
    const merged = joined(textsOf(old, field), textsOf(resource, field));
    const { root } = resource;
    setField(root, field, undefined);
    for (const key of [...merged.keys()].toSorted(compareBytes)) {
      const map = lookupCreate(root, 'mapping', [field]);
      const value = merged.get(key) ?? '';
      setField(map, key, stringNode(value, value.includes('\n') ? 8 : 0));
    }
  }
}

function textsOf(resource: Resource, field: string): Map<string, string> {
  const texts = new Map<string, string>();
  const content = entry(resource.node, field)?.content ?? [];
  for (let i = 0; i < content.length; i += 2) {
    const value = content[i + 1];
    texts.set(content[i]?.value ?? '', value === undefined || value.tag === '!!null' ? '' : value.value);
  }
  return texts;
}

function joined(old: ReadonlyMap<string, string>, own: ReadonlyMap<string, string>): Map<string, string> {
  const map = new Map([...old, ...own]);
  return new Map([...map].toSorted(([a], [b]) => compareBytes(a, b)));
}
