// What Helm reads of each document: kind, name, annotations. The whole document is parsed, so broken YAML shows here.
import { decodeTyped, type Shape, text } from '../typed-yaml.ts';

export interface ManifestHead {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const metadataShape: Shape = {
  kind: 'struct',
  name: '',
  type: 'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }',
  fields: { name: text, annotations: { kind: 'map', of: text } },
};

function headShape(type: string): Shape {
  return {
    kind: 'struct',
    name: 'SimpleHead',
    type,
    fields: { apiVersion: text, kind: text, metadata: metadataShape },
  };
}

const shapes = { 3: headShape('releaseutil.SimpleHead'), 4: headShape('util.SimpleHead') } as const;

interface RawHead {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** Parses one document; throws TypedYamlError with Helm's text. */
export function parseHead(document: string, helm: keyof typeof shapes): ManifestHead {
  const raw = (decodeTyped(document, shapes[helm]) ?? {}) as RawHead;
  return {
    apiVersion: raw.apiVersion ?? '',
    kind: raw.kind ?? '',
    name: raw.metadata?.name ?? '',
    annotations: raw.metadata?.annotations ?? {},
  };
}
