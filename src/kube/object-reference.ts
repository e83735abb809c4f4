// What an event is about, as core/v1 refers to it.
import type { KubeObject } from './object.ts';

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

export function referenceTo(object: KubeObject): ObjectReference {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = object.metadata;
  return { apiVersion: object.apiVersion ?? '', kind: object.kind ?? '', namespace, name, uid, resourceVersion };
}
