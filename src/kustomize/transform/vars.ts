// `$(NAME)` in fields of resources, replaced by values of fields of other resources.
import { parseApiVersion } from '#api/group-version';
import { Node, formatFloatG, nodeToValue, type GoValue } from '#goyaml/index';
import { KustomizeError } from '../errors.ts';
import { SpecList, type FieldSpec } from '../fields/field-spec.ts';
import { isMissingOrNull, isString } from '../fields/node.ts';
import { lookup, splitBracketedPath } from '../fields/path.ts';
import type { Var } from '../kustomization/types.ts';
import { effectiveNamespace, gvkText, sameGvk, type Gvk } from '../resid.ts';
import type { Resource } from '../resource.ts';
import type { ResMap } from '../resmap.ts';

/** A var with its defaults filled in. */
export interface ResolvedVar {
  readonly name: string;
  readonly gvk: Gvk;
  readonly apiVersion: string;
  readonly target: { readonly name: string; readonly namespace: string };
  readonly fieldPath: string;
}

/** The vars of a layer; each name only once, even for the same var. */
export class VarSet {
  readonly #vars = new Map<string, ResolvedVar>();

  /** In order of their names. */
  get vars(): readonly ResolvedVar[] {
    return [...this.#vars.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  add(variable: ResolvedVar): void {
    if (this.#vars.has(variable.name)) throw new KustomizeError(`var '${variable.name}' already encountered`);
    this.#vars.set(variable.name, variable);
  }

  addAll(other: VarSet): void {
    for (const variable of other.vars) this.add(variable);
  }
}

/** Binds the vars of a kustomization to the resources it has so far. */
export function bindVars(vars: readonly Var[], into: VarSet, resources: ResMap): void {
  const resolved = vars.map(resolveVar);
  for (const variable of resolved) {
    const matched = targetsOf(variable, resources);
    const [target, second] = matched;
    if (second !== undefined) {
      throw new KustomizeError(
        `found ${matched.length} resId matches for var ${varText(variable)} (unable to disambiguate)`,
      );
    }
    if (target !== undefined) target.varNames = [...target.varNames, variable.name];
  }
  for (const variable of resolved) into.add({ ...variable, fieldPath: variable.fieldPath || 'metadata.name' });
}

function resolveVar({ name = '', objref = {}, fieldref = {} }: Var): ResolvedVar {
  const gvk = { group: objref.group ?? '', version: objref.version ?? '', kind: objref.kind ?? '' };
  const apiVersion = objref.apiVersion ?? '';
  return {
    name,
    gvk: apiVersion === '' ? gvk : { ...gvk, ...versionParts(apiVersion, gvk) },
    apiVersion,
    target: { name: objref.name ?? '', namespace: objref.namespace ?? '' },
    fieldPath: fieldref.fieldPath ?? '',
  };
}

function versionParts(apiVersion: string, gvk: Gvk): Partial<Gvk> {
  const slashes = apiVersion.split('/').length - 1;
  if (slashes > 1) return {};
  return slashes === 1 ? parseApiVersion(apiVersion) : { group: gvk.group, version: apiVersion };
}

/** Without a namespace, a var's target may live in any. */
function targetsOf({ gvk, target }: ResolvedVar, resources: ResMap): readonly Resource[] {
  const namespace = effectiveNamespace({ namespace: target.namespace, clusterScoped: false });
  return resources.index
    .byAnyName(target.name)
    .filter((resource) =>
      [...resource.formerIds, resource.id].some(
        (id) =>
          id.name === target.name &&
          sameGvk(id, gvk) &&
          (target.namespace === '' || effectiveNamespace(id) === namespace),
      ),
    );
}

/** As messages show a var: `{NAME Kind.version.group {path}}`. */
function varText({ name, gvk, fieldPath }: ResolvedVar): string {
  return `{${name} ${gvkText(gvk)} {${fieldPath}}}`;
}

/** As messages show the list of a kustomization's vars. */
export function varsText(vars: readonly Var[]): string {
  const texts = vars.map((variable) => {
    const { group = '', version = '', kind = '' } = variable.objref ?? {};
    return varText({ ...resolveVar(variable), gvk: { group, version, kind } });
  });
  return `[${texts.join(' ')}]`;
}

type VarValue = string | number | bigint | boolean;

/** Replaces all vars; names that were never found go to `warn`. */
export function replaceVars(
  resources: ResMap,
  vars: VarSet,
  context: { readonly fieldSpecs: readonly FieldSpec[]; readonly warn: (text: string) => void },
): void {
  const values = new Map<string, GoValue>();
  for (const variable of vars.vars) values.set(variable.name, valueOfVar(variable, resources));
  if (values.size === 0) return;
  const replacer = new Replacer(values);
  const specs = new SpecList(context.fieldSpecs);
  for (const resource of resources.resources) {
    if (resource.isEmpty) continue;
    specs.visit(resource.root, resource.gvk, undefined, (node) => replacer.visit(node));
  }
  resources.changed();
  const unused = [...values.keys()].filter((name) => !replacer.used.has(name));
  if (unused.length > 0) context.warn(`well-defined vars that were never replaced: ${unused.join(',')}`);
}

function valueOfVar(variable: ResolvedVar, resources: ResMap): GoValue {
  const source = resources.resources.find(({ varNames }) => varNames.includes(variable.name));
  if (source === undefined) {
    throw new KustomizeError(`var '${varText(variable)}' cannot be mapped to a field in the set of known resources`);
  }
  const missing = (): KustomizeError =>
    new KustomizeError(`field specified in var '${varText(variable)}' not found in corresponding resource`);
  let node: Node | undefined;
  try {
    node = lookup(source.root, splitBracketedPath(variable.fieldPath).flatMap(splitIndex));
  } catch {
    throw missing();
  }
  if (node === undefined) throw missing();
  if (node.kind !== 'scalar') return nodeToValue(node);
  return node.tag === '!!int' || node.tag === '!!float' || node.tag === '!!bool' ? nodeToValue(node) : node.value;
}

/** `ports[0]` is two steps. */
function splitIndex(part: string): string[] {
  const found = /^(.*)\[(\d+)\]$/.exec(part);
  if (found === null) return [part];
  const [, name = '', index = ''] = found;
  return name === '' ? [index] : [name, index];
}

class Replacer {
  readonly used = new Set<string>();
  readonly #values: ReadonlyMap<string, GoValue>;

  constructor(values: ReadonlyMap<string, GoValue>) {
    this.#values = values;
  }

  visit(node: Node): void {
    if (isMissingOrNull(node)) return;
    switch (node.kind) {
      case 'scalar':
        if (isString(node)) this.#replace(node);
        return;
      case 'mapping':
        this.#visitMap(node);
        return;
      case 'sequence':
        for (const item of node.content) {
          if (!isString(item)) throw new KustomizeError('invalid value type expect a string');
          this.#replace(item);
        }
        return;
      default:
        throw new KustomizeError('invalid type encountered');
    }
  }

  #visitMap(node: Node): void {
    for (let i = 0; i < node.content.length; i += 2) {
      const key = node.content[i] as Node;
      const value = node.content[i + 1] as Node;
      if (!isString(key)) {
        throw new KustomizeError(`invalid map key: value='${key.value}', tag='${key.tag}'`);
      }
      if (isString(value)) this.#replace(value);
    }
  }

  #replace(node: Node): void {
    const result = this.#expand(node.value);
    node.style = 0;
    if (typeof result === 'string') {
      node.value = result;
      node.tag = '!!str';
    } else {
      node.value = typeof result === 'number' ? plainFloat(result) : String(result);
      node.tag =
        typeof result === 'boolean'
          ? '!!bool'
          : Number.isInteger(result) || typeof result === 'bigint'
            ? '!!int'
            : '!!float';
    }
  }

  /** `$$` is a dollar; what is no var stays as it is; a text that is one var and nothing else takes its type. */
  #expand(text: string): VarValue {
    if (!text.includes('$')) return text;
    let out = '';
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      if (text[at] !== '$' || at + 1 >= text.length) continue;
      out += text.slice(from, at);
      const next = text[at + 1];
      const close = next === '(' ? text.indexOf(')', at + 2) : -1;
      if (close >= 0) {
        const name = text.slice(at + 2, close);
        const value = this.#valueOf(name);
        if (at === 0 && close === text.length - 1) return value;
        out += typeof value === 'number' && !Number.isInteger(value) ? goFloat(value) : String(value);
        at = close;
      } else {
        out += next === '$' ? '$' : `$${next}`;
        at++;
      }
      from = at + 1;
    }
    return out + text.slice(from);
  }

  #valueOf(name: string): VarValue {
    const value = this.#values.get(name);
    if (value === undefined || value === null || typeof value === 'object') return `$(${name})`;
    this.used.add(name);
    return value;
  }
}

/** strconv.FormatFloat(value, 'f', -1, 64). */
function plainFloat(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '') : text;
}

/** `%v`. */
function goFloat(value: number): string {
  const magnitude = Math.abs(value);
  return magnitude >= 1e-4 && magnitude < 1e21 ? String(value) : formatFloatG(value);
}
