// Moves resources into a namespace, and with them the places that name it.
import type { Node } from '#goyaml/index';
import { marshalJSON } from '#goyaml/index';
import { KustomizeError, withPrefix, wrapError } from '../errors.ts';
import { SpecList, wrongKindOf, type Creation, type FieldSpec } from '../fields/field-spec.ts';
import { entry, expectKind, field, isMissingOrNull, isNilOrEmpty, setScalar } from '../fields/node.ts';
import { lookupCreate } from '../fields/path.ts';
import { quote } from '../go-text.ts';
import { shownValue } from '../resource-state.ts';
import type { Resource } from '../resource.ts';
import type { ResMap } from '../resmap.ts';
import type { Step } from './step.ts';

/** Which subjects of role bindings get the namespace. */
export type SubjectMode = 'defaultOnly' | 'allServiceAccounts' | 'none';

export interface NamespaceOptions {
  readonly namespace: string;
  readonly fieldSpecs: readonly FieldSpec[];
  /** Only where there is none yet. */
  readonly unsetOnly?: boolean;
  readonly subjects?: string;
}

const SCALAR: Creation = { kind: 'scalar', tag: '!!str' };
const BINDINGS: ReadonlySet<string> = new Set(['RoleBinding', 'ClusterRoleBinding']);

export function namespaceStep(options: NamespaceOptions): Step {
  const { namespace, unsetOnly = false } = options;
  const mode = subjectMode(options.subjects ?? '');
  const set = (node: Node): void => {
    if (unsetOnly && !isBlank(node)) return;
    setScalar(node, namespace, '!!str');
  };
  const inAnyVersion = specsFor(options.fieldSpecs, false);
  const inV1 = specsFor(options.fieldSpecs, true);
  return (resources) => {
    if (namespace === '') return;
    for (const resource of resources.resources) {
      if (resource.isEmpty) continue;
      resource.rememberId();
      move(resource, set, mode, resource.apiVersion === 'v1' ? inV1 : inAnyVersion);
      resources.touched(resource);
      refuseConflict(resources, resource);
    }
  };
}

/** The namespace of an object itself needs no spec; names are namespaces only in the core group. */
function specsFor(specs: readonly FieldSpec[], core: boolean): { readonly all: SpecList; readonly bindings: SpecList } {
  const all = specs.filter(({ path }) => path !== 'metadata/namespace' && (core || path !== 'metadata/name'));
  const bindings = all.filter(({ kind = '', path }) => !(BINDINGS.has(kind) && path === 'subjects/namespace'));
  return { all: new SpecList(all), bindings: new SpecList(bindings) };
}

function subjectMode(text: string): SubjectMode {
  if (text === '') return 'defaultOnly';
  if (text === 'defaultOnly' || text === 'allServiceAccounts' || text === 'none') return text;
  throw new KustomizeError(
    `invalid value ${quote(text)} for setRoleBindingSubjects: ` +
      'must be one of "defaultOnly", "none" or "allServiceAccounts"',
  );
}

function isBlank(node: Node): boolean {
  return isNilOrEmpty(node) || node.kind !== 'scalar' || node.value === '';
}

function move(
  resource: Resource,
  set: (node: Node) => void,
  mode: SubjectMode,
  specs: { readonly all: SpecList; readonly bindings: SpecList },
): void {
  const { id } = resource;
  if (!id.clusterScoped) OWN_NAMESPACE.visit(resource.root, id, SCALAR, set);
  const isBinding = BINDINGS.has(id.kind);
  if (isBinding) moveSubjects(resource.root, set, mode);
  try {
    (isBinding ? specs.bindings : specs.all).visit(resource.root, id, SCALAR, set);
  } catch (error) {
    const wrong = wrongKindOf(error);
    throw wrapError(
      error,
      wrong !== undefined && wrong.actual !== 'scalar'
        ? 'namespace field specs must target scalar nodes'
        : 'namespace transformation failed',
    );
  }
}

const OWN_NAMESPACE = new SpecList([{ path: 'metadata/namespace', create: true }]);

function moveSubjects(root: Node, set: (node: Node) => void, mode: SubjectMode): void {
  if (mode === 'none') return;
  const subjects = entry(root, 'subjects');
  if (subjects === undefined || isMissingOrNull(subjects)) return;
  const [name, value] = mode === 'defaultOnly' ? ['name', 'default'] : ['kind', 'ServiceAccount'];
  withPrefix('setting namespace on (cluster)role binding subjects', () => {
    expectKind(subjects, 'sequence');
    for (const subject of subjects.content) {
      if (field(subject, name)?.value === value) set(lookupCreate(subject, 'scalar', ['namespace']));
    }
  });
}

function refuseConflict(resources: ResMap, resource: Resource): void {
  const same = resources.index.byId(resource.id);
  if (same.length === 1) return;
  const texts = same
    .toSorted((a, b) => a.position - b.position)
    .map((conflicting) => marshalJSON(shownValue(conflicting)));
  throw new KustomizeError(`namespace transformation produces ID conflict: [${texts.join(' ')}]`);
}
