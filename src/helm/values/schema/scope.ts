// Where a validation stands: the chain of schemas that led here, for cycles and dynamic references.
import type { Schema } from './compiled.ts';
import { escapeToken } from './locations.ts';

export class Scope {
  readonly schema: Schema;
  readonly parent: Scope | undefined;
  /** The keyword of a jump, such as `$ref`; empty where the path of the schema tells. */
  readonly keyword: string;
  /** Scopes of one value share this number. */
  readonly value: number;

  constructor(schema: Schema, value: number, parent?: Scope, keyword = '') {
    this.schema = schema;
    this.value = value;
    this.parent = parent;
    this.keyword = keyword;
  }

  /** The scope in which the same schema is already looking at the same value. */
  cycle(): Scope | undefined {
    for (let at = this.parent; at !== undefined && at.value === this.value; at = at.parent) {
      if (at.schema === this.schema) return at;
    }
    return undefined;
  }

  /** The keywords that led here. */
  keywordLocation(): string {
    let path = '';
    for (const { schema, parent, keyword } of this.#chain()) {
      if (parent === undefined) break;
      const step = keyword === '' ? schema.location.slice(parent.schema.location.length) : `/${escapeToken(keyword)}`;
      path = step + path;
    }
    return path;
  }

  recursiveTarget(fallback: Schema): Schema {
    let found = fallback;
    for (const at of this.#chain()) {
      if (at.schema.resource?.recursiveAnchor === true) found = at.schema;
    }
    return found;
  }

  dynamicTarget(anchor: string, fallback: Schema): Schema {
    let found = fallback;
    for (const at of this.#chain()) {
      found = at.schema.resource?.dynamicAnchors?.get(anchor) ?? found;
    }
    return found;
  }

  /** This scope and all that led to it, innermost first. */
  *#chain(): Generator<Scope> {
    yield this;
    for (let at = this.parent; at !== undefined; at = at.parent) yield at;
  }
}
