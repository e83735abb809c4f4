// The node tree of go-yaml v3: what the parser builds, the emitter writes and kustomize edits in place.

/** What a node is. Mapping content alternates key, value, key, value. */
export type NodeKind = 'document' | 'mapping' | 'sequence' | 'scalar' | 'alias';

/** Presentation flags, combined with `|`. Plain scalars and block collections have none. */
export const Style = {
  /** The tag was written out and is to be written again. */
  tagged: 1,
  double: 2,
  single: 4,
  literal: 8,
  folded: 16,
  flow: 32,
} as const;

/** Any of the styles that make a scalar a string whatever its text is. */
export const QUOTED = Style.double | Style.single | Style.literal | Style.folded;

/** One node. Every field is always present, so that all nodes share one hidden class. */
export class Node {
  kind: NodeKind;
  /** Short form (`!!str`, `!custom`); scalars carry their resolved tag. */
  tag: string;
  /** A scalar's text; the anchor's name in an alias. */
  value: string;
  style = 0;
  anchor = '';
  /** The node an alias stands for. */
  alias: Node | undefined = undefined;
  content: Node[];
  headComment = '';
  lineComment = '';
  footComment = '';
  /** 1-based; 0 when the node was not read from text. */
  line = 0;
  column = 0;

  constructor(kind: NodeKind, tag = '', value = '', content: Node[] = []) {
    this.kind = kind;
    this.tag = tag;
    this.value = value;
    this.content = content;
  }
}
