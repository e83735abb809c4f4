// sigs.k8s.io/yaml: YAML by way of JSON, as Kubernetes, Helm and kustomize read and write it.
import { decodeV2 } from './decode.ts';
import { encodeV2, encodeV2FromJSON } from './encode-v2.ts';
import { YamlError } from './errors.ts';
import { marshalJSON } from './json-encode.ts';
import { setKey, type GoObject, type GoValue } from './value.ts';

export interface SigsOptions {
  /** Refuse keys that are set twice. @default false */
  readonly strict?: boolean;
}

/** Only these make values JSON cannot hold: floats beyond the finite ones, and bytes. */
const UNLIKE_JSON = /\.(?:inf|nan)|!/i;

/** sigs.k8s.io/yaml YAMLToJSON: compact JSON text, keys sorted. */
export function yamlToJSON(text: string, { strict = false }: SigsOptions = {}): string {
  return marshalJSON(decodeV2(text, { integers: 'bigint', strict }));
}

/** sigs.k8s.io/yaml JSONToYAML. */
export function jsonToYAML(text: string): string {
  return encodeV2(decodeV2(text, { integers: 'bigint' }));
}

/** sigs.k8s.io/yaml Unmarshal into `any`: all numbers float64, keys are strings; `strict` refuses duplicate keys. */
export function sigsUnmarshal(text: string, { strict = false }: SigsOptions = {}): GoValue {
  try {
    const value = decodeV2(text, { integers: 'number', strict });
    return UNLIKE_JSON.test(text) ? throughJSON(value) : value;
  } catch (error) {
    if (error instanceof YamlError) {
      throw new YamlError(`error converting YAML to JSON: ${error.message}`);
    }
    throw error;
  }
}

/** What JSON does to a value: no NaN, no infinities, no invalid bytes. */
function throughJSON(value: GoValue): GoValue {
  if (typeof value === 'string') {
    return value.toWellFormed();
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    // The same refusal as for a whole document.
    return marshalJSON(value);
  }
  if (Array.isArray(value)) {
    return value.map(throughJSON);
  }
  if (typeof value === 'object' && value !== null) {
    const out: GoObject = {};
    for (const [key, item] of Object.entries(value)) {
      setKey(out, key.toWellFormed(), throughJSON(item));
    }
    return out;
  }
  return value;
}

/** sigs.k8s.io/yaml Marshal (Helm's toYaml before the trailing line break is cut, kustomize's output). */
export function sigsMarshal(value: GoValue): string {
  // Some strings do not survive the way through JSON text: for them it is really taken.
  return encodeV2FromJSON(value) ?? jsonToYAML(marshalJSON(value));
}
