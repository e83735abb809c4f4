// Bounds on what one build may consume: everything it reads is untrusted.

export interface BuildLimits {
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Bytes over all files of a build; a file read twice counts twice. */
  readonly totalBytes: number;
  /** Resources over all layers. */
  readonly resources: number;
  /** Nesting of kustomizations. */
  readonly depth: number;
  /** Kustomizations and components over the whole tree. */
  readonly kustomizations: number;
  /** Entries over all lists of patches. */
  readonly patches: number;
  /** Nodes that the expansion of anchors may create in one document. */
  readonly expandedNodes: number;
  /** Remote bases, remote files and charts. */
  readonly remotes: number;
}

export const DEFAULT_LIMITS: BuildLimits = {
  fileBytes: 32 * 1024 * 1024,
  totalBytes: 512 * 1024 * 1024,
  resources: 100_000,
  depth: 200,
  kustomizations: 20_000,
  patches: 100_000,
  expandedNodes: 2_000_000,
  remotes: 500,
};
