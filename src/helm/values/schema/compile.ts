// Compiles schema documents to linked Schema objects. No code is generated: a schema is untrusted input.
import { GoRegexp, RegexpError } from '#lib/go-regexp';
import { quote as goQuote } from '#lib/go-quote';
import type { Schema } from './compiled.ts';
import { metaSchema } from './drafts.ts';
import { isObject, type Json, SchemaError } from './json.ts';
import { compileKeywords } from './keywords.ts';
import { encodePointer, escapeToken, joinUrl, locationOf, lookUp } from './locations.ts';
import { type Dialect, type DocumentLoader, type Resource, SchemaDocument } from './resources.ts';

/** Schemas one chart's schema may consist of, meta-schemas included. */
const maxSchemas = 100_000;

/** Checks a schema against the meta-schema of its dialect. */
export type MetaValidator = (schema: Json, dialect: Dialect, location: string) => void;

export class Compiler {
  readonly #documents = new Map<string, SchemaDocument>();
  readonly #schemas = new Map<string, Schema>();
  readonly #load: DocumentLoader;
  readonly #check: MetaValidator;
  #queue: Schema[] = [];

  constructor(load: DocumentLoader, check: MetaValidator) {
    this.#load = load;
    this.#check = check;
  }

  /** Gives a document its URL before anything refers to it. */
  add(url: string, content: Json): void {
    this.#register(url, content);
  }

  /** Compiles the schema at a URL (with or without fragment) and all it refers to. */
  compile(reference: string): Schema {
    const { url, fragment } = joinUrl(reference, reference);
    const schema = this.schemaAt(url, this.#documentAt(url).resolve({ url, fragment }) ?? '');
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const pending of batch) this.#fill(pending);
    }
    return schema;
  }

  /** The schema at a place, compiled now or later. */
  schemaAt(url: string, pointer: string): Schema {
    const key = `${url}#${pointer}`;
    const known = this.#schemas.get(key);
    if (known !== undefined) return known;
    if (this.#schemas.size >= maxSchemas) throw new SchemaError(`the schema has more than ${maxSchemas} parts`);
    const made: Schema = { location: locationOf(url, pointer), pointer, url, draft: 2020, resource: undefined };
    this.#schemas.set(key, made);
    this.#queue.push(made);
    return made;
  }

  /** The schema a `$ref` in `from` leads to. */
  referenced(from: Schema, resource: Resource, reference: string): Schema {
    const target = joinUrl(resource.id, reference);
    const local = this.#documentAt(from.url).resolve(target);
    if (local !== undefined) return this.schemaAt(from.url, local);
    const remote = this.#documentAt(target.url);
    return this.schemaAt(target.url, remote.resolveIn(remote.resourceAt(''), target.fragment));
  }

  regexp(schema: Schema, pattern: string, keyword: string): GoRegexp {
    try {
      return new GoRegexp(pattern);
    } catch (cause) {
      if (!(cause instanceof RegexpError)) throw cause;
      const place = `${schema.url}#${encodePointer(schema.pointer)}/${encodePointer(escapeToken(keyword))}`;
      throw new SchemaError(`invalid regex ${goQuote(pattern)} at ${goQuote(place)}: ${cause.message}`, { cause });
    }
  }

  #documentAt(url: string): SchemaDocument {
    const known = this.#documents.get(url);
    if (known !== undefined) return known;
    return this.#register(url, metaSchema(url) ?? this.#load(url));
  }

  #register(url: string, content: Json): SchemaDocument {
    const document = new SchemaDocument(url, content, this.#load);
    if (!/^https?:\/\/json-schema\.org\//.test(url)) {
      this.#check(content, document.resourceAt('').dialect, locationOf(url, ''));
    }
    this.#documents.set(url, document);
    return document;
  }

  #fill(schema: Schema): void {
    const document = this.#documentAt(schema.url);
    const value = lookUp(document.content, schema.url, schema.pointer);
    if (document.ensure(schema.pointer, value)) {
      this.#check(value, document.resourceAt(schema.pointer).dialect, schema.location);
    }
    const resource = document.resourceAt(schema.pointer);
    schema.draft = resource.dialect.draft.version;
    schema.resource = this.schemaAt(schema.url, resource.pointer);
    if (schema.resource === schema && schema.draft >= 2020) {
      schema.dynamicAnchors = new Map(
        [...resource.dynamicAnchors].map((anchor) => [
          anchor,
          this.schemaAt(schema.url, resource.anchors.get(anchor) ?? ''),
        ]),
      );
    }
    if (typeof value === 'boolean') schema.always = value;
    else if (isObject(value) && value.size === 0) schema.always = true;
    else if (isObject(value)) compileKeywords(schema, { value, resource, compiler: this });
  }
}
