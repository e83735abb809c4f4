// Go-compatible YAML and JSON, byte for byte: go-yaml v2 and v3, sigs.k8s.io/yaml and encoding/json.
import { YamlError } from './errors.ts';
import type { Node } from './node.ts';
import type { DecodeOptions, EmitOptions, ParseOptions } from './options.ts';
import type { GoValue } from './value.ts';

export { YamlError } from './errors.ts';
export { Node, Style, QUOTED, type NodeKind } from './node.ts';
export type { DecodeOptions, EmitOptions, Flavor, Integers, Limits, ParseOptions } from './options.ts';
export { setKey, type GoObject, type GoValue } from './value.ts';

function coming(..._: unknown[]): never {
  throw new YamlError('not yet written');
}

/** All documents of a text, each a `document` node with one child. Throws YamlError. */
export const parseDocuments: (text: string, options?: ParseOptions) => Node[] = coming;
/** The first document only: what follows it is not read. Undefined when there is none. */
export const parseFirst: (text: string, options?: ParseOptions) => Node | undefined = coming;
/** yaml.v3's encoder on a node (a `document` or any other); ends with a line break. */
export const emitNode: (node: Node, options?: EmitOptions) => string = coming;
/** Several documents, separated by `---` lines, as one yaml.v3 encoder writes them. */
export const emitDocuments: (nodes: readonly Node[], options?: EmitOptions) => string = coming;
/** The value of a node tree: aliases and merges resolved, scalars typed by the flavor (v3 by default). */
export const nodeToValue: (node: Node, options?: DecodeOptions) => GoValue = coming;

/** go-yaml v2's typing of the first document. */
export const decodeV2: (text: string, options?: DecodeOptions) => GoValue = coming;
/** go-yaml v3's typing of the first document. */
export const decodeV3: (text: string, options?: DecodeOptions) => GoValue = coming;
/** go-yaml v2's Marshal of a Go value (number = float64, bigint = int). */
export const encodeV2: (value: GoValue) => string = coming;
/** go-yaml v3's encoder over a Go value; Helm's toYamlPretty is `{indent: 2, sequences: 'wide'}`. */
export const encodeV3: (value: GoValue, options?: EmitOptions) => string = coming;

/** sigs.k8s.io/yaml YAMLToJSON: compact JSON text, keys sorted. */
export const yamlToJSON: (text: string, options?: { readonly strict?: boolean }) => string = coming;
/** sigs.k8s.io/yaml JSONToYAML. */
export const jsonToYAML: (text: string) => string = coming;
/** sigs.k8s.io/yaml Unmarshal into `any`: all numbers float64, keys are strings; `strict` refuses duplicate keys. */
export const sigsUnmarshal: (text: string, options?: { readonly strict?: boolean }) => GoValue = coming;
/** sigs.k8s.io/yaml Marshal (Helm's toYaml before the trailing line break is cut, kustomize's output). */
export const sigsMarshal: (value: GoValue) => string = coming;

export interface MarshalJSONOptions {
  /** `<`, `>`, `&` as \u003c, \u003e, \u0026. @default true */
  readonly escapeHTML?: boolean;
  /** MarshalIndent's indent; absent = compact. */
  readonly indent?: string;
  /** Keys in bytewise order, as Go writes maps; false keeps the given order (Go structs). @default true */
  readonly sortKeys?: boolean;
}
/** encoding/json's Marshal. */
export const marshalJSON: (value: GoValue, options?: MarshalJSONOptions) => string = coming;
/** encoding/json's Unmarshal into `any`, with its error texts; integers as asked (`number` = Go's float64). */
export const unmarshalJSON: (text: string, options?: { readonly integers?: 'number' | 'bigint' | 'safe' }) => GoValue =
  coming;

/** strconv.FormatFloat(value, 'g', -1, 64 or 32), with YAML's names for infinities and NaN left to the caller. */
export const formatFloatG: (value: number, bits?: 32 | 64) => string = coming;
/** Orders mapping keys as go-yaml's encoder does (natural order). */
export const compareKeys: (a: string, b: string, flavor: 'v2' | 'v3') => number = coming;
