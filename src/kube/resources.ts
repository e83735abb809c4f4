// Resources this program reads and writes: kinds of ours, and those that every cluster has.
import { storageVersion, type KindDefinition } from '#api/kind';
import type { KubeObject, ResourceRef } from './object.ts';

/** A kind of ours, in the version it is stored in. */
export function resourceOf(kind: KindDefinition): ResourceRef {
  return { group: kind.group, version: storageVersion(kind).name, plural: kind.plural, namespaced: true };
}

export const configMaps = coreResource('configmaps');
export const pods = coreResource('pods');
export const secrets = coreResource('secrets');
export const serviceAccounts = coreResource('serviceaccounts');

export const customResourceDefinitions: ResourceRef = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

function coreResource(plural: string): ResourceRef {
  return { group: '', version: 'v1', plural, namespaced: true };
}

/** A ConfigMap; a Secret, whose values are in base64. */
export interface DataObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}
