// Tokens to nodes: the grammar, anchors and tags, and the owners of comments.
import { CommentLedger } from './comment-ledger.ts';
import { yamlError } from './errors.ts';
import { syntaxError } from './failures.ts';
import { Node, Style } from './node.ts';
import type { Flavor, Limits } from './options.ts';
import { plainTag, shortTag } from './resolve.ts';
import { TagHandles } from './tag-handles.ts';
import { Scanner, type ScannerOptions } from './scanner.ts';
import { T, type Mark, type Token } from './token.ts';

/** What stands before a node's content. */
interface Properties {
  readonly start: Mark;
  readonly anchor: string;
  /** Long form, as written; '' when there is none. */
  readonly tag: string;
}

/** Reads documents one after the other; nothing behind the last one asked for is looked at. */
export class Parser {
  private readonly scanner: Scanner;
  private readonly flavor: Flavor;
  private readonly limits: Limits;
  private readonly comments: CommentLedger;
  /** v3 keeps anchors over documents, v2 does not. */
  private anchors = new Map<string, Node>();
  private readonly handles = new TagHandles();
  private depth = 0;
  private nodes = 0;
  private first = true;

  constructor(text: string, options: ScannerOptions) {
    this.scanner = new Scanner(text, options);
    this.flavor = options.flavor;
    this.limits = options.limits;
    this.comments = new CommentLedger(this.scanner);
  }

  /** The next document, or undefined at the end. */
  nextDocument(): Node | undefined {
    if (this.first) {
      this.peek();
      this.scanner.skip();
    }
    let token = this.peek();
    while (!this.first && token.type === T.documentEnd) {
      this.scanner.skip();
      token = this.peek();
    }
    const implicitAllowed = this.first;
    this.first = false;
    if (token.type === T.streamEnd) {
      return undefined;
    }
    const explicit =
      !implicitAllowed ||
      token.type === T.versionDirective ||
      token.type === T.tagDirective ||
      token.type === T.documentStart;
    return this.parseDocument(token, explicit);
  }

  private parseDocument(token: Token, explicit: boolean): Node {
    const document = this.node('document', token.start);
    if (this.flavor === 'v2') {
      this.anchors = new Map();
    }
    if (explicit) {
      this.readDirectives();
      const start = this.peek();
      if (start.type !== T.documentStart) {
        this.fail('did not find expected <document start>', start.start);
      }
      this.scanner.skip();
    } else {
      this.handles.reset();
      document.headComment = this.comments.takeDocumentHead();
    }
    document.content.push(explicit ? this.parseExplicitContent() : this.parseNode(true, false));
    const end = this.peek();
    if (end.type === T.documentEnd) {
      this.scanner.skip();
    }
    document.footComment = this.comments.takeDocumentFoot();
    return document;
  }

  private parseExplicitContent(): Node {
    const token = this.peek();
    switch (token.type) {
      case T.versionDirective:
      case T.tagDirective:
      case T.documentStart:
      case T.documentEnd:
      case T.streamEnd:
        return this.emptyScalar(token.start);
      default:
        return this.parseNode(true, false);
    }
  }

  private readDirectives(): void {
    this.handles.reset();
    for (let token = this.peek(); token.type === T.versionDirective || token.type === T.tagDirective;) {
      const problem = this.handles.add(token);
      if (problem !== undefined) {
        this.fail(problem, token.start);
      }
      this.scanner.skip();
      token = this.peek();
    }
  }

  private peek(): Token {
    const token = this.scanner.peek();
    this.comments.reach(token);
    return token;
  }

  private fail(problem: string, at: Mark, context?: Mark): never {
    throw syntaxError({
      flavor: this.flavor,
      from: 'parser',
      problem,
      problemLine: at.line,
      contextLine: context?.line ?? 0,
    });
  }

  private node(kind: Node['kind'], at: Mark): Node {
    if (++this.nodes > this.limits.nodes) {
      throw yamlError(`document has more than ${this.limits.nodes} nodes`);
    }
    const node = new Node(kind);
    node.line = at.line + 1;
    node.column = at.column + 1;
    return node;
  }

  private emptyScalar(at: Mark): Node {
    const node = this.node('scalar', at);
    node.tag = '!!null';
    return node;
  }

  private emptyScalarBehind({ start, width }: Token): Node {
    const node = this.emptyScalar(start);
    node.column += width;
    return node;
  }

  private parseNode(block: boolean, indentless: boolean): Node {
    if (++this.depth > this.limits.depth) {
      throw yamlError(`line ${this.scanner.line + 1}: exceeded max depth of ${this.limits.depth}`);
    }
    const node = this.parseNodeContent(block, indentless);
    this.depth--;
    return node;
  }

  private parseNodeContent(block: boolean, indentless: boolean): Node {
    if (this.peek().type === T.alias) {
      return this.parseAlias();
    }
    const properties = this.parseProperties();
    const token = this.peek();
    if (indentless && token.type === T.blockEntry) {
      return this.parseIndentlessSequence(this.collection('sequence', properties, 0));
    }
    switch (token.type) {
      case T.scalar:
        return this.parseScalar(token, properties);
      case T.flowSequenceStart:
        return this.parseFlowSequence(this.flowCollection('sequence', properties));
      case T.flowMappingStart:
        return this.parseFlowMapping(this.flowCollection('mapping', properties));
      case T.blockSequenceStart:
        if (block) {
          return this.parseBlockSequence(this.blockCollection('sequence', properties));
        }
        break;
      case T.blockMappingStart:
        if (block) {
          return this.parseBlockMapping(this.blockCollection('mapping', properties));
        }
        break;
      default:
    }
    if (properties.anchor !== '' || properties.tag !== '') {
      return this.setScalar(this.node('scalar', properties.start), properties, '', 0);
    }
    return this.fail('did not find expected node content', token.start, properties.start);
  }

  private parseAlias(): Node {
    const token = this.peek();
    const node = this.node('alias', token.start);
    node.value = token.value;
    this.comments.give(node);
    node.alias = this.anchors.get(token.value);
    if (node.alias === undefined) {
      throw yamlError(`unknown anchor '${token.value}' referenced`);
    }
    this.scanner.skip();
    return node;
  }

  private parseProperties(): Properties {
    const first = this.peek();
    let anchor: Token | undefined;
    let tag: Token | undefined;
    if (first.type === T.anchor) {
      anchor = first;
      this.scanner.skip();
      const second = this.peek();
      if (second.type === T.tag) {
        tag = second;
        this.scanner.skip();
      }
    } else if (first.type === T.tag) {
      tag = first;
      this.scanner.skip();
      const second = this.peek();
      if (second.type === T.anchor) {
        anchor = second;
        this.scanner.skip();
      }
    }
    if (anchor !== undefined || tag !== undefined) {
      // The content's token is read before a tag is judged.
      this.peek();
    }
    return {
      start: first.start,
      anchor: anchor?.value ?? '',
      tag: tag === undefined ? '' : this.expandTag(tag, first.start),
    };
  }

  private expandTag(token: Token, start: Mark): string {
    const tag = this.handles.expand(token);
    return tag ?? this.fail('found undefined tag handle', token.start, start);
  }

  private parseScalar(token: Token, properties: Properties): Node {
    const node = this.node('scalar', properties.start);
    this.comments.give(node);
    this.setScalar(node, properties, token.value, token.style);
    this.scanner.skip();
    return node;
  }

  private setScalar(node: Node, { anchor, tag }: Properties, value: string, style: number): Node {
    node.value = value;
    node.style = style;
    if (tag !== '' && (tag !== '!' || this.flavor === 'v2')) {
      node.tag = shortTag(tag);
      node.style |= Style.tagged;
    } else if (style !== 0) {
      node.tag = '!!str';
    } else {
      node.tag = plainTag(value, this.flavor);
    }
    this.setAnchor(node, anchor);
    return node;
  }

  private setAnchor(node: Node, anchor: string): void {
    if (anchor !== '') {
      node.anchor = anchor;
      this.anchors.set(anchor, node);
    }
  }

  private collection(kind: 'mapping' | 'sequence', { start, anchor, tag }: Properties, style: number): Node {
    const node = this.node(kind, start);
    node.style = style;
    node.tag = kind === 'mapping' ? '!!map' : '!!seq';
    if (tag !== '' && tag !== '!') {
      node.tag = shortTag(tag);
      node.style |= Style.tagged;
    }
    this.setAnchor(node, anchor);
    return node;
  }

  private flowCollection(kind: 'mapping' | 'sequence', properties: Properties): Node {
    const node = this.collection(kind, properties, Style.flow);
    this.comments.give(node);
    return node;
  }

  private blockCollection(kind: 'mapping' | 'sequence', properties: Properties): Node {
    const node = this.collection(kind, properties, 0);
    node.headComment = this.comments.takeStem();
    return node;
  }

  private parseBlockSequence(node: Node): Node {
    const start = this.peek().start;
    this.scanner.skip();
    let token = this.peek();
    while (token.type === T.blockEntry) {
      const entry = token;
      const next = this.takeEntry();
      const empty = next.type === T.blockEntry || next.type === T.blockEnd;
      node.content.push(empty ? this.emptyScalarBehind(entry) : this.parseNode(true, false));
      token = this.peek();
    }
    if (token.type !== T.blockEnd) {
      this.fail("did not find expected '-' indicator", token.start, start);
    }
    this.scanner.skip();
    return node;
  }

  private takeEntry(): Token {
    const headLength = this.comments.headLength();
    this.scanner.skip();
    const next = this.peek();
    if (next.type === T.blockSequenceStart || next.type === T.blockMappingStart) {
      this.comments.splitStem(headLength);
    }
    return next;
  }

  private parseIndentlessSequence(node: Node): Node {
    let token = this.peek();
    while (token.type === T.blockEntry) {
      const entry = token;
      const next = this.takeEntry();
      const empty =
        next.type === T.blockEntry || next.type === T.key || next.type === T.value || next.type === T.blockEnd;
      node.content.push(empty ? this.emptyScalarBehind(entry) : this.parseNode(true, false));
      token = this.peek();
    }
    return node;
  }

  private parseBlockMapping(node: Node): Node {
    const start = this.peek().start;
    this.scanner.skip();
    let token = this.peek();
    while (token.type === T.key) {
      this.scanner.skip();
      const key = this.parseBlockPart(token);
      this.comments.moveKeyFoot(node, key);
      node.content.push(key);
      const value = this.parseBlockValue();
      node.content.push(value);
      this.comments.raiseValueFoot(key, value);
      token = this.peek();
    }
    if (token.type !== T.blockEnd) {
      this.fail('did not find expected key', token.start, start);
    }
    this.comments.closeBlockMapping(node);
    this.scanner.skip();
    return node;
  }

  private parseBlockValue(): Node {
    const token = this.peek();
    if (token.type !== T.value) {
      return this.emptyScalar(token.start);
    }
    this.scanner.skip();
    return this.parseBlockPart(token);
  }

  /** A key or value of a block mapping, which may be missing. */
  private parseBlockPart(indicator: Token): Node {
    const { type } = this.peek();
    if (type === T.key || type === T.value || type === T.blockEnd) {
      return this.emptyScalarBehind(indicator);
    }
    return this.parseNode(true, true);
  }

  private parseFlowSequence(node: Node): Node {
    const start = this.peek().start;
    this.scanner.skip();
    let token = this.peek();
    while (token.type !== T.flowSequenceEnd) {
      if (node.content.length > 0) {
        if (token.type !== T.flowEntry) {
          this.fail("did not find expected ',' or ']'", token.start, start);
        }
        this.scanner.skip();
        token = this.peek();
      }
      if (token.type === T.key) {
        node.content.push(this.parseFlowPair(token));
      } else if (token.type === T.flowSequenceEnd) {
        break;
      } else {
        node.content.push(this.parseNode(false, false));
      }
      token = this.peek();
    }
    this.comments.closeFlow(node);
    this.scanner.skip();
    return node;
  }

  /** `key: value` inside a flow sequence is a mapping of one pair. */
  private parseFlowPair(keyToken: Token): Node {
    const node = this.collection('mapping', { start: keyToken.start, anchor: '', tag: '' }, Style.flow);
    this.scanner.skip();
    let token = this.peek();
    if (token.type === T.value || token.type === T.flowEntry || token.type === T.flowSequenceEnd) {
      // Upstream takes the token that shows the key to be missing along with it.
      this.scanner.skip();
      node.content.push(this.emptyScalarBehind(token));
    } else {
      node.content.push(this.parseNode(false, false));
    }
    token = this.peek();
    if (token.type === T.value) {
      this.scanner.skip();
      const { type } = this.peek();
      if (type !== T.flowEntry && type !== T.flowSequenceEnd) {
        node.content.push(this.parseNode(false, false));
        this.peek();
        return node;
      }
    }
    node.content.push(this.emptyScalar(token.start));
    this.peek();
    return node;
  }

  private parseFlowMapping(node: Node): Node {
    const start = this.peek().start;
    this.scanner.skip();
    let token = this.peek();
    while (token.type !== T.flowMappingEnd) {
      if (node.content.length > 0) {
        if (token.type !== T.flowEntry) {
          this.fail("did not find expected ',' or '}'", token.start, start);
        }
        this.scanner.skip();
        token = this.peek();
      }
      if (token.type === T.flowMappingEnd) {
        break;
      }
      this.parseFlowMappingPair(node, token);
      token = this.peek();
    }
    this.comments.closeFlow(node);
    this.scanner.skip();
    return node;
  }

  private parseFlowMappingPair(node: Node, token: Token): void {
    if (token.type !== T.key) {
      node.content.push(this.parseNode(false, false), this.emptyScalar(this.peek().start));
      return;
    }
    this.scanner.skip();
    let next = this.peek();
    const missing = next.type === T.value || next.type === T.flowEntry || next.type === T.flowMappingEnd;
    const key = missing ? this.emptyScalar(next.start) : this.parseNode(false, false);
    node.content.push(key);
    next = this.peek();
    if (next.type === T.value) {
      this.scanner.skip();
      next = this.peek();
      if (next.type !== T.flowEntry && next.type !== T.flowMappingEnd) {
        const value = this.parseNode(false, false);
        node.content.push(value);
        this.comments.raiseValueFoot(key, value);
        return;
      }
    }
    node.content.push(this.emptyScalar(next.start));
  }
}
