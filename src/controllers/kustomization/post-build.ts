// Post-build substitution: variables put into the text of each built object, which is read again afterwards.
import { parseApiVersion } from '#api/group-version';
import { mergeVariables, substitute, type Variables } from '#envsubst/index';
import { sigsMarshal, unmarshalJSON, yamlToJSON, type GoObject, type GoValue } from '#goyaml/index';
import { CodedError, errorMessage } from '#lib/errors';

export interface PostBuild {
  readonly variables: Variables;
  /** A variable that is not set is an error where nothing else stands in for it. */
  readonly strict: boolean;
}

const optOut = 'kustomize.toolkit.fluxcd.io/substitute';

/** The objects with variables expanded. Throws an error that names the object and what is wrong with it. */
export function substituteObjects(objects: readonly GoObject[], { variables, strict }: PostBuild): GoObject[] {
  return objects.map((object) => {
    if (isOptedOut(object)) return object;
    try {
      return substituteObject(object, mergeVariables([variables]), strict);
    } catch (error) {
      const message = `post build failed for '${subjectOf(object)}': envsubst error: ${errorMessage(error)}`;
      throw new CodedError('BUILD_FAILED', message, { cause: error });
    }
  });
}

function substituteObject(object: GoObject, variables: Variables, strict: boolean): GoObject {
  const text = sigsMarshal(object);
  if (!text.includes('$')) return object;
  const expanded = labelled('variable substitution failed', () =>
    substitute(text, variables, { strict: strict ? 'bare' : 'off' }),
  );
  const value = labelled('YAMLToJSON', () => unmarshalJSON(yamlToJSON(expanded), { integers: 'bigint' }));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('YAMLToJSON: not an object');
  return numbersOf(value) as GoObject;
}

function labelled<T>(label: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${label}: ${errorMessage(error)}`, { cause: error });
  }
}

/** Integers as the engine hands them out: only those beyond 2^53 are bigints. */
function numbersOf(value: GoValue): GoValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(numbersOf);
  if (typeof value !== 'object' || value === null) return value;
  // fromEntries defines properties: a key such as __proto__ stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, numbersOf(field)]));
}

interface Named {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>> | null;
    readonly annotations?: Readonly<Record<string, string>> | null;
  } | null;
}

function isOptedOut(object: GoObject): boolean {
  const { metadata } = object as Named;
  return metadata?.labels?.[optOut] === 'disabled' || metadata?.annotations?.[optOut] === 'disabled';
}

/** `Kind.version.group/name`, as kustomize prints it. */
export function subjectOf(object: GoObject): string {
  const { apiVersion = '', kind = '', metadata } = object as Named;
  const { group, version } = parseApiVersion(apiVersion);
  return `${kind}.${version}.${group === '' ? '[noGrp]' : group}/${metadata?.name ?? ''}`;
}
