// The parse tree, and how its nodes are written back as text (error messages show them so).
import { quote } from '#lib/go-quote';
import type { NumberConstant } from './number.ts';

interface At {
  /** Index in the text of its start. */
  readonly pos: number;
}

export interface TextNode extends At {
  readonly type: 'text';
  readonly text: string;
}
export interface ActionNode extends At {
  readonly type: 'action';
  readonly pipe: PipeNode;
}
export interface PipeNode extends At {
  readonly type: 'pipe';
  /** Assignment to variables that exist, not a declaration. */
  readonly isAssign: boolean;
  readonly decl: readonly VariableNode[];
  readonly cmds: readonly CommandNode[];
}
export interface CommandNode extends At {
  readonly type: 'command';
  readonly args: readonly Operand[];
}
export interface IdentifierNode extends At {
  readonly type: 'identifier';
  readonly ident: string;
}
/** `$x.a.b`: ident is ['$x', 'a', 'b']. */
export interface VariableNode extends At {
  readonly type: 'variable';
  readonly ident: readonly string[];
}
export interface FieldNode extends At {
  readonly type: 'field';
  readonly ident: readonly string[];
}
/** A term followed by fields: `(pipe).a.b`. */
export interface ChainNode extends At {
  readonly type: 'chain';
  readonly node: Operand;
  readonly fields: readonly string[];
}
export interface DotNode extends At {
  readonly type: 'dot';
}
export interface NilNode extends At {
  readonly type: 'nil';
}
export interface BoolNode extends At {
  readonly type: 'bool';
  readonly value: boolean;
}
export interface NumberNode extends At {
  readonly type: 'number';
  readonly text: string;
  readonly value: NumberConstant;
}
export interface StringNode extends At {
  readonly type: 'string';
  readonly quoted: string;
  readonly text: string;
}
export interface ListNode extends At {
  readonly type: 'list';
  readonly nodes: readonly Statement[];
}
export interface BranchNode extends At {
  readonly type: 'if' | 'range' | 'with';
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly elseList: ListNode | undefined;
}
export interface TemplateNode extends At {
  readonly type: 'template';
  readonly name: string;
  readonly pipe: PipeNode | undefined;
}
export interface JumpNode extends At {
  readonly type: 'break' | 'continue';
}
/** `{{end}}` and `{{else}}`: they end a list and are not part of a tree. */
export interface MarkNode extends At {
  readonly type: 'end' | 'else';
}

export type Operand =
  | IdentifierNode
  | VariableNode
  | FieldNode
  | ChainNode
  | DotNode
  | NilNode
  | BoolNode
  | NumberNode
  | StringNode
  | PipeNode;
export type Statement = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode;
export type Node = Operand | Statement | CommandNode | ListNode | MarkNode;

/** One template's tree: the body of a text or of a definition in it. */
export interface Tree {
  readonly name: string;
  /** The text it was parsed from, as named by errors. */
  readonly parseName: string;
  readonly text: string;
  readonly root: ListNode;
}

/** Nothing but white space (and comments, which are not in the tree)? */
export function isEmptyList(list: ListNode): boolean {
  // Blanks as Go's bytes.TrimSpace has them.
  return list.nodes.every((node) => node.type === 'text' && /^[\t\n\v\f\r \u0085\u00a0\p{Z}]*$/u.test(node.text));
}

/** The source form. */
export function nodeString(node: Node): string {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'action':
      return `{{${nodeString(node.pipe)}}}`;
    case 'pipe':
      return pipeString(node);
    case 'command':
      return node.args.map((arg) => (arg.type === 'pipe' ? `(${pipeString(arg)})` : nodeString(arg))).join(' ');
    case 'identifier':
      return node.ident;
    case 'variable':
      return node.ident.join('.');
    case 'field':
      return node.ident.map((name) => `.${name}`).join('');
    case 'chain': {
      const inner = node.node.type === 'pipe' ? `(${pipeString(node.node)})` : nodeString(node.node);
      return inner + node.fields.map((name) => `.${name}`).join('');
    }
    case 'dot':
      return '.';
    case 'bool':
      return node.value ? 'true' : 'false';
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'list':
      return node.nodes.map(nodeString).join('');
    case 'if':
    case 'range':
    case 'with': {
      const otherwise = node.elseList === undefined ? '' : `{{else}}${nodeString(node.elseList)}`;
      return `{{${node.type} ${pipeString(node.pipe)}}}${nodeString(node.list)}${otherwise}{{end}}`;
    }
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe === undefined ? '' : ` ${pipeString(node.pipe)}`}}}`;
    case 'nil':
      return 'nil';
    case 'break':
    case 'continue':
    case 'end':
    case 'else':
      return `{{${node.type}}}`;
  }
}

function pipeString(pipe: PipeNode): string {
  const cmds = pipe.cmds.map(nodeString).join(' | ');
  if (pipe.decl.length === 0) return cmds;
  return `${pipe.decl.map(nodeString).join(', ')} ${pipe.isAssign ? '=' : ':='} ${cmds}`;
}
