// The variables of post-build substitution, from ConfigMaps, Secrets and the spec.
import type { Kustomization } from '#api/kustomize/kustomization';
import type { KubeClient } from '#kube/client';
import type { ResourceRef } from '#kube/object';
import { configMaps, secrets, type DataObject } from '#kube/resources';
import { isNotFound } from '#kube/status-error';
import { errorMessage } from '#lib/errors';

const resources: Readonly<Record<'ConfigMap' | 'Secret', ResourceRef>> = {
  ConfigMap: configMaps,
  Secret: secrets,
};

/**
 * Later sources win, the spec's own values win over all; line feeds are taken out of every value. Undefined when
 * nothing asks for substitution.
 */
export async function substitutionVariables(
  { metadata, spec }: Kustomization,
  client: Pick<KubeClient, 'get'>,
  signal: AbortSignal,
): Promise<Record<string, string> | undefined> {
  if (spec.postBuild === undefined) return undefined;
  const variables = new Map<string, string>();
  for (const { kind, name, optional } of spec.postBuild.substituteFrom ?? []) {
    const key = { namespace: metadata.namespace ?? '', name };
    let object: DataObject;
    try {
      object = await client.get<DataObject>(resources[kind], key, { signal });
    } catch (error) {
      if (optional === true && isNotFound(error)) continue;
      throw new Error(`substitute from '${kind}/${name}' error: ${errorMessage(error)}`, { cause: error });
    }
    for (const [variable, value] of Object.entries(object.data ?? {})) {
      variables.set(variable, kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value);
    }
  }
  for (const [variable, value] of Object.entries(spec.postBuild.substitute ?? {})) variables.set(variable, value);
  return Object.fromEntries([...variables].map(([variable, value]) => [variable, value.replaceAll('\n', '')]));
}
