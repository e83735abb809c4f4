// What a loaded chart is. Dependency processing and rendering work on copies: a loaded chart is never written to.
import type { ValuesMap } from '../values/values-map.ts';
import type { RawFile } from './archive.ts';

export type { RawFile };

export interface Maintainer {
  readonly name: string;
  readonly email: string;
  readonly url: string;
}

/** An entry of `dependencies` in Chart.yaml. */
export interface Dependency {
  readonly name: string;
  readonly version: string;
  readonly repository: string;
  readonly condition: string;
  /** null when Chart.yaml has none. */
  readonly tags: readonly string[] | null;
  readonly enabled: boolean;
  readonly importValues: readonly unknown[] | null;
  readonly alias: string;
}

/** Chart.yaml. Empty strings and null stand for what is absent, as in Go. */
export interface Metadata {
  readonly name: string;
  readonly home: string;
  readonly sources: readonly string[] | null;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[] | null;
  readonly maintainers: readonly (Maintainer | null)[] | null;
  readonly icon: string;
  readonly apiVersion: string;
  readonly condition: string;
  readonly tags: string;
  readonly appVersion: string;
  readonly deprecated: boolean;
  readonly annotations: Readonly<Record<string, string>> | null;
  readonly kubeVersion: string;
  readonly dependencies: readonly Dependency[] | null;
  readonly type: string;
}

/** Chart.lock or requirements.lock. */
export interface Lock {
  /** As written; RFC 3339. */
  readonly generated: string;
  readonly digest: string;
  readonly dependencies: readonly Dependency[] | null;
}

export interface Chart {
  readonly metadata: Metadata;
  readonly lock: Lock | null;
  readonly templates: readonly RawFile[];
  /** null when the chart has no values.yaml. */
  readonly values: ValuesMap | null;
  /** values.schema.json as it stands; null when there is none. */
  readonly schema: Buffer | null;
  /** Everything that is no template, value or metadata: what `.Files` sees, crds/ included. */
  readonly files: readonly RawFile[];
  readonly subcharts: readonly Chart[];
}

/** A file below crds/ of a chart or one of its dependencies. */
export interface Crd {
  /** Full path, as manifests name their source. */
  readonly path: string;
  readonly data: Buffer;
}

/** A library chart only lends its partials. */
export function isLibrary(metadata: Metadata): boolean {
  return metadata.type.toLowerCase() === 'library';
}

/** Is it a file that holds CRDs? */
export function isCrdFile(name: string): boolean {
  return name.startsWith('crds/') && /\.(ya?ml|json)$/i.test(name);
}
