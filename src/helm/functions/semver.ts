// semver and semverCompare, and the version object that templates get.
import { ANY, BOOL, BYTES, GoError, GoInt, GoObject, INT, STRING, UINT64 } from '#gotemplate/index';
import type { GoMethod, GoType } from '#gotemplate/index';
import { SemverError, Version, parseConstraint, parseVersion } from '#lib/masterminds-semver';
import type { FunctionTable } from './conversion.ts';

/** *semver.Version, or the semver.Version that its Inc… methods give. */
class VersionValue extends GoObject {
  readonly version: Version;
  readonly type: GoType;

  constructor(version: Version, type: GoType) {
    super();
    this.version = version;
    this.type = type;
  }

  override stringer(): string {
    return this.version.toString();
  }

  override fields(): readonly (readonly [name: string, value: unknown])[] {
    const { major, minor, patch, prerelease, metadata, original } = this.version;
    return [
      ['major', new GoInt(UINT64, major)],
      ['minor', new GoInt(UINT64, minor)],
      ['patch', new GoInt(UINT64, patch)],
      ['pre', prerelease],
      ['metadata', metadata],
      ['original', original],
    ];
  }

  override json(): unknown {
    return this.version.toString();
  }

  override equals(other: GoObject): boolean {
    // Pointers are compared by what they point to only in reflect.DeepEqual, which is who asks.
    return other instanceof VersionValue && other.version.original === this.version.original;
  }
}

const text = (read: (version: Version) => string): GoMethod => ({
  params: [],
  result: STRING,
  fn: (receiver: VersionValue) => read(receiver.version),
});
const bytes = (read: (version: Version) => string): GoMethod => ({
  params: [],
  result: BYTES,
  fn: (receiver: VersionValue) => new TextEncoder().encode(read(receiver.version)),
});
const number = (read: (version: Version) => bigint): GoMethod => ({
  params: [],
  fn: (receiver: VersionValue) => new GoInt(UINT64, read(receiver.version)),
});
const next = (step: (version: Version) => Version): GoMethod => ({
  params: [],
  fn: (receiver: VersionValue) => new VersionValue(step(receiver.version), VALUE_TYPE),
});
const changed = (change: (version: Version, text: string) => Version): GoMethod => ({
  params: [STRING],
  fn: (receiver: VersionValue, value: string) =>
    new VersionValue(
      orFail(() => change(receiver.version, value)),
      VALUE_TYPE,
    ),
});

/** Methods of semver.Version, and so of the pointer too. */
const VALUE_METHODS: readonly (readonly [string, GoMethod])[] = [
  ['String', text((version) => version.toString())],
  ['Major', number((version) => version.major)],
  ['Minor', number((version) => version.minor)],
  ['Patch', number((version) => version.patch)],
  ['Prerelease', text((version) => version.prerelease)],
  ['Metadata', text((version) => version.metadata)],
  ['MarshalText', bytes((version) => version.toString())],
  ['MarshalJSON', bytes((version) => `"${version.toString()}"`)],
  ['IncPatch', next((version) => version.incPatch())],
  ['IncMinor', next((version) => version.incMinor())],
  ['IncMajor', next((version) => version.incMajor())],
  ['SetPrerelease', changed((version, value) => version.withPrerelease(value))],
  ['SetMetadata', changed((version, value) => version.withMetadata(value))],
];

const VALUE_TYPE: GoType = { name: 'semver.Version', kind: 'struct', methods: new Map(VALUE_METHODS) };

/** The pointer's methods take pointers, so its type refers to itself. */
function pointerType(): GoType {
  const methods = new Map(VALUE_METHODS);
  const type: GoType = { name: '*semver.Version', kind: 'ptr', elem: VALUE_TYPE, methods };
  const comparing = (name: string, compare: (order: number) => boolean): void => {
    methods.set(name, {
      params: [type],
      result: BOOL,
      fn: (receiver: VersionValue, other: VersionValue) => compare(receiver.version.compare(other.version)),
    });
  };
  methods.set(
    'Original',
    text((version) => version.original),
  );
  methods.set('Compare', {
    params: [type],
    result: INT,
    fn: (receiver: VersionValue, other: VersionValue) => receiver.version.compare(other.version),
  });
  comparing('LessThan', (order) => order < 0);
  comparing('LessThanEqual', (order) => order <= 0);
  comparing('GreaterThan', (order) => order > 0);
  comparing('GreaterThanEqual', (order) => order >= 0);
  comparing('Equal', (order) => order === 0);
  return type;
}

const POINTER_TYPE = pointerType();

function orFail<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof SemverError) throw new GoError(error.message, { cause: error });
    throw error;
  }
}

export const semverFunctions: FunctionTable = {
  semver: {
    params: [STRING],
    result: ANY,
    fn: (version: string) =>
      new VersionValue(
        orFail(() => parseVersion(version)),
        POINTER_TYPE,
      ),
  },
  semverCompare: {
    params: [STRING, STRING],
    result: BOOL,
    // The constraint is read first, and its error wins.
    fn: (constraint: string, version: string) => orFail(() => parseConstraint(constraint).check(parseVersion(version))),
  },
};
