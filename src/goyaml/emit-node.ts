// yaml.v3's encoder on node trees: styles and comments as the nodes ask for them.
import { encodeBinary, hasInvalidBytes } from './binary.ts';
import { yamlError } from './errors.ts';
import { Node, Style } from './node.ts';
import type { EmitOptions } from './options.ts';
import { PendingComments } from './pending-comments.ts';
import { shortTag } from './resolve.ts';
import { analyze, Form } from './scalar-analysis.ts';
import { possibleStyle } from './scalar-style.ts';
import { scalarTag, tagLength, writeTag } from './written-tag.ts';
import { Writer } from './writer.ts';

const LONGEST_KEY = 128;
const DEPTH_LIMIT = 2000;
const WORD = /^[0-9A-Za-z_-]+$/;

/** Where a node stands. */
interface Place {
  readonly inMapping: boolean;
  readonly simpleKey: boolean;
  /** Directly below a block sequence: its `-` is the first step of the indentation. */
  readonly inBlockSequence: boolean;
}

const ROOT: Place = { inMapping: false, simpleKey: false, inBlockSequence: false };
const ITEM: Place = { inMapping: false, simpleKey: false, inBlockSequence: true };
const FLOW_ITEM: Place = { inMapping: false, simpleKey: false, inBlockSequence: false };
const SIMPLE_KEY: Place = { inMapping: true, simpleKey: true, inBlockSequence: false };
const PAIR: Place = { inMapping: true, simpleKey: false, inBlockSequence: false };

class NodeEmitter {
  readonly writer: Writer;
  private readonly compact: boolean;
  private readonly comments: PendingComments;
  private flowLevel = 0;
  private depth = 0;

  constructor({ indent = 2, sequences = 'compact' }: EmitOptions) {
    this.writer = new Writer('v3', indent < 2 || indent > 9 ? 2 : indent);
    this.comments = new PendingComments(this.writer);
    this.compact = sequences === 'compact';
  }

  document(node: Node, first: boolean): void {
    const { writer, comments } = this;
    const isDocument = node.kind === 'document';
    comments.load(isDocument ? node.headComment : '', '', '', '');
    if (!first) {
      writer.writeIndent();
      writer.writeWord('---');
      writer.writeIndent();
    }
    if (comments.head !== '') {
      this.comments.writeHead();
      writer.putBreak();
    }
    for (const child of isDocument ? node.content : [node]) {
      this.loadStart(child, '');
      this.comments.writeHead();
      this.emit(child, ROOT);
    }
    comments.load('', '', isDocument ? node.footComment : '', '');
    writer.footIndent = 0;
    this.comments.writeFoot();
    writer.footIndent = -1;
    writer.writeIndent();
  }

  /** A node with the comments behind it; a collection's own content comes after those. */
  private emit(node: Node, place: Place): void {
    this.start(node, place);
    this.comments.writeLine();
    this.comments.writeFoot();
    this.body(node, place);
  }

  private loadStart(node: Node, tail: string): void {
    switch (node.kind) {
      case 'mapping':
        return this.comments.load(node.headComment, '', '', tail);
      case 'sequence':
        return this.comments.load(node.headComment, '', '', '');
      case 'alias':
        return this.comments.load(node.headComment, node.lineComment, node.footComment, '');
      default:
        return this.comments.load(node.headComment, node.lineComment, node.footComment, tail);
    }
  }

  /** All of a scalar or alias; anchor and tag of a collection. */
  private start(node: Node, place: Place): void {
    if (node.kind === 'alias') {
      this.writer.writeWord('*');
      this.writeName(node.value, 'alias');
    } else if (node.kind === 'scalar') {
      this.scalar(node, place);
    } else if (node.kind === 'document') {
      throw yamlError('expected SCALAR, SEQUENCE-START, MAPPING-START, or ALIAS, but got document start');
    } else {
      this.writeAnchor(node);
      const implied = node.kind === 'mapping' ? '!!map' : '!!seq';
      const redundant = (node.style & Style.tagged) === 0 && shortTag(node.tag) === implied;
      writeTag(this.writer, redundant ? '' : node.tag);
    }
  }

  private body(node: Node, place: Place): void {
    if (node.kind !== 'mapping' && node.kind !== 'sequence') {
      return;
    }
    if (++this.depth > DEPTH_LIMIT) {
      throw yamlError(`exceeded max depth of ${DEPTH_LIMIT}`);
    }
    const flow = this.flowLevel > 0 || (node.style & Style.flow) !== 0 || node.content.length === 0;
    if (node.kind === 'mapping' && flow) {
      this.flowMapping(node, place);
    } else if (node.kind === 'mapping') {
      this.blockMapping(node, place);
    } else if (flow) {
      this.flowSequence(node, place);
    } else {
      this.blockSequence(node, place);
    }
    this.depth--;
  }

  private increaseIndent(flow: boolean, place: Place, compact = false): number {
    const { writer } = this;
    const outer = writer.indent;
    const best = writer.bestIndent;
    if (outer < 0) {
      writer.indent = flow ? best : 0;
    } else if (place.inBlockSequence) {
      writer.indent = outer + 2;
    } else {
      writer.indent = best * Math.floor((outer + best) / best) - (compact ? 2 : 0);
    }
    return outer;
  }

  private blockSequence(node: Node, place: Place): void {
    const { writer } = this;
    const compact = this.compact && place.inMapping && (writer.column === 0 || !writer.indention);
    const outer = this.increaseIndent(false, place, compact);
    for (const item of node.content) {
      this.loadStart(item, '');
      this.comments.writeHead();
      writer.writeIndent();
      writer.writeLead('-');
      this.emit(item, ITEM);
    }
    this.comments.load('', node.lineComment, node.footComment, '');
    writer.indent = outer;
  }

  private blockMapping(node: Node, place: Place): void {
    const { writer, comments } = this;
    const { content } = node;
    const outer = this.increaseIndent(false, place);
    let tail = '';
    for (let i = 0; i + 1 < content.length; i += 2) {
      const key = withoutFoot(content[i] as Node);
      const value = content[i + 1] as Node;
      this.loadStart(key, tail);
      // A key's foot comment stands behind its value: it is written as the tail of the pair.
      tail = (content[i] as Node).footComment;
      this.comments.writeHead();
      writer.writeIndent();
      if (comments.line !== '') {
        comments.key = comments.line;
        comments.line = '';
      }
      this.blockKey(key, value);
      this.moveKeyComment(value);
      this.emit(value, PAIR);
    }
    comments.load('', node.lineComment, node.footComment, tail);
    this.comments.writeHead();
    writer.indent = outer;
  }

  private blockKey(key: Node, value: Node): void {
    const { writer } = this;
    if (this.isSimpleKey(key)) {
      this.start(key, SIMPLE_KEY);
      this.body(key, SIMPLE_KEY);
      this.loadStart(value, '');
      writer.writeTight(':');
      return;
    }
    writer.writeLead('?');
    this.start(key, PAIR);
    this.body(key, PAIR);
    this.loadStart(value, '');
    writer.writeIndent();
    writer.writeLead(':');
  }

  private moveKeyComment(value: Node): void {
    const { comments } = this;
    if (comments.key === '') {
      return;
    }
    if (value.kind === 'scalar') {
      if (comments.line === '') {
        comments.line = comments.key;
        comments.key = '';
      }
    } else if ((value.kind === 'mapping' || value.kind === 'sequence') && (value.style & Style.flow) === 0) {
      // A block follows: the comment stays on the key's line.
      const { line } = comments;
      comments.line = comments.key;
      this.comments.writeLine();
      comments.key = line;
    }
  }

  private flowSequence(node: Node, place: Place): void {
    const { writer, comments } = this;
    const outer = this.openFlow('[', place);
    let separated = true;
    for (const item of node.content) {
      this.loadStart(item, '');
      this.separate(separated);
      separated = comments.followsLine();
      this.start(item, FLOW_ITEM);
      this.finishFlowItem();
      this.body(item, FLOW_ITEM);
    }
    comments.load('', node.lineComment, node.footComment, '');
    this.flowLevel--;
    writer.indent = outer;
    if (writer.column === 0) {
      writer.writeIndent();
    }
    writer.writeTight(']');
    this.comments.writeLine();
    this.comments.writeFoot();
  }

  private openFlow(bracket: '[' | '{', place: Place): number {
    this.writer.writeWord(bracket, true);
    const outer = this.increaseIndent(true, place);
    this.flowLevel++;
    return outer;
  }

  /** The comma before an item, unless it stands already before the comment of the last one. */
  private separate(separated: boolean): void {
    const { writer } = this;
    if (!separated) {
      writer.writeTight(',');
    }
    this.comments.writeHead();
    if (writer.column === 0) {
      writer.writeIndent();
    }
  }

  private finishFlowItem(): void {
    if (this.comments.followsLine()) {
      this.writer.writeTight(',');
    }
    this.comments.writeLine();
    this.comments.writeFoot();
  }

  private flowMapping(node: Node, place: Place): void {
    const { writer, comments } = this;
    const { content } = node;
    const outer = this.openFlow('{', place);
    let separated = true;
    let tail = '';
    for (let i = 0; i + 1 < content.length; i += 2) {
      const key = withoutFoot(content[i] as Node);
      this.loadStart(key, tail);
      tail = (content[i] as Node).footComment;
      this.separate(separated);
      separated = this.flowPair(key, content[i + 1] as Node);
    }
    comments.load('', node.lineComment, node.footComment, tail);
    if (!separated && (comments.head !== '' || comments.foot !== '' || comments.tail !== '')) {
      writer.writeTight(',');
    }
    this.comments.writeHead();
    this.flowLevel--;
    writer.indent = outer;
    writer.writeTight('}');
    this.comments.writeLine();
    this.comments.writeFoot();
  }

  /** Returns whether the comma behind the pair was written. */
  private flowPair(key: Node, value: Node): boolean {
    const { writer, comments } = this;
    if (this.isSimpleKey(key)) {
      this.start(key, SIMPLE_KEY);
      this.body(key, SIMPLE_KEY);
      this.loadStart(value, '');
      writer.writeTight(':');
    } else {
      writer.writeWord('?');
      this.start(key, PAIR);
      this.body(key, PAIR);
      this.loadStart(value, '');
      writer.writeWord(':');
    }
    const separated = comments.followsLine();
    this.start(value, PAIR);
    this.finishFlowItem();
    this.body(value, PAIR);
    return separated;
  }

  private isSimpleKey(node: Node): boolean {
    if (node.kind === 'alias') {
      return node.value.length <= LONGEST_KEY;
    }
    const tag = this.writtenTag(node);
    let length = node.anchor.length + (tag === '' ? 0 : tagLength(tag));
    if (node.kind === 'scalar') {
      const text = hasInvalidBytes(node.value) ? encodeBinary(node.value) : node.value;
      if ((analyze(text, 'v3') & Form.multiline) !== 0) {
        return false;
      }
      length += Buffer.byteLength(text);
    } else if (node.content.length > 0) {
      return false;
    }
    return length <= LONGEST_KEY;
  }

  private writtenTag(node: Node): string {
    return node.kind === 'scalar' ? scalarTag(node).tag : (node.style & Style.tagged) === 0 ? '' : node.tag;
  }

  private writeAnchor(node: Node): void {
    if (node.anchor !== '') {
      this.writer.writeWord('&');
      this.writeName(node.anchor, 'anchor');
    }
  }

  private writeName(name: string, kind: 'alias' | 'anchor'): void {
    if (name === '') {
      throw yamlError(`${kind} value must not be empty`);
    }
    if (!WORD.test(name)) {
      throw yamlError(`${kind} value must contain alphanumerical characters only`);
    }
    this.writer.writeTight(name);
  }

  private scalar(node: Node, place: Place): void {
    const { writer, comments } = this;
    const { tag, forceQuotes } = scalarTag(node);
    const binary = hasInvalidBytes(node.value);
    const text = binary ? encodeBinary(node.value) : node.value;
    const forms = analyze(text, 'v3');
    const style = possibleStyle(askedStyle(node, text, forceQuotes), forms, text, {
      flow: this.flowLevel > 0,
      simpleKey: place.simpleKey,
    });
    this.writeAnchor(node);
    writeTag(this.writer, binary ? '!!binary' : tag);
    const outer = this.increaseIndent(true, place);
    switch (style) {
      case 0:
        writer.writePlain(text, !place.simpleKey);
        break;
      case Style.single:
        writer.writeSingle(text, !place.simpleKey);
        break;
      case Style.double:
        writer.writeDouble(text, !place.simpleKey);
        break;
      default:
        writer.writeBlockHeader(style === Style.literal ? '|' : '>', text);
        if (comments.line === '') {
          writer.putBreak();
        }
        this.comments.writeLine();
        if (style === Style.literal) {
          writer.writeLiteralLines(text);
        } else {
          writer.writeFoldedLines(text);
        }
    }
    writer.indent = outer;
  }
}

function withoutFoot(key: Node): Node {
  if (key.footComment === '') {
    return key;
  }
  const copy = Object.assign(new Node(key.kind), key);
  copy.footComment = '';
  return copy;
}

function askedStyle({ style }: Node, text: string, forceQuotes: boolean): number {
  for (const asked of [Style.double, Style.single, Style.literal, Style.folded]) {
    if ((style & asked) !== 0) {
      return asked;
    }
  }
  if (text.includes('\n')) {
    return Style.literal;
  }
  return forceQuotes ? Style.double : 0;
}

/** yaml.v3's encoder on a node (a `document` or any other); ends with a line break. */
export function emitNode(node: Node, options: EmitOptions = {}): string {
  return emitDocuments([node], options);
}

/** Several documents, separated by `---` lines, as one yaml.v3 encoder writes them. */
export function emitDocuments(nodes: readonly Node[], options: EmitOptions = {}): string {
  const emitter = new NodeEmitter(options);
  for (const [index, node] of nodes.entries()) {
    emitter.document(node, index === 0);
  }
  return emitter.writer.out;
}
