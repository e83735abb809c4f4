// Makes built manifests fit for server-side apply: what the server would refuse or keep rewriting is settled here.
import type { Unstructured } from '#kube/object';
import { ownerNameLabel, ownerNamespaceLabel } from './marks.ts';
import { objectIdOf, subjectOf } from './object-id.ts';
import { foldStringData } from './string-data.ts';

export interface Preparation {
  readonly owner: { readonly namespace: string; readonly name: string };
  readonly commonMetadata?: {
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
}

/** Copies of the objects with owner labels and common metadata. Throws for a Secret that is still encrypted. */
export function prepareObjects(
  objects: readonly Unstructured[],
  { owner, commonMetadata }: Preparation,
): Unstructured[] {
  return objects.map((object) => {
    const { creationTimestamp: _created, managedFields: _managed, ...metadata } = object.metadata;
    const labels = {
      ...metadata.labels,
      [ownerNameLabel]: owner.name,
      [ownerNamespaceLabel]: owner.namespace,
      ...commonMetadata?.labels,
    };
    const annotations = { ...metadata.annotations, ...commonMetadata?.annotations };
    const prepared: Unstructured = {
      ...object,
      metadata: { ...metadata, labels, ...(Object.keys(annotations).length > 0 && { annotations }) },
    };
    if (object.kind !== 'CustomResourceDefinition') delete prepared['status'];
    else dropBrokenBundle(prepared);
    if (object.kind === 'Secret' && object.apiVersion === 'v1') prepareSecret(prepared);
    return prepared;
  });
}

function prepareSecret(secret: Unstructured): void {
  if (secret['sops'] !== undefined) {
    const subject = subjectOf(objectIdOf(secret));
    throw new Error(
      `${subject} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`,
    );
  }
  foldStringData(secret);
  refuseBadEntries(secret);
}

/** The server would refuse these too, and quote them for everybody to read: a name may be a misread line of a file. */
function refuseBadEntries(secret: Unstructured): void {
  const subject = subjectOf(objectIdOf(secret));
  for (const [key, value] of Object.entries((secret['data'] ?? {}) as Record<string, unknown>)) {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
      const rule = "at most 253 letters, digits, '-', '_' and '.'";
      throw new Error(`${subject}: an entry of data has a name that is not made of ${rule}`);
    }
    if (typeof value !== 'string' && value !== null) {
      throw new Error(`${subject}: data.${key} must be text: put quotes around what is encrypted`);
    }
  }
}

/** A CRD's conversion webhook may carry a placeholder where certificates belong; the server would refuse it. */
function dropBrokenBundle(definition: Unstructured): void {
  const spec = definition['spec'] as
    | { conversion?: { webhook?: { clientConfig?: { caBundle?: string } } } }
    | undefined;
  const bundle = spec?.conversion?.webhook?.clientConfig?.caBundle;
  if (bundle === undefined) return;
  const decoded = Buffer.from(bundle, 'base64').toString('latin1');
  if (decoded.includes('-----BEGIN CERTIFICATE-----')) return;
  const copy = structuredClone(spec!);
  delete copy.conversion!.webhook!.clientConfig!.caBundle;
  definition['spec'] = copy;
}
