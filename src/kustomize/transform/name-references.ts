// After names have changed: every place that refers to a renamed resource by its old name gets the new one.
import type { Node } from '#goyaml/index';
import { sigsMarshal } from '#goyaml/index';
import type { NameReference } from '../config/transformer-config.ts';
import { KustomizeError, wrapError, Suspended } from '../errors.ts';
import { compileSpec, visitSpec, type CompiledSpec } from '../fields/field-spec.ts';
import { entry, field, isMissingOrNull, isNull, plainNode, setField, setScalar } from '../fields/node.ts';
import { effectiveNamespace, idText, isSelected, type Gvk, type GvkSelector, type ResId } from '../resid.ts';
import { shownValue } from '../resource-state.ts';
import { sameAffixes, type Resource } from '../resource.ts';
import type { ResMap } from '../resmap.ts';

/** A field that may hold the name of a resource of a kind. */
interface ReferenceField {
  readonly spec: CompiledSpec;
  readonly target: GvkSelector;
}

export function fixNameReferences(resources: ResMap, references: readonly NameReference[]): void {
  const candidates = new Candidates(resources.resources);
  const fieldsOf = new Map<string, readonly ReferenceField[]>();
  for (const resource of resources.resources) {
    const original = resource.originalId;
    const key = `${original.kind}\n${original.version}\n${original.group}`;
    let fields = fieldsOf.get(key);
    if (fields === undefined) fieldsOf.set(key, (fields = referenceFields(references, original)));
    if (fields.length === 0) continue;
    // Nothing was renamed or moved: nothing to find. The check of subjects must be made all the same.
    const referrer = new Referrer(resource, candidates);
    if (!candidates.isEmpty) for (const reference of fields) referrer.fix(reference);
  }
  resources.changed();
}

function referenceFields(references: readonly NameReference[], gvk: Gvk): readonly ReferenceField[] {
  const fields: ReferenceField[] = [];
  for (const reference of references) {
    for (const spec of reference.fieldSpecs ?? []) {
      if (isSelected(gvk, spec)) fields.push({ spec: compileSpec({ path: spec.path }), target: reference });
    }
  }
  return fields;
}

interface Candidate {
  readonly resource: Resource;
  readonly id: ResId;
  readonly former: readonly ResId[];
  readonly namespace: string;
}

/** The resources that have had another identity, by the names they had. */
class Candidates {
  readonly #byName = new Map<string, Candidate[]>();
  /** Original effective namespaces, each with the current ones of the resources that came from it. */
  readonly #origins = new Map<string, Set<string>>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      if (resource.isEmpty) continue;
      const { id, formerIds: former } = resource;
      const namespace = effectiveNamespace(id);
      const origin = effectiveNamespace(former[0] ?? id);
      const current = this.#origins.get(origin);
      if (current === undefined) this.#origins.set(origin, new Set([namespace]));
      else current.add(namespace);
      if (former.length === 0) continue;
      const candidate: Candidate = { resource, id, former, namespace };
      for (const name of new Set(former.map((old) => old.name))) {
        const list = this.#byName.get(name);
        if (list === undefined) this.#byName.set(name, [candidate]);
        else list.push(candidate);
      }
    }
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  named(oldName: string): readonly Candidate[] {
    return this.#byName.get(oldName) ?? [];
  }

  /** Does any resource that came from this namespace live where `isVisible` says? */
  someFrom(origin: string, isVisible: (namespace: string) => boolean): boolean {
    return [...(this.#origins.get(origin) ?? [])].some(isVisible);
  }
}

const NOT_A_NAMESPACE = effectiveNamespace({ namespace: '', clusterScoped: true });

/** A resource whose references are looked at. */
class Referrer {
  readonly #resource: Resource;
  readonly #id: ResId;
  readonly #namespace: string;
  readonly #candidates: Candidates;
  /** Namespaces of the service accounts that a role binding names. */
  readonly #subjectNamespaces: ReadonlySet<string>;

  constructor(resource: Resource, candidates: Candidates) {
    this.#resource = resource;
    this.#id = resource.id;
    this.#namespace = effectiveNamespace(this.#id);
    this.#candidates = candidates;
    this.#subjectNamespaces = this.#id.clusterScoped ? new Set() : subjectNamespaces(resource);
  }

  fix({ spec, target }: ReferenceField): void {
    try {
      visitSpec(this.#resource.root, spec, undefined, (node) => this.#fixNode(node, spec, target));
    } catch (error) {
      if (error instanceof Suspended) throw error;
      throw wrapError(error, `updating name reference in '${spec.spec.path}' field of '${idText(this.#resource.id)}'`);
    }
  }

  #fixNode(node: Node, spec: CompiledSpec, target: GvkSelector): void {
    if (isMissingOrNull(node)) return;
    if (node.kind === 'scalar') this.#fixScalar(node, spec, target);
    else if (node.kind === 'mapping') this.#fixMap(node, spec, target);
    else {
      for (const item of node.content) {
        if (isNull(item)) continue;
        if (item.kind === 'scalar') this.#fixScalar(item, spec, target);
        else if (item.kind === 'mapping') this.#fixMap(item, spec, target);
        else throw new KustomizeError('node is expected to be either a string or a map of string');
      }
    }
  }

  #fixScalar(node: Node, spec: CompiledSpec, target: GvkSelector): void {
    const found = this.#select(node.value, { spec, target, fits: () => true, alike: sameNames });
    if (found === undefined) return;
    found.referredBy.push(idText(this.#id));
    if (found.name !== node.value) setScalar(node, found.name, '');
  }

  /** A map with a name, and perhaps a namespace that narrows the choice; both are written. */
  #fixMap(node: Node, spec: CompiledSpec, target: GvkSelector): void {
    const nameNode = field(node, 'name');
    if (nameNode === undefined) throw new KustomizeError("path config error; no 'name' field in node");
    const oldName = nameNode.value;
    const fits = this.#namespaceFilter(field(node, 'namespace')?.value);
    const found = this.#select(oldName, { spec, target, fits, alike: sameNamesAndNamespaces });
    if (found === undefined) return;
    found.referredBy.push(idText(this.#id));
    const { name, namespace } = found;
    if (name === oldName && namespace === '') return;
    setField(node, 'name', plainNode(name));
    if (namespace !== '') setField(node, 'namespace', plainNode(namespace));
  }

  /** Original namespaces count before current ones. */
  #namespaceFilter(namespace: string | undefined): (candidate: Candidate) => boolean {
    if (namespace === undefined) return () => true;
    if (namespace === NOT_A_NAMESPACE) return () => false;
    if (this.#candidates.someFrom(namespace, (current) => this.#canSeeNamespace(current))) {
      return ({ former }) => former[0] !== undefined && effectiveNamespace(former[0]) === namespace;
    }
    return (candidate) => candidate.namespace === namespace;
  }

  #canSeeNamespace(namespace: string): boolean {
    return (
      this.#id.clusterScoped ||
      namespace === NOT_A_NAMESPACE ||
      namespace === this.#namespace ||
      this.#subjectNamespaces.has(namespace)
    );
  }

  #canSee({ id, namespace, resource }: Candidate): boolean {
    if (this.#id.clusterScoped || id.clusterScoped || namespace === this.#namespace) return true;
    return this.#subjectNamespaces.has(resource.namespace);
  }

  #select(
    oldName: string,
    wanted: {
      readonly spec: CompiledSpec;
      readonly target: GvkSelector;
      readonly fits: (candidate: Candidate) => boolean;
      readonly alike: (resources: readonly Resource[]) => boolean;
    },
  ): Resource | undefined {
    const named = this.#candidates.named(oldName);
    if (named.length === 0) return undefined;
    const roleRef = wanted.spec.spec.path.endsWith('roleRef/name') ? roleRefOf(this.#resource.root) : undefined;
    let found = named
      .filter(
        (candidate) =>
          this.#canSee(candidate) &&
          wanted.fits(candidate) &&
          candidate.former.some((id) => isSelected(id, wanted.target)) &&
          (roleRef === undefined || candidate.former.some((id) => isSelected(id, roleRef))) &&
          this.#mayReach(candidate),
      )
      .map(({ resource }) => resource);
    if (found.length === 1) return found[0];
    found = found.filter((resource) => sameAffixes(resource, this.#resource, true));
    if (found.length > 1) found = found.filter((resource) => sameAffixes(resource, this.#resource, false));
    if (found.length < 2 || wanted.alike(found)) return found[0];
    throw this.#ambiguous(found);
  }

  /** The same namespace; anything cluster-scoped; service accounts, which bindings elsewhere may name. */
  #mayReach({ id, namespace }: Candidate): boolean {
    return this.#id.clusterScoped || id.clusterScoped || id.kind === 'ServiceAccount' || namespace === this.#namespace;
  }

  #ambiguous(found: readonly Resource[]): KustomizeError {
    const details = found.map((resource, i) => `--- possible referral ${i}:\n${shown(resource)}\n`);
    return new KustomizeError(
      `found multiple possible referrals: ${found.map(({ id }) => idText(id)).join(', ')}\n\n` +
        `**** Too many possible referral targets to referrer:\n${shown(this.#resource)}\n${details.join('')}`,
    );
  }
}

function shown(resource: Resource): string {
  return sigsMarshal(shownValue(resource));
}

function sameNames([first, ...rest]: readonly Resource[]): boolean {
  return rest.every(({ name }) => name === first?.name);
}

function sameNamesAndNamespaces([first, ...rest]: readonly Resource[]): boolean {
  return rest.every(({ name, namespace }) => name === first?.name && namespace === first.namespace);
}

function roleRefOf(root: Node): GvkSelector | undefined {
  const roleRef = entry(root, 'roleRef');
  const group = entry(roleRef, 'apiGroup');
  const kind = entry(roleRef, 'kind');
  return group === undefined || kind === undefined ? undefined : { group: group.value, kind: kind.value };
}

/** A binding may name service accounts of other namespaces; one whose namespace is left blank is a mistake. */
function subjectNamespaces(resource: Resource): ReadonlySet<string> {
  const namespaces = new Set<string>();
  if (resource.kind !== 'RoleBinding') return namespaces;
  const subjects = entry(resource.node, 'subjects');
  if (subjects?.kind !== 'sequence') return namespaces;
  for (const subject of subjects.content) {
    const namespace = entry(subject, 'namespace');
    if (namespace === undefined || entry(subject, 'kind')?.value !== 'ServiceAccount') continue;
    if (namespace.kind !== 'scalar' || (namespace.tag !== '!!str' && namespace.tag !== '')) {
      throw new KustomizeError(`Invalid Input: namespace is blank for resource "${idText(resource.id)}"\n`);
    }
    namespaces.add(namespace.value);
  }
  return namespaces;
}
