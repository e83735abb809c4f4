// A store: how documents of one format are read and written.
import type { Metadata } from '../metadata.ts';
import type { Branch } from '../tree.ts';

export interface EncryptedTree {
  readonly metadata: Metadata;
  /** One a document; most formats have only one. The metadata is not among them. */
  readonly branches: readonly Branch[];
}

export interface Store {
  /** Throws a SopsError, or what the format's reader throws, for what it cannot read. */
  read(text: string): EncryptedTree;
  /** Bytes that are no UTF-8 stand in the text as `#lib/go-string` has them. Throws for what the format cannot hold. */
  write(branches: readonly Branch[]): string;
}
