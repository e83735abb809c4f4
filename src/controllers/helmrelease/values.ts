// The values of a release: references in their order, and the inline values over them, merged by Flux's rules.
import type { HelmRelease } from '#api/helm/helmrelease';
import { sigsUnmarshal } from '#goyaml/index';
import { mergeMaps, parseSet, parseSetString, type ValuesMap } from '#helm/index';
import type { KubeClient } from '#kube/client';
import { configMaps, secrets, type DataObject } from '#kube/resources';
import { isNotFound } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import { namespaceOf } from './helmrelease.ts';

type ValuesReference = NonNullable<HelmRelease['spec']['valuesFrom']>[number];

/** What a reference names could not be had, or not be used. Its message holds no value. */
export class ValuesReferenceError extends Error {
  constructor(ref: ValuesReference, namespace: string, reason: string, options?: ErrorOptions) {
    const optional = ref.optional === true ? 'optional ' : '';
    super(
      `could not resolve ${optional}${ref.kind} chart values reference '${namespace}/${ref.name}' ` +
        `with key '${keyOfReference(ref)}': ${reason}`,
      options,
    );
    this.name = 'ValuesReferenceError';
  }
}

function keyOfReference({ valuesKey }: ValuesReference): string {
  return valuesKey || 'values.yaml';
}

/** Composes the values of a HelmRelease. Each object is read once. Throws what keeps them from being whole. */
export async function composeValues(
  object: HelmRelease,
  client: Pick<KubeClient, 'get'>,
  signal: AbortSignal,
): Promise<ValuesMap> {
  // Paths set below write into maps and lists in place, as upstream does: the cached spec must not be one of them.
  const inline = structuredClone((object.spec.values ?? {}) as ValuesMap);
  const namespace = namespaceOf(object);
  const known = new Map<string, Readonly<Record<string, string>> | undefined>();
  let values: ValuesMap = {};
  for (const ref of object.spec.valuesFrom ?? []) {
    const data = await dataOf(ref, namespace, { client, signal, known });
    const key = keyOfReference(ref);
    if (data === undefined || !Object.hasOwn(data, key)) {
      if (ref.optional === true) continue;
      throw new ValuesReferenceError(ref, namespace, data === undefined ? 'resource not found' : 'key not found');
    }
    try {
      values = merged(ref, data[key] ?? '', values, inline);
    } catch (cause) {
      throw new ValuesReferenceError(ref, namespace, errorMessage(cause), { cause });
    }
  }
  return mergeMaps(values, inline);
}

interface Reading {
  readonly client: Pick<KubeClient, 'get'>;
  readonly signal: AbortSignal;
  readonly known: Map<string, Readonly<Record<string, string>> | undefined>;
}

async function dataOf(
  ref: ValuesReference,
  namespace: string,
  { client, signal, known }: Reading,
): Promise<Readonly<Record<string, string>> | undefined> {
  const id = `${ref.kind}/${ref.name}`;
  if (known.has(id)) return known.get(id);
  let data: Record<string, string>;
  try {
    const resource = ref.kind === 'Secret' ? secrets : configMaps;
    const found = await client.get<DataObject>(resource, { namespace, name: ref.name }, { signal });
    data = ref.kind === 'Secret' ? decoded(found.data) : { ...found.data };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    known.set(id, undefined);
    if (ref.optional === true) return undefined;
    throw new ValuesReferenceError(ref, namespace, errorMessage(error), { cause: error });
  }
  known.set(id, data);
  return data;
}

function decoded(data: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

function merged(ref: ValuesReference, text: string, values: ValuesMap, inline: ValuesMap): ValuesMap {
  if (!ref.targetPath) return mergeMaps(values, readValues(text));
  // Maps that only the inline values have are shared by this merge, so that what is set in them outlives the last one.
  const target = mergeMaps(values, inline);
  setAtPath(target, ref.targetPath, text, ref.literal === true);
  return target;
}

function readValues(text: string): ValuesMap {
  let value: unknown;
  try {
    value = sigsUnmarshal(text);
  } catch {
    // The parser's message may quote the text, which may be a secret.
    throw new Error('the value is no valid YAML');
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error('the value is no YAML map');
  return value as ValuesMap;
}

/** As `--set path=value`, or as `--set-string` where the value stands in quotes. */
function setAtPath(values: ValuesMap, path: string, text: string, literal: boolean): void {
  const isQuoted = /^'[\s\S]*'$/.test(text) || /^"[\s\S]*"$/.test(text) || text === "'" || text === '"';
  try {
    if (literal) parseSetString(`${path}=${text.replaceAll(/[\\,[\]{}]/g, String.raw`\$&`)}`, values);
    else if (isQuoted) parseSetString(`${path}=${text.replaceAll(/^['"]+|['"]+$/g, '')}`, values);
    else parseSet(`${path}=${text}`, values);
  } catch {
    throw new Error(`the value cannot be set at '${path}'`);
  }
}
