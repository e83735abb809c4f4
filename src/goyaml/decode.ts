// Node trees to plain values: typing, merge keys, aliases, duplicate keys, as go-yaml decodes into `any`.
import { quote } from '#lib/go-quote';
import { decodeBinary } from './binary.ts';
import { YamlError, yamlError } from './errors.ts';
import { goSyntax } from './go-syntax.ts';
import { formatFloatG } from './numbers.ts';
import { QUOTED, Style, type Node } from './node.ts';
import { DEFAULT_LIMITS, type DecodeOptions, type Flavor, type Integers } from './options.ts';
import { parseFirst } from './parse.ts';
import { isSurelyString, resolvePlain, resolveTagged, type Resolved } from './resolve.ts';
import { setKey, type GoObject, type GoValue } from './value.ts';

/** A mapping key: its text, and the value it was before it became text. */
interface Key {
  readonly text: string;
  readonly value: GoValue;
}

/** How the keys of a v3 mapping are read: `strings` and `any` when JSON is to hold them. */
type KeyRule = 'text' | 'strings' | 'any';

const INT64_MAX = (1n << 63n) - 1n;

/** From how many decoded nodes on the share of aliased ones is limited, and how far the limit sinks. */
const ALIAS_RATIO = { low: 400_000, high: 4_000_000, start: 0.99, end: 0.1 };

/** Repeated keys are told in pairs: without a bound their number would be quadratic. */
const MAX_PROBLEMS = 1000;

/** A value shown in an error is cut here. */
const MAX_SHOWN = 1000;

function allowedAliasRatio(count: number): number {
  const { low, high, start, end } = ALIAS_RATIO;
  const progress = Math.min(Math.max((count - low) / (high - low), 0), 1);
  return start - (start - end) * progress;
}

/** A scalar is merged by the name `<<` when it is plain. */
function isMerge(node: Node): boolean {
  return node.kind === 'scalar' && node.value === '<<' && node.tag === '!!merge';
}

/** Whether a scalar is a string whatever its text: tagged so, or quoted without a tag. */
function isString(node: Node): boolean {
  return node.tag === '!!str' || ((node.tag === '' || node.tag === '!') && (node.style & QUOTED) !== 0);
}

class Decoder {
  private readonly flavor: Flavor;
  private readonly integers: Integers;
  private readonly strict: boolean;
  private readonly stringKeysOnly: boolean;
  private readonly problems: string[] = [];
  /** Objects with a key JSON has no form for. They count only if no later key replaced them. */
  private readonly unlikeJSON = new Map<GoObject, YamlError>();
  private readonly openAliases = new Set<Node>();
  private decoded = 0;
  private aliased = 0;
  private aliasDepth = 0;
  private depth = 0;
  private readonly depthLimit: number;

  constructor(options: DecodeOptions) {
    this.flavor = options.flavor ?? 'v3';
    this.integers = options.integers ?? 'safe';
    this.strict = options.strict ?? false;
    this.stringKeysOnly = options.keys === 'strings-only';
    this.depthLimit = 2 * (options.limits?.depth ?? DEFAULT_LIMITS.depth);
  }

  decode(node: Node): GoValue {
    const value = this.value(node);
    if (this.problems.length > 0) {
      throw yamlError(`unmarshal errors:\n  ${this.problems.join('\n  ')}`);
    }
    if (this.unlikeJSON.size > 0) {
      this.refuseUnlikeJSON(value);
    }
    return value;
  }

  private refuseUnlikeJSON(value: GoValue): void {
    if (typeof value !== 'object' || value === null) {
      return;
    }
    const error = Array.isArray(value) ? undefined : this.unlikeJSON.get(value);
    if (error !== undefined) {
      throw error;
    }
    for (const item of Object.values(value)) {
      this.refuseUnlikeJSON(item);
    }
  }

  private count(): void {
    this.decoded++;
    if (this.aliasDepth > 0) {
      this.aliased++;
    }
    if (this.aliased > 100 && this.decoded > 1000 && this.aliased / this.decoded > allowedAliasRatio(this.decoded)) {
      throw yamlError('document contains excessive aliasing');
    }
  }

  private value(node: Node): GoValue {
    this.count();
    switch (node.kind) {
      case 'scalar':
        return this.scalar(node);
      case 'alias':
        return this.alias(node, (target) => this.value(target));
      case 'document': {
        const [content] = node.content;
        return content === undefined ? null : this.value(content);
      }
      default: {
        if (++this.depth > this.depthLimit) {
          throw yamlError(`exceeded max depth of ${this.depthLimit}`);
        }
        const value = node.kind === 'mapping' ? this.mapping(node) : node.content.map((item) => this.value(item));
        this.depth--;
        return value;
      }
    }
  }

  private alias<V>(node: Node, visit: (target: Node) => V): V {
    if (this.openAliases.has(node)) {
      throw yamlError(`anchor '${node.value}' value contains itself`);
    }
    this.openAliases.add(node);
    this.aliasDepth++;
    const result = visit(node.alias as Node);
    this.aliasDepth--;
    this.openAliases.delete(node);
    return result;
  }

  private scalar(node: Node): GoValue {
    if (isString(node)) {
      return node.value;
    }
    const resolved = this.resolve(node);
    if (resolved === undefined) {
      return node.value;
    }
    const { tag, value } = resolved;
    if (tag === '!!binary') {
      return decodeBinary(node.value);
    }
    if (typeof value === 'bigint') {
      return this.integer(value);
    }
    if (typeof value === 'object' && value !== null) {
      return this.flavor === 'v2' ? node.value : value.text;
    }
    return value;
  }

  private resolve(node: Node): Resolved | undefined {
    if ((node.style & Style.tagged) === 0 && (node.style & QUOTED) === 0) {
      return isSurelyString(node.value) ? undefined : resolvePlain(node.value, this.flavor, true);
    }
    return resolveTagged(node.tag, node.value, this.flavor);
  }

  private integer(value: bigint): GoValue {
    if (this.integers === 'bigint') {
      return value;
    }
    const number = Number(value);
    return this.integers === 'number' || Number.isSafeInteger(number) ? number : value;
  }

  private mapping(node: Node): GoValue {
    const out: GoObject = {};
    if (this.flavor === 'v2') {
      this.fillV2(node, out);
      return out;
    }
    const strings = this.depth === 1 || hasStringKeys(node);
    const keys: KeyRule = !this.stringKeysOnly ? 'text' : strings ? 'strings' : 'any';
    return this.fillV3(node, out, keys) ? out : null;
  }

  /** v2: pairs and merges take effect in the order they are written in. */
  private fillV2(node: Node, out: GoObject): void {
    const { content } = node;
    for (let i = 0; i + 1 < content.length; i += 2) {
      const keyNode = content[i] as Node;
      const valueNode = content[i + 1] as Node;
      if (isMerge(keyNode)) {
        this.mergeV2(valueNode, out);
        continue;
      }
      const key = this.key(keyNode);
      const value = this.value(valueNode);
      this.checkKey(out, key, value);
      const { text } = key;
      if (this.strict && Object.hasOwn(out, text)) {
        this.report(`line ${valueNode.line}: key ${goSyntax(key.value, 'v2')} already set in map`);
      } else {
        setKey(out, text, value);
      }
    }
  }

  private mergeV2(node: Node, out: GoObject): void {
    const sources = node.kind === 'sequence' ? node.content.toReversed() : [node];
    for (const source of sources) {
      this.visitMergeSource(source, (mapping) => this.fillV2(mapping, out));
    }
  }

  private visitMergeSource(node: Node, fill: (mapping: Node) => void): void {
    const target = node.kind === 'alias' ? node.alias : node;
    if (target?.kind !== 'mapping') {
      throw yamlError('map merge requires map or sequence of maps as the value');
    }
    this.count();
    if (node.kind === 'alias') {
      this.alias(node, (mapping) => {
        this.count();
        fill(mapping);
      });
    } else {
      fill(node);
    }
  }

  /** v3: what is set already, by the mapping itself or an earlier merge, stays. False when keys repeat. */
  private fillV3(node: Node, out: GoObject, keys: KeyRule, merged?: Set<string>): boolean {
    const { content } = node;
    if (this.hasRepeatedKeys(content)) {
      return false;
    }
    let mergeNode: Node | undefined;
    for (let i = 0; i + 1 < content.length; i += 2) {
      const keyNode = content[i] as Node;
      const valueNode = content[i + 1] as Node;
      if (isMerge(keyNode)) {
        mergeNode = valueNode;
        continue;
      }
      const key = this.keyBy(keys, keyNode, out);
      if (key === undefined) {
        continue;
      }
      const { text } = key;
      if (merged !== undefined) {
        if (merged.has(text)) {
          continue;
        }
        merged.add(text);
      }
      const value = this.value(valueNode);
      if (keys === 'text') {
        this.checkKey(out, key, value);
      }
      setKey(out, text, value);
    }
    if (mergeNode !== undefined) {
      this.mergeV3(mergeNode, out, keys, merged ?? new Set(Object.keys(out)));
    }
    return true;
  }

  private keyBy(rule: KeyRule, node: Node, out: GoObject): Key | undefined {
    if (rule === 'text') {
      return this.key(node);
    }
    const text = rule === 'strings' ? this.stringKey(node) : this.anyKey(node, out);
    return text === undefined ? undefined : { text, value: text };
  }

  private mergeV3(node: Node, out: GoObject, keys: KeyRule, merged: Set<string>): void {
    for (const source of node.kind === 'sequence' ? node.content : [node]) {
      this.visitMergeSource(source, (mapping) => this.fillV3(mapping, out, keys, merged));
    }
  }

  private hasRepeatedKeys(content: readonly Node[]): boolean {
    const first = new Map<string, Node[]>();
    let repeated = false;
    for (let i = 0; i < content.length; i += 2) {
      const key = content[i] as Node;
      const id = key.kind === 'scalar' ? key.value : `\0${key.kind}${key.value}`;
      const same = first.get(id);
      if (same === undefined) {
        first.set(id, [key]);
      } else {
        same.push(key);
        repeated = true;
      }
    }
    if (repeated) {
      this.reportRepeatedKeys(first.values());
    }
    return repeated;
  }

  /** Notes what is wrong; false when no more is listened to. */
  private report(problem: string): boolean {
    if (this.problems.length < MAX_PROBLEMS) {
      this.problems.push(problem);
    }
    return this.problems.length < MAX_PROBLEMS;
  }

  private reportRepeatedKeys(groups: Iterable<readonly Node[]>): void {
    for (const keys of groups) {
      for (const [index, key] of keys.entries()) {
        for (const later of keys.slice(index + 1)) {
          if (
            !this.report(`line ${later.line}: mapping key ${quote(later.value)} already defined at line ${key.line}`)
          ) {
            return;
          }
        }
      }
    }
  }

  private key(node: Node): Key {
    // Integers are told from floats here whatever the values are to be.
    const target = node.kind === 'alias' ? (node.alias as Node) : node;
    const resolved = target.kind === 'scalar' && !isString(target) ? this.resolve(target)?.value : undefined;
    const value = this.value(node);
    if (typeof resolved === 'bigint') {
      return { text: String(resolved), value: resolved };
    }
    switch (typeof value) {
      case 'string':
        return { text: value, value };
      case 'number':
        return { text: floatKey(value), value };
      case 'bigint':
      case 'boolean':
        return { text: String(value), value };
      default:
        if (value === null) {
          return { text: '', value };
        }
        throw yamlError(`invalid map key: ${goSyntax(value, this.flavor).slice(0, MAX_SHOWN)}`);
    }
  }

  /** sigs.k8s.io/yaml makes text of most keys, but not of these. */
  private checkKey(out: GoObject, { value: key }: Key, value: GoValue): void {
    if (key === null || (typeof key === 'bigint' && key > INT64_MAX)) {
      const type = key === null ? '%!s(<nil>)' : 'uint64';
      const shown = key === null ? '<nil>' : `0x${key.toString(16)}`;
      this.unlikeJSON.set(
        out,
        new YamlError(
          `unsupported map key of type: ${type}, key: ${shown}, value: ${goSyntax(value, 'v2').slice(0, MAX_SHOWN)}`,
        ),
      );
    }
  }

  /** A key of a map of strings: any scalar as it is written, but null; undefined for what is left out. */
  private stringKey(node: Node): string | undefined {
    this.count();
    const target = node.kind === 'alias' ? (node.alias as Node) : node;
    if (target.kind !== 'scalar') {
      this.report(`line ${target.line}: cannot unmarshal ${target.tag} into string`);
      return undefined;
    }
    if (isString(target)) {
      return target.value;
    }
    const resolved = this.resolve(target);
    if (resolved?.tag === '!!binary') {
      return decodeBinary(target.value);
    }
    return resolved?.value === null ? undefined : target.value;
  }

  /** A key of a map JSON cannot hold. */
  private anyKey(node: Node, out: GoObject): string {
    const { text } = this.key(node);
    this.unlikeJSON.set(out, new YamlError('json: unsupported type: map[interface {}]interface {}'));
    return text;
  }
}

/** As sigs.k8s.io/yaml prints it: with 32 bits of precision. */
function floatKey(value: number): string {
  if (Number.isNaN(value)) {
    return '.nan';
  }
  return formatFloatG(value, 32).replace('+Inf', '.inf').replace('-Inf', '-.inf');
}

/** Whether a mapping becomes a map of strings: all its keys are some. */
function hasStringKeys({ content }: Node): boolean {
  for (let i = 0; i < content.length; i += 2) {
    const key = content[i] as Node;
    const { tag } = key.kind === 'alias' ? (key.alias as Node) : key;
    if (tag !== '!!str' && tag !== '!!merge') {
      return false;
    }
  }
  return true;
}

/** The value of a node tree: aliases and merges resolved, scalars typed by the flavor (v3 by default). */
export function nodeToValue(node: Node, options: DecodeOptions = {}): GoValue {
  return new Decoder(options).decode(node);
}

function decodeText(text: string, options: DecodeOptions): GoValue {
  const document = parseFirst(text, options);
  return document === undefined ? null : nodeToValue(document, options);
}

/** go-yaml v2's typing of the first document. */
export function decodeV2(text: string, options: DecodeOptions = {}): GoValue {
  return decodeText(text, { ...options, flavor: 'v2' });
}

/** go-yaml v3's typing of the first document. */
export function decodeV3(text: string, options: DecodeOptions = {}): GoValue {
  return decodeText(text, { ...options, flavor: 'v3' });
}
