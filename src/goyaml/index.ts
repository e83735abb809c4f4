// Go-compatible YAML and JSON, byte for byte: go-yaml v2 and v3, sigs.k8s.io/yaml and encoding/json.
export { YamlError } from './errors.ts';
export { Node, Style, QUOTED, type NodeKind } from './node.ts';
export {
  DEFAULT_LIMITS,
  type DecodeOptions,
  type EmitOptions,
  type Flavor,
  type Integers,
  type Limits,
  type ParseOptions,
} from './options.ts';
export { isObject, setKey, type GoObject, type GoValue } from './value.ts';
export { parseDocuments, parseFirst } from './parse.ts';
export { emitDocuments, emitNode } from './emit-node.ts';
export { decodeV2, decodeV3, nodeToValue } from './decode.ts';
export { encodeV2, encodeV2Bytewise, yamlFloat } from './encode-v2.ts';
export { encodeV3, valueToNode } from './encode-v3.ts';
export { jsonToYAML, sigsMarshal, sigsUnmarshal, yamlToJSON, type SigsOptions } from './sigs.ts';
export { compareBytes, marshalJSON, type MarshalJSONOptions } from './json-encode.ts';
export { unmarshalJSON, type UnmarshalJSONOptions } from './json-decode.ts';
export { formatFloatG, formatFloatJSON } from './numbers.ts';
export { compareKeys } from './sort-keys.ts';
export { plainTag, resolvePlain, type Resolved } from './resolve.ts';
export { needsQuotes } from './scalar-style.ts';
