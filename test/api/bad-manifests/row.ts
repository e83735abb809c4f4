// A row of the tables of bad manifests: a valid spec, one mistake in it, and the sentence that the mistake gets.
import { kindNamed } from '../kinds.ts';
import { validSpecs } from '../valid-specs.ts';

export interface BadManifest {
  readonly kind: string;
  /** @default the storage version */
  readonly version?: string;
  /** Merged into the valid spec of the kind; null removes a field, a list replaces a list. */
  readonly change: Readonly<Record<string, unknown>>;
  /** The field error in the API server's words. */
  readonly error: string;
  /** The next step. */
  readonly hint: string;
}

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merged(target: unknown, change: unknown): unknown {
  if (!isObject(change)) {
    return change;
  }
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(change)) {
    if (value === null) {
      delete result[key];
    } else {
      result[key] = merged(result[key], value);
    }
  }
  return result;
}

/** The whole object a row stands for. */
export function badObject({ kind, version, change }: Omit<BadManifest, 'error' | 'hint'>): JsonObject {
  const { definition, version: found } = kindNamed(kind, version);
  return {
    apiVersion: `${definition.group}/${found.name}`,
    kind,
    metadata: { name: 'bad', namespace: 'default' },
    spec: merged(validSpecs[kind], change),
  };
}
