// Strategic merge: a patch laid over an object, lists merged where the schema says by which keys.
import { compareBytes, type Node } from '#goyaml/index';
import { KustomizeError } from '../errors.ts';
import {
  NULL_TAG,
  WrongKindError,
  become,
  clearField,
  entry,
  isMissingOrNull,
  isNull,
  setField,
} from '../fields/node.ts';

import { elementsOf, fieldOf, mergeListOf, type Place, type Schema } from '../schema/schema.ts';
import { mergeAssociative } from './associative.ts';

/** What a place becomes: a node (with a mark when it is a null to keep), or nothing. */
export type Merged = Node | undefined;

/** One merge; nodes of the patch become part of the result. */
export class StrategicMerge {
  readonly #schema: Schema | undefined;
  /** Nulls of the object itself, which stay where only nulls of a patch remove. */
  readonly #kept = new WeakSet<Node>();

  /** Without a schema no list merges, as for Helm values. */
  constructor(schema: Schema | undefined) {
    this.#schema = schema;
  }

  /** The object after the patch; undefined when the patch deletes it. */
  apply(target: Node, patch: Node): Node | undefined {
    return this.merge(target, patch, undefined);
  }

  merge(dest: Node | undefined, origin: Node | undefined, known: Place): Merged {
    const place = known ?? this.#ownPlace(dest) ?? this.#ownPlace(origin);
    const kind = kindOf(dest) ?? kindOf(origin);
    refuseOtherKind(dest, kind);
    refuseOtherKind(origin, kind);
    switch (kind) {
      case 'mapping':
      case undefined:
        return this.#mergeMap(dest, origin, place);
      case 'sequence':
        return mergeListOf(place) === undefined ? (origin ?? dest) : this.#mergeList(dest, origin, place);
      case 'scalar':
        return origin ?? dest;
      default:
        return undefined;
    }
  }

  /** An object within the object may say itself what kind it is. */
  #ownPlace(node: Node | undefined): Place {
    if (node === undefined || isNull(node) || node.kind !== 'mapping' || this.#schema === undefined) return undefined;
    const kind = entry(node, 'kind');
    const apiVersion = entry(node, 'apiVersion');
    if (kind?.kind !== 'scalar' || apiVersion?.kind !== 'scalar') return undefined;
    if (isNull(kind) || isNull(apiVersion)) return undefined;
    return this.#schema.ofKind(apiVersion.value, kind.value);
  }

  #mergeMap(dest: Node | undefined, origin: Node | undefined, place: Place): Merged {
    const result = this.#visitMap(dest, origin);
    if (result === undefined || isNull(result)) return result;
    const patched = origin === undefined || origin === result ? undefined : firstEntries(origin);
    const known = new Set<string>();
    const kept: Node[] = [];
    for (let i = 0; i < result.content.length; i += 2) {
      const key = result.content[i] as Node;
      const old = result.content[i + 1] as Node;
      const isTwin = known.has(key.value);
      known.add(key.value);
      const value = isTwin ? old : this.#mergeField(old, origin === result ? old : patched?.get(key.value), key, place);
      if (value !== undefined) kept.push(key, value);
    }
    result.content = kept;
    for (const name of [...(patched?.keys() ?? [])].filter((key) => !known.has(key)).toSorted(compareBytes)) {
      const value = this.merge(undefined, patched?.get(name), fieldOf(place, name));
      if (value !== undefined) setField(result, name, value);
    }
    return result;
  }

  /** The value of a field that is there; its node and its style stay, unless the merge removes it. */
  #mergeField(old: Node, patch: Node | undefined, key: Node, place: Place): Merged {
    const value = this.merge(old, patch, fieldOf(place, key.value));
    if (value === undefined || (isNull(value) && !this.#kept.has(value))) return undefined;
    if (value === old) return old;
    value.style = old.style;
    become(old, value);
    return old;
  }

  #visitMap(dest: Node | undefined, origin: Node | undefined): Merged {
    if (dest === undefined || isNull(dest)) {
      if (takeDirective(origin, true) === 'delete') return undefined;
      if (origin === undefined && dest !== undefined && dest.value !== '') {
        this.#kept.add(dest);
        return dest;
      }
      return origin;
    }
    if (isNull(origin)) return undefined;
    const directive = takeDirective(origin, false);
    if (directive === 'delete') return undefined;
    return directive === 'replace' ? origin : dest;
  }

  #mergeList(dest: Node | undefined, origin: Node | undefined, place: Place): Merged {
    let into = dest;
    if (isMissingOrNull(dest)) into = origin;
    else if (isNull(origin)) return undefined;
    else {
      const directive = takeListDirective(origin);
      if (directive === 'delete') return undefined;
      if (directive === 'replace') into = origin;
    }
    if (into === undefined) return undefined;
    const keys = mergeListOf(place)?.keys ?? [];
    const items = elementsOf(place);
    return mergeAssociative(into, origin, keys, (a, b) => this.merge(a, b, items));
  }
}

function kindOf(node: Node | undefined): Node['kind'] | undefined {
  return node === undefined || node.tag === NULL_TAG ? undefined : node.kind;
}

function refuseOtherKind(node: Node | undefined, kind: Node['kind'] | undefined): void {
  if (node !== undefined && kind !== undefined && node.tag !== NULL_TAG && node.kind !== kind && kind !== 'alias') {
    throw new WrongKindError(kind, node);
  }
}

function firstEntries(map: Node): Map<string, Node> {
  const entries = new Map<string, Node>();
  for (let i = 0; i < map.content.length; i += 2) {
    const name = map.content[i]?.value ?? '';
    if (!entries.has(name)) entries.set(name, map.content[i + 1] as Node);
  }
  return entries;
}

type Directive = 'merge' | 'replace' | 'delete';

const DIRECTIVE = '$patch';

/** Reads a `$patch` field and takes it off. `lenient`: one that is not known is left for later. */
function takeDirective(patch: Node | undefined, lenient: boolean): Directive {
  if (patch === undefined) return 'merge';
  if (patch.kind !== 'mapping') {
    if (lenient) return 'merge';
    throw new KustomizeError(`no implemented strategic merge patch strategy for '${patch.tag}' ('${patch.value}\n')`);
  }
  const node = entry(patch, DIRECTIVE);
  if (node === undefined) return 'merge';
  const { value } = node;
  if (value !== 'delete' && value !== 'replace' && value !== 'merge') {
    if (lenient) return 'merge';
    throw new KustomizeError(`unknown patch strategy '${value}'`);
  }
  clearField(patch, DIRECTIVE);
  return value;
}

/** A list's directive is an element with nothing else in it. */
function takeListDirective(patch: Node | undefined): Directive {
  if (patch === undefined) return 'merge';
  const element = patch.content.find((item) => item.kind === 'mapping' && entry(item, DIRECTIVE) !== undefined);
  if (element === undefined || element.content.length > 2) return 'merge';
  const value = entry(element, DIRECTIVE)?.value ?? '';
  if (value !== 'delete' && value !== 'replace' && value !== 'merge') {
    throw new KustomizeError(`unknown patch strategy '${value}'`);
  }
  patch.content = patch.content.filter((item) =>
    item.kind === 'mapping' && !isNull(item)
      ? item.content.length > 0 && entry(item, DIRECTIVE)?.value !== value
      : !isNull(item),
  );
  return value;
}
