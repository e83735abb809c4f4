// The parser: tokens to trees, with Go's error texts.
import { quote, unquote } from '#lib/go-quote';
import { ParseError } from './errors.ts';
import { describeToken, Lexer, type Token, type TokenType } from './lex.ts';
import {
  isEmptyList,
  nodeString,
  type BranchNode,
  type CommandNode,
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
    const root: ListNode = { type: 'list', pos: this.#peek().pos, nodes: [] };
    while (this.#peek().type !== 'eof') {
      if (this.#peek().type === 'leftDelim' && this.#definition()) continue;
      const node = this.#textOrAction();
      if (isMark(node)) throw this.error(`unexpected ${nodeString(node)}`);
      root.nodes.push(node);
    }
    this.#add(this.#scope.name, root);
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

  #nextNonSpace(): Token {
    let token = this.#next();
    while (token.type === 'space') token = this.#next();
    return token;
  }

  #peekNonSpace(): Token {
    let token = this.#peek();
    while (token.type === 'space') {
      this.#next();
      token = this.#peek();
    }
    return token;
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#nextNonSpace();
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

  /** A `{{define}}`, when one is next; otherwise nothing is taken. */
  #definition(): boolean {
    const delim = this.#next();
    const word = this.#nextNonSpace();
    if (word.type !== 'define') {
      this.#back(word);
      this.#back(delim);
      return false;
    }
    const context = 'define clause';
    const outer = this.#scope;
    this.#scope = newScope('definition');
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    this.#expect('rightDelim', context);
    const { list, mark } = this.#itemList();
    if (mark.type !== 'end') throw this.error(`unexpected ${nodeString(mark)} in ${context}`);
    this.#add(name, list);
    this.#scope = outer;
    return true;
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
    const list: ListNode = { type: 'list', pos: this.#peekNonSpace().pos, nodes: [] };
    while (this.#peekNonSpace().type !== 'eof') {
      const node = this.#textOrAction();
      if (isMark(node)) return { list, mark: node };
      list.nodes.push(node);
    }
    throw this.error('unexpected EOF');
  }

  #textOrAction(): Statement | MarkNode {
    const token = this.#nextNonSpace();
    if (token.type === 'text') return { type: 'text', pos: token.pos, text: token.value };
    if (token.type !== 'leftDelim') throw this.#unexpected(token, 'input');
    const scope = this.#scope;
    scope.actionLine = token.line;
    const node = this.#action();
    scope.actionLine = 0;
    return node;
  }

  #action(): Statement | MarkNode {
    const token = this.#nextNonSpace();
    switch (token.type) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue': {
        const following = this.#nextNonSpace();
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
    const next = this.#peekNonSpace();
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
    const token = this.#nextNonSpace();
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
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const following = this.#nextNonSpace();
    if (following.type === 'rightDelim') return { type: 'template', pos: token.pos, name, pipe: undefined };
    this.#back(following);
    return { type: 'template', pos: token.pos, name, pipe: this.#pipeline(context, 'rightDelim') };
  }

  // --- pipelines ---

  #pipeline(context: string, end: 'rightDelim' | 'rightParen'): PipeNode {
    const pipe: PipeNode = { type: 'pipe', pos: this.#peekNonSpace().pos, isAssign: false, decl: [], cmds: [] };
    this.#declarations(pipe, context);
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) break;
      if (!OPERAND_STARTS.has(token.type)) throw this.#unexpected(token, context);
      this.#back(token);
      pipe.cmds.push(this.#command());
    }
    if (pipe.cmds.length === 0) throw this.error(`missing value for ${context}`);
    for (const [at, command] of pipe.cmds.entries()) {
      // Only the first command may start with something that cannot be called.
      if (at > 0 && CONSTANTS.has(command.args[0]?.type ?? 'nil')) {
        throw this.error(`non executable command in pipeline stage ${at + 1}`);
      }
    }
    return pipe;
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
  #declarations(pipe: PipeNode, context: string): void {
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.type !== 'variable') return;
      this.#next();
      // `$x foo` begins a command: whether a blank follows must be put back too.
      const adjacent = this.#peek();
      const following = this.#peekNonSpace();
      const comma = following.type === 'char' && following.value === ',';
      if (following.type !== 'assign' && following.type !== 'declare' && !comma) {
        if (adjacent.type === 'space') this.#back(adjacent);
        this.#back(variable);
        return;
      }
      this.#nextNonSpace();
      pipe.decl.push(variableNode(variable.pos, variable.value));
      this.#scope.vars.push(variable.value);
      if (!comma) {
        pipe.isAssign = following.type === 'assign';
        return;
      }
      if (context !== 'range' || pipe.decl.length >= 2) throw this.error(`too many declarations in ${context}`);
      const { type } = this.#peekNonSpace();
      if (type !== 'variable' && type !== 'rightDelim' && type !== 'rightParen') {
        throw this.error('range can only initialize variables');
      }
    }
  }

  #command(): CommandNode {
    const args: Operand[] = [];
    const { pos } = this.#peekNonSpace();
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.type === 'space') continue;
      if (token.type === 'rightDelim' || token.type === 'rightParen') this.#back(token);
      else if (token.type !== 'pipe') throw this.#unexpected(token, 'operand');
      break;
    }
    if (args.length === 0) throw this.error('empty command');
    return { type: 'command', pos, args };
  }

  /** A term and the fields after it; undefined when no operand is next. */
  #operand(): Operand | undefined {
    const node = this.#term();
    if (node === undefined || this.#peek().type !== 'field') return node;
    const { pos } = this.#peek();
    const fields: string[] = [];
    while (this.#peek().type === 'field') fields.push(this.#next().value.slice(1));
    if (node.type === 'field') return { type: 'field', pos, ident: [...node.ident, ...fields] };
    if (node.type === 'variable') return { type: 'variable', pos, ident: [...node.ident, ...fields] };
    if (CONSTANTS.has(node.type)) throw this.error(`unexpected . after term ${quote(nodeString(node))}`);
    return { type: 'chain', pos, node, fields };
  }

  #term(): Operand | undefined {
    const token = this.#nextNonSpace();
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
        return { type: 'field', pos, ident: [value.slice(1)] };
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

function variableNode(pos: number, name: string): VariableNode {
  return { type: 'variable', pos, ident: [name] };
}

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
