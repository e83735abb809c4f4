// The parser: tokens to trees, with Go's error texts.
import { quote, unquote } from '#lib/go-quote';
import { ParseError } from './errors.ts';
import { describeToken, fieldNames, Lexer, type Token, type TokenType } from './lex.ts';
import {
  isEmptyList,
  nodeString,
  type BranchNode,
  type CommandNode,
  type FieldNode,
  type ListNode,
  type MarkNode,
  type Node,
  type Operand,
  type PipeNode,
  type Statement,
  type TemplateNode,
  type Tree,
  type VariableNode,
} from './node.ts';
import { parseNumber } from './number.ts';

/** Go's own limit on nested parentheses. */
const MAX_PARENS = 10_000;

/** Parses a text named `name`: its own tree and that of every definition in it, by name. */
export function parseText(name: string, text: string, isFunction: (name: string) => boolean): Map<string, Tree> {
  const parser = new Parser(name, text, isFunction);
  try {
    return parser.parse();
  } catch (error) {
    // Nesting deeper than our stack: Go has a limit for parentheses only, but a far larger stack.
    if (error instanceof RangeError) throw parser.error('max expression depth exceeded');
    throw error;
  }
}

/** What each template body has of its own. */
interface Scope {
  readonly name: string;
  /** Line of the token read last for this body: the one errors name. */
  line: number;
  vars: string[];
  rangeDepth: number;
  actionLine: number;
  parens: number;
}

function newScope(name: string): Scope {
  return { name, line: 1, vars: ['$'], rangeDepth: 0, actionLine: 0, parens: 0 };
}

class Parser {
  readonly #parseName: string;
  readonly #text: string;
  readonly #isFunction: (name: string) => boolean;
  readonly #lexer: Lexer;
  readonly #trees = new Map<string, Tree>();
  /** The next token, when it was looked at or given back already. */
  #ahead: Token | undefined;
  /** Tokens after that one, the nearest last: there are any only while `$x foo` is told from `$x := foo`. */
  readonly #pending: Token[] = [];
  #scope: Scope;

  constructor(name: string, text: string, isFunction: (name: string) => boolean) {
    this.#parseName = name;
    this.#text = text;
    this.#isFunction = isFunction;
    this.#lexer = new Lexer(text, {
      breakIsFunction: isFunction('break'),
      continueIsFunction: isFunction('continue'),
    });
    this.#scope = newScope(name);
  }

  parse(): Map<string, Tree> {
    let token = this.#next();
    const { pos } = token;
    const nodes: Statement[] = [];
    for (; token.type !== 'eof'; token = this.#next()) {
      const node = this.#statement(token, true);
      if (node === undefined) continue;
      if (isMark(node)) throw this.error(`unexpected ${nodeString(node)}`);
      nodes.push(node);
    }
    this.#add(this.#scope.name, { type: 'list', pos, nodes: exact(nodes) });
    return this.#trees;
  }

  error(message: string): ParseError {
    return new ParseError(`template: ${this.#parseName}:${this.#scope.line}: ${message}`);
  }

  // --- tokens ---

  #next(): Token {
    const ahead = this.#ahead;
    if (ahead === undefined) return this.#read();
    this.#ahead = this.#pending.length === 0 ? undefined : this.#pending.pop();
    return ahead;
  }

  #read(): Token {
    const token = this.#lexer.next();
    this.#scope.line = token.line;
    return token;
  }

  #back(token: Token): void {
    if (this.#ahead !== undefined) this.#pending.push(this.#ahead);
    this.#ahead = token;
  }

  #peek(): Token {
    this.#ahead ??= this.#read();
    return this.#ahead;
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#next();
    if (token.type !== type) throw this.#unexpected(token, context);
    return token;
  }

  #unexpected(token: Token, context: string): ParseError {
    if (token.type !== 'error') return this.error(`unexpected ${describeToken(token)} in ${context}`);
    const started = this.#scope.actionLine;
    if (started === 0 || started === token.line) return this.error(token.value);
    const where = ` started at ${this.#parseName}:${started}`;
    return this.error(`${token.value}${token.value.endsWith(' action') ? '' : ' in action'}${where}`);
  }

  // --- definitions ---

  #add(name: string, root: ListNode): void {
    const old = this.#trees.get(name);
    if (old === undefined || isEmptyList(old.root)) {
      this.#trees.set(name, { name, parseName: this.#parseName, text: this.#text, root });
    } else if (!isEmptyList(root)) {
      throw this.error(`template: multiple definition of template ${quote(name)}`);
    }
  }

  /** A `{{define}}`, its word being read. */
  #definition(): void {
    const context = 'define clause';
    const outer = this.#scope;
    this.#scope = newScope('definition');
    const token = this.#next();
    const name = this.#templateName(token, context);
    this.#expect('rightDelim', context);
    const { list, mark } = this.#itemList();
    if (mark.type !== 'end') throw this.error(`unexpected ${nodeString(mark)} in ${context}`);
    this.#add(name, list);
    this.#scope = outer;
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') throw this.#unexpected(token, context);
    return this.#unquote(token.value);
  }

  #unquote(literal: string): string {
    const text = unquote(literal);
    if (text === undefined) throw this.error('invalid syntax');
    return text;
  }

  // --- lists and actions ---

  /** Statements up to an `{{end}}` or `{{else}}`. */
  #itemList(): { list: ListNode; mark: MarkNode } {
    let token = this.#next();
    const { pos } = token;
    const nodes: Statement[] = [];
    for (; token.type !== 'eof'; token = this.#next()) {
      const node = this.#statement(token, false);
      if (isMark(node)) return { list: { type: 'list', pos, nodes: exact(nodes) }, mark: node };
      nodes.push(node);
    }
    throw this.error('unexpected EOF');
  }

  #statement(token: Token, isTop: false): Statement | MarkNode;
  #statement(token: Token, isTop: true): Statement | MarkNode | undefined;
  /** The statement that begins with this token; undefined for a definition, which only the top of a text may hold. */
  #statement(token: Token, isTop: boolean): Statement | MarkNode | undefined {
    if (token.type === 'text') return { type: 'text', pos: token.pos, text: token.value };
    if (token.type !== 'leftDelim') throw this.#unexpected(token, 'input');
    const word = this.#next();
    if (isTop && word.type === 'define') {
      this.#definition();
      return undefined;
    }
    const scope = this.#scope;
    scope.actionLine = token.line;
    const node = this.#action(word);
    scope.actionLine = 0;
    return node;
  }

  #action(token: Token): Statement | MarkNode {
    switch (token.type) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue': {
        const following = this.#next();
        if (following.type !== 'rightDelim') throw this.#unexpected(following, `{{${token.type}}}`);
        if (this.#scope.rangeDepth === 0) throw this.error(`{{${token.type}}} outside {{range}}`);
        return { type: token.type, pos: token.pos };
      }
      case 'else':
        return this.#else();
      case 'end':
        return { type: 'end', pos: this.#expect('rightDelim', 'end').pos };
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(token.type);
      case 'template':
        return this.#template();
      default:
        this.#back(token);
        return { type: 'action', pos: token.pos, pipe: this.#pipeline('command', 'rightDelim') };
    }
  }

  #else(): MarkNode {
    const next = this.#peek();
    // `{{else if …}}`: the word stays for the branch that ends here.
    if (next.type === 'if' || next.type === 'with') return { type: 'else', pos: next.pos };
    return { type: 'else', pos: this.#expect('rightDelim', 'else').pos };
  }

  #branch(type: 'if' | 'range' | 'with'): BranchNode {
    const scope = this.#scope;
    const depth = scope.vars.length;
    const pipe = this.#pipeline(type, 'rightDelim');
    if (type === 'range') scope.rangeDepth++;
    const { list, mark } = this.#itemList();
    if (type === 'range') scope.rangeDepth--;
    const elseList = mark.type === 'else' ? this.#elseList(type, mark) : undefined;
    scope.vars.length = depth;
    return { type, pos: pipe.pos, pipe, list, elseList };
  }

  #elseList(type: 'if' | 'range' | 'with', mark: MarkNode): ListNode {
    // `{{if a}}…{{else if b}}…{{end}}` is `{{if a}}…{{else}}{{if b}}…{{end}}{{end}}`, the last end being understood.
    if (type !== 'range' && this.#peek().type === type) {
      this.#next();
      return { type: 'list', pos: mark.pos, nodes: [this.#branch(type)] };
    }
    const { list, mark: end } = this.#itemList();
    if (end.type !== 'end') throw this.error(`expected end; found ${nodeString(end)}`);
    return list;
  }

  #block(): TemplateNode {
    const context = 'block clause';
    const token = this.#next();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, 'rightDelim');
    const outer = this.#scope;
    this.#scope = newScope(name);
    const { list, mark } = this.#itemList();
    const inner = this.#scope;
    this.#scope = outer;
    if (mark.type !== 'end') throw this.error(`unexpected ${nodeString(mark)} in ${context}`);
    this.#scope = inner;
    this.#add(name, list);
    this.#scope = outer;
    return { type: 'template', pos: token.pos, name, pipe };
  }

  #template(): TemplateNode {
    const context = 'template clause';
    const token = this.#next();
    const name = this.#templateName(token, context);
    const following = this.#next();
    if (following.type === 'rightDelim') return { type: 'template', pos: token.pos, name, pipe: undefined };
    this.#back(following);
    return { type: 'template', pos: token.pos, name, pipe: this.#pipeline(context, 'rightDelim') };
  }

  // --- pipelines ---

  #pipeline(context: string, end: 'rightDelim' | 'rightParen'): PipeNode {
    const { pos } = this.#peek();
    const { decl, isAssign } = this.#declarations(context);
    const cmds: CommandNode[] = [];
    for (;;) {
      const token = this.#next();
      if (token.type === end) break;
      if (!OPERAND_STARTS.has(token.type)) throw this.#unexpected(token, context);
      this.#back(token);
      cmds.push(this.#command());
    }
    if (cmds.length === 0) throw this.error(`missing value for ${context}`);
    for (let at = 1; at < cmds.length; at++) {
      // Only the first command may start with something that cannot be called.
      if (CONSTANTS.has(cmds[at]?.args[0]?.type ?? 'nil')) {
        throw this.error(`non executable command in pipeline stage ${at + 1}`);
      }
    }
    return { type: 'pipe', pos, isAssign, decl, cmds: exact(cmds) };
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
  #declarations(context: string): Pick<PipeNode, 'decl' | 'isAssign'> {
    if (this.#peek().type !== 'variable') return NO_DECLARATIONS;
    const decl: VariableNode[] = [];
    for (let variable = this.#peek(); variable.type === 'variable'; variable = this.#peek()) {
      this.#next();
      const following = this.#peek();
      const comma = following.type === 'char' && following.value === ',';
      if (following.type !== 'assign' && following.type !== 'declare' && !comma) {
        // `$x foo` begins a command.
        this.#back(variable);
        break;
      }
      this.#next();
      decl.push(variableNode(variable.pos, variable.value));
      this.#scope.vars.push(variable.value);
      if (!comma) return { decl: exact(decl), isAssign: following.type === 'assign' };
      if (context !== 'range' || decl.length >= 2) throw this.error(`too many declarations in ${context}`);
      const { type } = this.#peek();
      if (type !== 'variable' && type !== 'rightDelim' && type !== 'rightParen') {
        throw this.error('range can only initialize variables');
      }
    }
    return { decl: exact(decl), isAssign: false };
  }

  #command(): CommandNode {
    const args: Operand[] = [];
    const { pos } = this.#peek();
    for (;;) {
      const operand = this.#operand();
      const token = this.#next();
      if (operand !== undefined) args.push(operand);
      const { type, spaced } = token;
      if (type === 'pipe') break;
      const another = operand !== undefined && spaced && OPERAND_STARTS.has(type);
      if (!another && type !== 'rightDelim' && type !== 'rightParen') throw this.#unexpected(token, 'operand');
      this.#back(token);
      if (!another) break;
    }
    if (args.length === 0) throw this.error('empty command');
    return { type: 'command', pos, args: exact(args) };
  }

  /** A term and the fields after it; undefined when no operand is next. */
  #operand(): Operand | undefined {
    const node = this.#term();
    if (node === undefined) return undefined;
    const { type, spaced, pos } = this.#peek();
    if (type !== 'field' || spaced) return node;
    const fields: string[] = [];
    for (let token = this.#peek(); token.type === 'field' && !token.spaced; token = this.#peek()) {
      fields.push(...fieldNames(this.#next()));
    }
    if (node.type === 'field') {
      return { type: 'field', pos: node.ident.length > 1 ? node.pos : pos, ident: [...node.ident, ...fields] };
    }
    if (node.type === 'variable') return { type: 'variable', pos, ident: [...node.ident, ...fields] };
    if (CONSTANTS.has(node.type)) throw this.error(`unexpected . after term ${quote(nodeString(node))}`);
    return { type: 'chain', pos, node, fields };
  }

  #term(): Operand | undefined {
    const token = this.#next();
    const { pos, value } = token;
    switch (token.type) {
      case 'identifier':
        if (!this.#isFunction(value)) throw this.error(`function ${quote(value)} not defined`);
        return { type: 'identifier', pos, ident: value };
      case 'dot':
      case 'nil':
        return { type: token.type, pos };
      case 'variable':
        if (!this.#scope.vars.includes(value)) throw this.error(`undefined variable ${quote(value)}`);
        return variableNode(pos, value);
      case 'field':
        return fieldNode(token);
      case 'bool':
        return { type: 'bool', pos, value: value === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number': {
        const number = parseNumber(value, token.type);
        if (typeof number === 'string') throw this.error(number);
        return { type: 'number', pos, text: value, value: number };
      }
      case 'leftParen': {
        if (this.#scope.parens >= MAX_PARENS) throw this.error('max expression depth exceeded');
        this.#scope.parens++;
        const pipe = this.#pipeline('parenthesized pipeline', 'rightParen');
        this.#scope.parens--;
        return pipe;
      }
      case 'string':
      case 'rawString':
        return { type: 'string', pos, quoted: value, text: this.#unquote(value) };
      default:
        this.#back(token);
        return undefined;
    }
  }
}

function isMark(node: Statement | MarkNode): node is MarkNode {
  return node.type === 'end' || node.type === 'else';
}

/** Its place is, as Go has it, that of the second name when there are several. */
function fieldNode(token: Token): FieldNode {
  const ident = fieldNames(token);
  const [first = ''] = ident;
  return { type: 'field', pos: ident.length > 1 ? token.pos + 1 + first.length : token.pos, ident };
}

/** A list without the room to grow that pushing leaves behind: trees live long, and most of their lists have one element. */
function exact<T>(list: readonly T[]): T[] {
  const [first] = list;
  return list.length === 1 && first !== undefined ? [first] : list.slice();
}

function variableNode(pos: number, name: string): VariableNode {
  return { type: 'variable', pos, ident: [name] };
}

const NO_DECLARATIONS: Pick<PipeNode, 'decl' | 'isAssign'> = { decl: [], isAssign: false };

const CONSTANTS: ReadonlySet<Node['type']> = new Set<Node['type']>(['bool', 'dot', 'nil', 'number', 'string']);

const OPERAND_STARTS: ReadonlySet<TokenType> = new Set<TokenType>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);
