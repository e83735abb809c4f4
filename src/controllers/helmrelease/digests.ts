// Digests by which a HelmRelease recognises what it made, byte for byte as Flux computes them.
import { createHash } from 'node:crypto';
import type { HelmRelease } from '#api/helm/helmrelease';
import { encodeV2Bytewise, marshalJSON, setKey, type GoObject, type GoValue } from '#goyaml/index';
import type { RecordedHook, ReleaseRecord, ValuesMap } from '#helm/index';

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** What a release is told apart by: everything in it that somebody else's change would change. */
export function releaseDigest(record: ReleaseRecord, ociDigest = ''): string {
  return sha256(observation(record, ociDigest));
}

/** Whether the release is the one the digest was made of; undefined when the digest cannot be read. */
export function verifyRelease(digest: string, record: ReleaseRecord, ociDigest = ''): boolean | undefined {
  return isDigestOf(digest, observation(record, ociDigest));
}

/** Whether the values are those the digest was made of, which may be by another algorithm than ours. */
export function verifyValues(digest: string, values: ValuesMap): boolean {
  return isDigestOf(digest, valuesText(values)) === true;
}

function isDigestOf(digest: string, text: string): boolean | undefined {
  const [, algorithm, hex = ''] = /^(sha1|sha256|sha384|sha512):([0-9a-f]+)$/.exec(digest) ?? [];
  if (algorithm === undefined) return undefined;
  const own = createHash(algorithm).update(text).digest('hex');
  return own.length === hex.length ? own === hex : undefined;
}

/** The observation as Go encodes it: fields in the order of its struct, one line. */
function observation(record: ReleaseRecord, ociDigest: string): string {
  const { first_deployed, last_deployed, deleted, description, status, notes } = record.info;
  const hooks = (record.hooks ?? []).filter(({ events = [] }) => !events.includes('test'));
  const { config = {} } = record;
  const parts = [
    `"name":${json(record.name)}`,
    `"version":${record.version}`,
    `"info":${struct({
      first_deployed,
      last_deployed,
      deleted,
      ...(description && { description }),
      ...(status && { status }),
      ...(notes && { notes }),
    })}`,
    `"chartMetadata":${struct(record.chart?.metadata ?? {})}`,
    `"config":${Object.keys(config).length === 0 ? 'null' : json(config as GoValue)}`,
    `"manifest":${json(record.manifest ?? '')}`,
    `"hooks":${hooks.length === 0 ? 'null' : `[${hooks.map(hookText).join(',')}]`}`,
    `"namespace":${json(record.namespace)}`,
    ...(ociDigest === '' ? [] : [`"ociDigest":${json(ociDigest)}`]),
  ];
  return `{${parts.join(',')}}\n`;
}

function json(value: GoValue): string {
  return marshalJSON(value);
}

/** Fields in the order given. Maps within chart metadata (annotations) were sorted when they were recorded. */
function struct(value: unknown): string {
  return marshalJSON(value as GoValue, { sortKeys: false });
}

function hookText(hook: RecordedHook): string {
  const { name, kind, path, manifest, events, last_run: run, weight } = hook;
  const { delete_policies: deletePolicies, output_log_policies: outputPolicies } = hook;
  return struct({
    ...(name && { name }),
    ...(kind && { kind }),
    ...(path && { path }),
    ...(manifest && { manifest }),
    ...(events && events.length > 0 && { events }),
    last_run: { started_at: run.started_at, completed_at: run.completed_at, phase: run.phase },
    ...(weight && { weight }),
    ...(deletePolicies && deletePolicies.length > 0 && { delete_policies: deletePolicies }),
    ...(outputPolicies && outputPolicies.length > 0 && { output_log_policies: outputPolicies }),
  });
}

/** Of values: of their YAML with sorted keys, whole numbers as integers; of nothing when there are none. */
export function configDigest(values: ValuesMap = {}): string {
  return sha256(valuesText(values));
}

function valuesText(values: ValuesMap): string {
  return Object.keys(values).length === 0 ? '' : encodeV2Bytewise(withIntegers(values as GoValue));
}

/** Go's YAML reads as whole numbers what fits into 64 bits, with a sign or without. */
function withIntegers(value: GoValue): GoValue {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 64 ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map(withIntegers);
  if (typeof value !== 'object' || value === null) return value;
  const out: GoObject = {};
  for (const [key, item] of Object.entries(value)) setKey(out, key, withIntegers(item));
  return out;
}

/** Of spec.postRenderers; empty when it is left out. */
export function postRenderersDigest(renderers: HelmRelease['spec']['postRenderers']): string {
  if (renderers === undefined) return '';
  const shaped = renderers.map(({ kustomize }) => ({
    ...(kustomize !== undefined && { kustomize: kustomizeShape(kustomize) }),
  }));
  return sha256(`${struct(shaped)}\n`);
}

type Kustomize = NonNullable<NonNullable<HelmRelease['spec']['postRenderers']>[number]['kustomize']>;

function kustomizeShape({ patches = [], images = [] }: Kustomize): object {
  return {
    ...(patches.length > 0 && {
      patches: patches.map(({ patch, target }) => ({
        patch,
        ...(target !== undefined && {
          target: inOrder(target, [
            'group',
            'version',
            'kind',
            'namespace',
            'name',
            'annotationSelector',
            'labelSelector',
          ]),
        }),
      })),
    }),
    ...(images.length > 0 && {
      images: images.map(({ name, ...rest }) => ({ name, ...inOrder(rest, ['newName', 'newTag', 'digest']) })),
    }),
  };
}

function inOrder<T extends object>(value: T, keys: readonly (keyof T)[]): Partial<T> {
  const out: Partial<T> = {};
  for (const key of keys) if (value[key]) out[key] = value[key];
  return out;
}

/** Of spec.commonMetadata; empty when there is none. */
export function commonMetadataDigest(metadata: HelmRelease['spec']['commonMetadata']): string {
  if (metadata === undefined) return '';
  const { annotations = {}, labels = {} } = metadata;
  const shaped = {
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
  return sha256(`${marshalJSON(shaped)}\n`);
}
