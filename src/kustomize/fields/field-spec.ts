// Field specs: which fields of which kinds a transformer touches.
import { parseApiVersion } from '#api/group-version';
import type { Node, NodeKind } from '#goyaml/index';
import { KustomizeError, Suspended, wrapError } from '../errors.ts';
import { idText, isSelected, type Gvk, type GvkSelector } from '../resid.ts';
import { WrongKindError, entry, isNilOrEmpty, isNull } from './node.ts';
import { lookupCreate, splitPath } from './path.ts';

export interface FieldSpec extends GvkSelector {
  readonly path: string;
  readonly create?: boolean;
}

/** What an edit may make of a missing or null field. */
export interface Creation {
  readonly kind: NodeKind;
  readonly tag: string;
}

export type FieldVisitor = (node: Node) => void;

interface Part {
  readonly name: string;
  /** Written with `[]`: a list that is never made. */
  readonly list: boolean;
}

/** A field spec with its path taken apart. */
export interface CompiledSpec {
  readonly spec: FieldSpec;
  readonly parts: readonly Part[];
}

export function compileSpec(spec: FieldSpec): CompiledSpec {
  const parts = splitPath(spec.path, '/').map((name) =>
    name.endsWith('[]') ? { name: name.slice(0, -2), list: true } : { name, list: false },
  );
  return { spec, parts };
}

/** Visits the fields that a spec leads to in an object whose kind it was chosen for. */
export function visitSpec(
  root: Node,
  compiled: CompiledSpec,
  creation: Creation | undefined,
  visit: FieldVisitor,
): void {
  try {
    walk(root, compiled, 0, { creation: compiled.spec.create === true ? creation : undefined, visit });
  } catch (error) {
    if (error instanceof Suspended) throw error;
    throw new FieldError(error, compiled.spec.path, root);
  }
}

/** Names the field and the object; the cause stays within reach. */
class FieldError extends KustomizeError {
  constructor(cause: unknown, path: string, root: Node) {
    super(wrapError(cause, `considering field '${path}' of object ${objectText(root)}`).message, { cause });
  }
}

/** The wrong kind at the bottom of a failure, if that is what it was. */
export function wrongKindOf(error: unknown): WrongKindError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof WrongKindError) return e;
  return undefined;
}

function objectText(root: Node): string {
  const metadata = entry(root, 'metadata');
  const text = (name: string): string => {
    const node = entry(metadata, name);
    return isNilOrEmpty(node) ? '' : (node?.value ?? '');
  };
  return idText({
    ...parseApiVersion(entry(root, 'apiVersion')?.value ?? ''),
    kind: entry(root, 'kind')?.value ?? '',
    name: text('name'),
    namespace: text('namespace'),
  });
}

interface Walk {
  readonly creation: Creation | undefined;
  readonly visit: FieldVisitor;
}

function walk(node: Node, compiled: CompiledSpec, depth: number, ctx: Walk): void {
  const part = compiled.parts[depth];
  if (part === undefined) {
    ctx.visit(node);
    return;
  }
  if (isNull(node)) return;
  switch (node.kind) {
    case 'mapping':
      walkMap(node, compiled, depth, ctx);
      return;
    case 'sequence':
      walkList(node, compiled, depth, ctx);
      return;
    case 'alias':
      if (node.alias !== undefined) walk(node.alias, compiled, depth, ctx);
      return;
    default:
      throw new KustomizeError('expected sequence or mapping node');
  }
}

function walkList(node: Node, compiled: CompiledSpec, depth: number, ctx: Walk): void {
  try {
    for (const item of node.content) walk(item, compiled, depth, ctx);
  } catch (error) {
    const rest = compiled.parts.slice(depth).map(({ name, list }) => (list ? `${name}[]` : name));
    throw wrapError(error, `visit traversal on path: [${rest.join(' ')}]`);
  }
}

function walkMap(node: Node, compiled: CompiledSpec, depth: number, ctx: Walk): void {
  const part = compiled.parts[depth] as Part;
  if (part.name === '') throw new KustomizeError('cannot set or create an empty field name');
  const last = depth === compiled.parts.length - 1;
  let found = entry(node, part.name);
  const make = ctx.creation === undefined || part.list ? undefined : last ? ctx.creation : MAP;
  if (found === undefined) {
    if (make === undefined) return;
    found = lookupCreate(node, make.kind, [part.name]);
  } else if (isNull(found)) {
    if (make !== undefined) {
      found.kind = make.kind;
      found.tag = make.tag;
    } else if (part.list) {
      found.kind = 'sequence';
      found.tag = '';
    }
  }
  walk(found, compiled, depth + 1, ctx);
}

const MAP: Creation = { kind: 'mapping', tag: '!!map' };

/** A list of specs, with those of each kind picked once. */
export class SpecList {
  readonly #specs: readonly CompiledSpec[];
  readonly #byKind = new Map<string, readonly CompiledSpec[]>();

  constructor(specs: readonly FieldSpec[]) {
    this.#specs = specs.map(compileSpec);
  }

  for(gvk: Gvk): readonly CompiledSpec[] {
    const key = `${gvk.kind}\n${gvk.version}\n${gvk.group}`;
    let chosen = this.#byKind.get(key);
    if (chosen === undefined) {
      chosen = this.#specs.filter(({ spec }) => isSelected(gvk, spec));
      this.#byKind.set(key, chosen);
    }
    return chosen;
  }

  visit(root: Node, gvk: Gvk, creation: Creation | undefined, visit: FieldVisitor): void {
    for (const spec of this.for(gvk)) visitSpec(root, spec, creation, visit);
  }
}

/** Adds specs that are not there yet; the same field with another `create` is a conflict. */
export function mergeSpecs(into: readonly FieldSpec[], more: readonly FieldSpec[]): readonly FieldSpec[] {
  if (more.length === 0) return into;
  const out = [...into];
  const byPath = Map.groupBy(out, (spec) => spec.path);
  for (const spec of more) {
    const gvk = { group: spec.group ?? '', version: spec.version ?? '', kind: spec.kind ?? '' };
    const known = byPath
      .get(spec.path)
      ?.find((x) => isSelected({ group: x.group ?? '', version: x.version ?? '', kind: x.kind ?? '' }, gvk));
    if (known !== undefined) {
      if ((known.create ?? false) !== (spec.create ?? false)) throw new KustomizeError('conflicting fieldspecs');
      continue;
    }
    out.push(spec);
    const list = byPath.get(spec.path);
    if (list === undefined) byPath.set(spec.path, [spec]);
    else list.push(spec);
  }
  return out;
}
